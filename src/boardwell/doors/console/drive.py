"""Drives the main job over HTTP, as a member and as a customer: from deal won to live."""

import http.cookiejar
import re
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
from html import unescape
from typing import Any

from boardwell.domain.audit.queries import entries_for_journey
from boardwell.domain.audit.verify import verify_organisation
from boardwell.domain.journeys.handle import handle_for
from boardwell.domain.journeys.queries.pages import journey_page
from boardwell.domain.journeys.queries.shapes import JourneyPage, StepView
from boardwell.domain.organisations.queries import organisation_by_slug
from boardwell.doors.console.demohouses import HOUSES, PASSWORD
from boardwell.kernel import tenancy
from boardwell.kernel.outgoing.kept import newest_to

CUSTOMER = "lena@aurora.example"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


class WentWrong(RuntimeError):  # noqa: N818 - the house's own word
    """The main job cannot go on; the words say where and why."""


class Browser:
    """Keeps cookies, follows redirects, fills in the CSRF token of the page it is on."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        self.url, self.page = base, ""

    def _open(self, request: urllib.request.Request) -> str:
        try:
            with self.opener.open(request, timeout=20) as answer:
                self.url, self.page = answer.url, answer.read().decode()
        except urllib.error.HTTPError as problem:
            text = re.sub(r"<[^>]+>|\s+", " ", problem.read().decode())[:400]
            raise WentWrong(f"{request.get_method()} {request.full_url} answered {problem.code}: {text}") from problem
        return self.page

    def get(self, path: str) -> str:
        """Opens a page of ours."""
        return self._open(urllib.request.Request(path if path.startswith("http") else self.base + path))

    def post(self, path: str, values: dict[str, Any], files: dict[str, bytes] | None = None) -> str:
        """Sends a form from the page that is open."""
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.page)
        if token is None:
            raise WentWrong(f"no form on {self.url}")
        pairs = [("csrfmiddlewaretoken", token[1])]
        for name, value in values.items():
            pairs += [(name, one) for one in (value if isinstance(value, list) else [value])]
        body, kind = urllib.parse.urlencode(pairs).encode(), "application/x-www-form-urlencoded"
        if files is not None:
            body, kind = _multipart(pairs, files)
        target = path if path.startswith("http") else self.base + path
        return self._open(urllib.request.Request(target, data=body, headers={"Content-Type": kind, "Referer": self.url}))


def _multipart(pairs: list[tuple[str, str]], files: dict[str, bytes]) -> tuple[bytes, str]:
    edge = "boardwell-edge-7f1c"
    parts = [f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in pairs]
    for name, content in files.items():
        head = f'--{edge}\r\nContent-Disposition: form-data; name="{name}"; filename="paper.pdf"\r\nContent-Type: application/pdf\r\n\r\n'
        parts.append(head.encode() + content + b"\r\n")
    return b"".join(parts) + f"--{edge}--\r\n".encode(), f"multipart/form-data; boundary={edge}"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, seconds: float = 20) -> None:
    """Until the server answers."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz/", timeout=2):
                return
        except OSError:
            time.sleep(0.05)
    raise WentWrong("the server does not answer")


