"""A small OpenID provider on this machine: conforming by default, and able to lie in every way that a test asks for."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from boardwell.domain.people.actions.manage_providers import add_provider
from boardwell.kernel.ids import new_id

CLIENT = "boardwell-test"
SECRET = "a client secret that nobody shall see"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
STRANGERS_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Provider:
    """Serves discovery, keys, tokens and userinfo; `signing` may be replaced to lie; `visitor` signs in without being asked."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.codes: dict[str, dict[str, Any]] = {}
        self.discovery: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.token_status = 200
        self.key_says: dict[str, str] = {}
        self.visitor = ""
        self.signing: Callable[[dict[str, Any]], str] = lambda claims: jwt.encode(claims, KEY, algorithm="RS256", headers={"kid": "one"})
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_parts: Any) -> None:
                pass

            def answer(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
                raw = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", "Content-Length": str(len(raw)), **(headers or {})}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(raw)

            def do_GET(self) -> None:
                provider.calls.append(self.path)
                if self.path.startswith("/auth?") and provider.visitor:
                    brought = provider.sign_in(provider.issuer + self.path, email=provider.visitor)
                    back = parse_qs(urlsplit(self.path).query)["redirect_uri"][0]
                    self.answer(302, b"", {"Location": f"{back}?{urlencode(brought)}"})
                elif self.path.startswith("/elsewhere/"):
                    self.answer(302, b"", {"Location": "http://169.254.169.254/"})
                elif self.path.endswith("/.well-known/openid-configuration"):
                    self.answer(200, {**provider.says(), **provider.discovery})
                elif self.path == "/keys":
                    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
                    self.answer(200, {"keys": [{**public, "kid": "one", "use": "sig", "alg": "RS256", **provider.key_says}]})
                elif self.path == "/me":
                    self.answer(200, provider.userinfo)
                else:
                    self.answer(404, {})

            def do_POST(self) -> None:
                provider.calls.append(self.path)
                sent = {name: values[0] for name, values in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()}
                known = provider.codes.pop(sent.get("code", ""), None)
                challenge = base64.urlsafe_b64encode(hashlib.sha256(sent.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
                if (
                    known is None
                    or provider.token_status != 200
                    or (sent.get("client_id"), sent.get("client_secret")) != (CLIENT, SECRET)
                    or challenge != known["code_challenge"]
                    or sent.get("redirect_uri") != known["redirect_uri"]
                ):
                    self.answer(400, {"error": "invalid_grant"})
                    return
                self.answer(200, {"access_token": "at", "token_type": "Bearer", "id_token": provider.signing(known["claims"])})

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.place = f"127.0.0.1:{self.server.server_address[1]}"
        self.issuer = f"http://{self.place}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def says(self) -> dict[str, Any]:
        """The discovery document."""
        return {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/auth", "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys", "userinfo_endpoint": f"{self.issuer}/me", "response_types_supported": ["code"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }  # fmt: skip

    def sign_in(self, asked: str, *, email: str, sub: str = "subject-1", verified: Any = True, **changes: Any) -> dict[str, str]:
        """What the browser brings back from the authorization endpoint when it came with this address."""
        parts = urlsplit(asked)
        question = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert (parts.path, question["response_type"], question["client_id"], question["code_challenge_method"]) == (
            "/auth", "code", CLIENT, "S256",
        )  # fmt: skip
        assert set(question["scope"].split()) == {"openid", "email", "profile"}
        claims = {
            "iss": self.issuer, "aud": CLIENT, "sub": sub, "iat": int(time.time()), "exp": int(time.time()) + 300, "nonce": question["nonce"],
            "email": email, "email_verified": verified, **changes,
        }  # fmt: skip
        code = f"code-{len(self.calls)}-{time.monotonic_ns()}"
        self.codes[code] = {
            "claims": {name: value for name, value in claims.items() if value is not None}, "code_challenge": question["code_challenge"],
            "redirect_uri": question["redirect_uri"],
        }  # fmt: skip
        return {"code": code, "state": question["state"]}

    def close(self) -> None:
        """Stops answering."""
        self.server.shutdown()
        self.server.server_close()


def set_up(house, provider: Provider, **more: object) -> str:
    values = {
        "kind": "oidc", "name": "Company login", "issuer": provider.issuer, "client_id": CLIENT, "secret": SECRET, "side": "both", **more,
    }  # fmt: skip
    with house.as_owner():
        return add_provider(new_id("idp"), **values)  # type: ignore[arg-type]
