"""What every answer carries, what a look never changes, and what never stands in a log."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test import Client

from boardwell.config.logs import JsonLines
from tests.conftest import ROOT
from tests.hostile.sweep import Writes, body_of, routes
from tests.hostile.world import Filled, client_of

pytestmark = pytest.mark.timeout(600)
HTTPS = {**os.environ, "BOARDWELL_BASE_URL": "https://onboarding.example.com", "BOARDWELL_ALLOWED_HOSTS": "onboarding.example.com"}
MAY_BE_CACHED = {"brand_css", "playbook_schema"}
NOTED = {"conversations_readmark", "audit_auditentry", "audit_audithead", "kernel_outboxevent", "accounts_contact"}
"""What looking leaves behind on purpose: that somebody has read, opened a file, or came in for the first time."""


@pytest.fixture
def house(db: None) -> Filled:
    return Filled("acme", "alpha")


def visits(house: Filled) -> list[tuple[str, str, Client]]:
    """(route, path, who is at home there) of every route."""
    owner, contact = client_of(house.owner.person), client_of(house.contact.person)
    found = [(route.name, route.path(house.parts), contact if route.name.startswith("portal:") else owner) for route in routes()]
    return [*found, ("sign-in", "/sign-in/login/", Client()), ("api", "/api/v1/openapi.json", Client()), ("absent", "/no/where/", Client())]


def test_every_answer_carries_the_headers_that_protect_it(house) -> None:
    seen = 0
    for name, path, client in visits(house):
        for asker in (client, Client()):
            answer = asker.get(path)
            body_of(answer)
            headers, what = answer.headers, f"{name} {answer.status_code}"
            assert headers["X-Content-Type-Options"] == "nosniff", what
            assert headers["Referrer-Policy"] in {"same-origin", "no-referrer"}, what
            assert headers["Cross-Origin-Opener-Policy"] == "same-origin", what
            assert headers["Cross-Origin-Resource-Policy"] in {"same-origin", "same-site"}, what
            assert headers["X-Request-Id"].startswith("req_"), what
            assert "camera=()" in headers["Permissions-Policy"], what
            policy = headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy, what
            assert "unsafe-eval" not in policy, what
            assert "script-src 'self'" in policy or "sandbox" in policy, what
            if "text/html" in headers.get("Content-Type", "") and name != "workspace:mail_body":
                assert "frame-ancestors 'none'" in policy, what
                assert headers["X-Frame-Options"] == "DENY", what
                assert "unsafe-inline" not in policy, what
            if answer.status_code == 200 and name not in MAY_BE_CACHED:
                assert "no-store" in headers["Cache-Control"] or "private" in headers["Cache-Control"], what
            for cookie in answer.cookies.values():
                assert cookie["samesite"] == "Lax", f"{what} {cookie.key}"
                assert cookie["httponly"], f"{what} {cookie.key}"
                assert cookie["path"] == "/", f"{what} {cookie.key}"
                assert not cookie["domain"], f"{what} {cookie.key}"
            seen += 1
    assert seen > 100


def test_looking_changes_nothing(house) -> None:
    """GET, HEAD and OPTIONS of every route by whoever is at home there: no statement writes, but for what is noted on purpose."""
    for _name, path, client in visits(house):
        body_of(client.get(path))
    found: list[str] = []
    for name, path, client in visits(house):
        for method in ("get", "head", "options"):
            writes = Writes()
            with transaction.atomic(), connection.execute_wrapper(writes):
                body_of(getattr(client, method)(path))
                transaction.set_rollback(True)
            if strange := writes.tables - NOTED:
                found.append(f"{method} {name} wrote to {sorted(strange)}")
    assert found == []


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PROPFIND", "BREW"])
def test_strange_methods_are_refused_everywhere(house, method: str) -> None:
    writes = Writes()
    with connection.execute_wrapper(writes):
        for name, path, client in visits(house):
            answer = client.generic(method, path)
            assert answer.status_code < 500, name
            assert b"Cookie" not in body_of(answer), name
    assert writes.tables <= NOTED


def as_served(*code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *code], env=HTTPS, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.outside
def test_the_deployment_check_is_clean_under_https(tmp_path: Path) -> None:
    HTTPS["BOARDWELL_VAR"] = str(tmp_path)
    answer = as_served("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert (answer.returncode, "no issues" in answer.stdout) == (0, True), answer.stderr


@pytest.mark.outside
def test_under_https_cookies_are_host_bound_and_strict_transport_is_promised(tmp_path: Path) -> None:
    HTTPS["BOARDWELL_VAR"] = str(tmp_path)
    script = (
        "import django, json; django.setup()\n"
        "from django.core.management import call_command; call_command('migrate', verbosity=0)\n"
        "from django.test import Client\n"
        "client = Client(headers={'host': 'onboarding.example.com'})\n"
        "told = [client.get(path, secure=True) for path in ('/sign-in/login/', '/api/v1/openapi.json', '/absent/', '/set-up/')]\n"
        "print(json.dumps([[dict(one.headers), {c.key: [c['secure'], c['httponly'], c['path'], c['domain']] for c in one.cookies.values()}]"
        " for one in told]))"
    )
    HTTPS["DJANGO_SETTINGS_MODULE"] = "boardwell.config.settings"
    answer = as_served("-W", "ignore", "-c", script)
    assert answer.returncode == 0, answer.stderr[-800:]
    told = json.loads(answer.stdout)
    cookies = {}
    for headers, set_here in told:
        assert headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains; preload"
        cookies |= set_here
    assert {name for name in cookies if name != "language"} == {name for name in cookies if name.startswith("__Host-")} != set()
    assert all(cookie == [True, True, "/", ""] for cookie in cookies.values())


SECRETS = ("Canary Person", "canary-person@private.example", "canary message", "cAnaRy-pass-phrase-77")


@pytest.mark.django_db
def test_names_addresses_codes_and_keys_never_stand_in_a_log(house, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    name, address, message, password = SECRETS
    owner, contact = client_of(house.owner.person), client_of(house.contact.person)
    owner.raise_request_exception = contact.raise_request_exception = False
    owner.post(f"/acme/accounts/{house.account_id}/contacts/", {
        "name": name, "email": address, "role": "participant", "side": "customer", "invite": "1"})  # fmt: skip
    owner.post("/acme/people/", {"name": name, "email": "x" + address, "role": "viewer"})
    owner.get("/acme/search/", {"q": name})
    contact.post(f"/p/{house.journey_id}/messages/", {"body": message})
    contact.post(f"/p/{house.journey_id}/people/", {"name": name, "email": address})
    Client().post("/sign-in/login/", {"login": address, "password": password})
    Client().post("/sign-in/login/code/", {"email": address})
    Client().get(f"/p/i/{house.invitation_id}/{house.token}/")
    Client().get("/api/v1/journeys", headers={"Authorization": f"Bearer {house.secret}x"})
    Client(headers={"Authorization": f"Bearer {house.secret}"}).post(
        "/api/v1/accounts", json.dumps({"name": name, "website": 5}), content_type="application/json"
    )
    from boardwell.kernel.models import Mail
    from boardwell.kernel.tasks.worker import run_until_idle

    run_until_idle()
    codes = [mail.subject[:6] for mail in Mail.objects.filter(purpose="sign_in") if mail.subject[:6].isdigit()]
    told = "\n".join(
        JsonLines().format(record) for record in caplog.records if not record.name.startswith(("django.db", "django.template", "asyncio"))
    )
    assert [secret for secret in (*SECRETS, *codes, house.secret, house.token) if secret in told] == []
