"""Checks an ID token as OpenID Connect Core 3.1.3.7 asks: signature, issuer, audience, times, nonce."""

import re
from typing import Any

import jwt

ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
"""Asymmetric ones only: neither `none` nor a secret that both sides know."""
_FITTING = {("RSA", "RS"), ("RSA", "PS"), ("EC", "ES"), ("OKP", "Ed")}
LEEWAY_SECONDS = 60
MOST_AGE_SECONDS = 600


TENANT = "{tenantid}"
"""What Microsoft writes in place of the tenant where it speaks for all of them."""
_TENANT_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Untrusted(Exception):  # noqa: N818 - the house's own word
    """The token does not prove what it says."""


def claims_of(token: str, keys: Any, *, issuer: str, client_id: str, nonce: str, at: float) -> dict[str, Any]:
    """The token's claims; Untrusted when any check fails. `keys` is the provider's key set as it came (RFC 7517).

    An issuer with `{tenantid}` in it speaks for every tenant of Microsoft: the token's own tenant has to stand there, and a key that
    names an issuer signs for that one only.
    """
    of_all = TENANT in issuer
    try:
        head = jwt.get_unverified_header(token)
        algorithm = head.get("alg")
        if algorithm not in ALGORITHMS:
            raise Untrusted(f"algorithm {algorithm!r}")
        claims: dict[str, Any] = jwt.decode(
            token, key=_key(keys, head.get("kid"), str(algorithm)), algorithms=[str(algorithm)], issuer=None if of_all else issuer,
            audience=client_id, leeway=LEEWAY_SECONDS, options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )  # fmt: skip
        if of_all:
            _require_tenant(claims, issuer, _signs_for(keys, head.get("kid")))
    except (jwt.PyJWTError, TypeError, ValueError, KeyError, AttributeError) as problem:
        raise Untrusted(type(problem).__name__) from problem
    if not nonce or claims.get("nonce") != nonce:
        raise Untrusted("nonce")
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != client_id:
        raise Untrusted("authorised party")
    if claims.get("azp", client_id) != client_id:
        raise Untrusted("authorised party")
    if at - float(claims["iat"]) > MOST_AGE_SECONDS:
        raise Untrusted("too old")
    if not isinstance(claims["sub"], str) or not 1 <= len(claims["sub"]) <= 190:
        raise Untrusted("subject")
    return claims


def is_tenants(issuer: str, pattern: str) -> bool:
    """Whether an issuer is that of some tenant for which the pattern stands."""
    before, _tenant, after = pattern.partition(TENANT)
    tenant = issuer[len(before) : len(issuer) - len(after)]
    return issuer == f"{before}{tenant}{after}" and _TENANT_ID.fullmatch(tenant) is not None


def _require_tenant(claims: dict[str, Any], pattern: str, signs_for: Any) -> None:
    tenant, issuer = claims.get("tid"), claims["iss"]
    if not isinstance(tenant, str) or not _TENANT_ID.fullmatch(tenant) or issuer != pattern.replace(TENANT, tenant):
        raise Untrusted("tenant")
    if signs_for is not None and (not isinstance(signs_for, str) or signs_for.replace(TENANT, tenant) != issuer):
        raise Untrusted("another tenant's key")


def _signs_for(keys: Any, kid: Any) -> Any:
    """The issuer that the key names, as Microsoft's keys do; None for a key that names none."""
    return next((key.get("issuer") for key in keys["keys"] if kid is None or key.get("kid") == kid), None)


def _key(keys: Any, kid: Any, algorithm: str) -> Any:
    found = jwt.PyJWKSet.from_dict(keys).keys
    signing = [key for key in found if key.public_key_use in {None, "sig"} and (kid is None or key.key_id == kid)]
    if len(signing) != 1:
        raise Untrusted("which key")
    if (signing[0].key_type, algorithm[:2]) not in _FITTING:
        raise Untrusted("another algorithm than the key's")
    return signing[0].key


def confirmed_address(claims: dict[str, Any], *, of_all: bool = False) -> str:
    """The e-mail address that the provider says it confirmed, in lower case, or "".

    Microsoft says so by `xms_edov` (the domain's owner confirmed it), everybody else by `email_verified`. `of_all`: the provider speaks
    for every tenant; whoever runs one of them can write any address and call it verified, but not confirm another's domain.
    """
    email = claims.get("email")
    said = (claims.get("xms_edov"), None if of_all else claims.get("email_verified"))
    if not isinstance(email, str) or not any(one is True or one in ("true", "1") or (one == 1 and one is not False) for one in said):
        return ""
    return email.strip().lower()