def _mail(purpose: str, seconds: float = 15) -> str:
    """The text of the newest mail to the customer; the server's worker writes it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if (found := newest_to(CUSTOMER, purpose)) is not None:
            return found.text
        time.sleep(0.05)
    raise WentWrong(f"no mail ({purpose}) came")


def main_job(base: str) -> list[str]:
    """Does it all and returns the lines to print. Raises WentWrong where it stops."""
    house = HOUSES[0]
    member, customer = Browser(base), Browser(base)
    member.get("/sign-in/login/")
    member.post("/sign-in/login/", {"login": house.team[0][0], "password": PASSWORD})
    if f"/{house.slug}/" not in member.url:
        raise WentWrong(f"the member was not let in: {member.url}")
    member.get(f"/{house.slug}/accounts/new/")
    member.post(
        f"/{house.slug}/accounts/new/",
        {"name": "Aurora Ltd", "party": "customer", "language": "en", "country": "GB", "email_domains": "aurora.example"},
    )
    account_id = member.url.rstrip("/").rpartition("/")[2]
    member.post(
        f"/{house.slug}/accounts/{account_id}/contacts/",
        {"name": "Lena Aurora", "email": CUSTOMER, "role": "admin", "side": "customer", "language": "en"},
    )
    member.get(f"/{house.slug}/journeys/start/?account={account_id}")
    owner = re.search(r'<option value="(mem_[a-z0-9]+)" selected', member.page)
    form = {"account_id": account_id, "playbook_key": "four-steps", "owner_id": owner[1] if owner else "", "welcome": "1"}
    member.post(f"/{house.slug}/journeys/start/", form)
    journey_id = member.url.rstrip("/").rpartition("/")[2]
    _come_in(customer)
    organisation = organisation_by_slug(house.slug)
    if organisation is None:
        raise WentWrong("the organisation is gone")
    with tenancy.acting_for(organisation.id):
        _do_all_steps(journey_id, house.slug, member, customer)
        head = journey_page(journey_id).head
        if head.live_at is None:
            raise WentWrong("everything is done, but the customer is not live")
        lines = [f"{line.at:%H:%M:%S}  {line.actor_name:<14} {line.words} {line.label}" for line in entries_for_journey(journey_id)]
        lines.reverse()
    report = verify_organisation(organisation.id)
    if not report.is_sound:
        raise WentWrong(report.findings[0].words)
    return [*lines, "", f"{head.title}: {head.steps_done} of {head.steps_total} steps, live. Log: {report.entries} entries, sound."]


def _come_in(customer: Browser) -> None:
    link = re.search(r"http\S+/p/i/\S+", _mail("invitation"))
    if link is None:
        raise WentWrong("the invitation has no link")
    customer.get(link[0])
    customer.get(link[0])  # a mail scanner's visit does no harm
    where, _hash, secret = link[0].partition("#")
    customer.post(where, {"token": secret})
    code = re.search(r"\b(\d{6})\b", _mail("sign_in"))
    if code is None:
        raise WentWrong("the mail has no code")
    customer.post("/sign-in/login/code/confirm/", {"code": code[1]})
    customer.get("/p/")
    if "/p/jrn_" not in customer.url:
        raise WentWrong(f"the customer was not let in: {customer.url}")


def _next(page: JourneyPage) -> StepView | None:
    return next((step for step in page.every_step if step.is_open), None)


def _do_all_steps(journey_id: str, slug: str, member: Browser, customer: Browser) -> None:
    for _turn in range(200):
        page = journey_page(journey_id)
        if page.proposals:
            member.get(f"/{slug}/journeys/{journey_id}/")
            member.post(f"/{slug}/journeys/{journey_id}/do/", {"verb": "apply", "proposal": page.proposals[0].id})
            continue
        step = _next(page)
        if step is None:
            return
        browser = member if step.side == "ours" else customer
        path = f"/{slug}/journeys/{journey_id}/steps/{step.key}/" if step.side == "ours" else f"/p/{journey_id}/steps/{step.key}/"
        browser.get(path)
        values, files = _answers(journey_id, step)
        browser.post(path, values, files)
        if _next_key(journey_id) == step.key:
            words = " ".join(re.findall(r'error-text">([^<]+)', browser.page))
            raise WentWrong(f"step {step.key} does not end: {unescape(words)}")
    raise WentWrong("the plan does not end")


def _next_key(journey_id: str) -> str:
    step = _next(journey_page(journey_id))
    return step.key if step else ""


def _answers(journey_id: str, step: StepView) -> tuple[dict[str, Any], dict[str, bytes] | None]:
    """What somebody would enter, by the step's own settings."""
    settings = handle_for(journey_id, step.key).settings
    values: dict[str, Any] = {"verb": "complete"}
    if "checklist" in settings:
        values["ticked"] = [item["key"] for item in settings["checklist"]]
    if "statements" in settings:
        values["ticked"] = [item["key"] for item in settings["statements"]]
    if step.kind == "approval":
        values["verb"] = "approve"
    types = handle_for(journey_id, step.key).fact_types
    for field in settings.get("fields", []):
        choices = list(field.get("choices") or (types[field["fact"]].choices if field.get("fact") in types else {}))
        values["f_" + field["key"]] = _value(field, choices)
    if "files" in settings:
        return values, {"file_" + item["key"]: PDF for item in settings["files"]}
    return values, None


def _value(field: dict[str, Any], choices: list[str]) -> Any:
    samples = {
        "date": "2026-12-15", "email": CUSTOMER, "phone": "+44 117 496 0000", "url": "https://aurora.example", "yes_no": "yes",
        "country": "GB", "number": str(int(field.get("max") or 120)), "rating": str(int(field.get("max") or 5)), "list": "First\nSecond",
    }  # fmt: skip
    if field["type"] in {"choice", "choices"}:
        return choices[0]
    return samples.get(field["type"], "Aurora Ltd, as agreed")
