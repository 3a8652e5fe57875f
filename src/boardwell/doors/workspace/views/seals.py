"""Settings of the seal under signed documents, and checking a sealed file that somebody brings."""

import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from boardwell.domain.audit.queries import log_of_settings
from boardwell.domain.seals.actions.change_rules import change_rules
from boardwell.domain.seals.actions.replace_identity import MOST_BYTES, make_own_identity, replace_identity
from boardwell.domain.seals.checking import check_file
from boardwell.domain.seals.queries import sealing_of_current
from boardwell.domain.vault.queries import sealed_here
from boardwell.doors.workspace.attempts import Errors, attempt
from boardwell.doors.workspace.entry import ask_for_proof, workspace
from boardwell.doors.workspace.navigation import settings_sections
from boardwell.kernel import tenancy
from boardwell.ui.page import page

MOST_CHECKED = 30_000_000


@workspace("settings:view")
def seals(request: HttpRequest, slug: str) -> HttpResponse:
    """Whose seal it is and how strong; a file to check is looked at and not kept."""
    errors: Errors | None = None
    checked: dict[str, Any] | None = None
    posted = request.POST
    if request.method == "POST" and posted.get("verb") == "check":
        sent = request.FILES.get("sealed")
        content = sent.read(MOST_CHECKED + 1) if sent is not None else b""
        if not content or len(content) > MOST_CHECKED:
            errors = {"sealed": [_("Choose a PDF file of at most 30 MB.")]}
        else:
            checked = _words_of(check_file(content)) | {"kept": sealed_here(hashlib.sha256(content).hexdigest())}
    elif request.method == "POST":
        ask_for_proof(request)
        errors = _change(request)
        if errors is None:
            return redirect("workspace:settings_seals", slug=slug)
    seen = sealing_of_current()
    context = {
        "section": "seals", "sections": settings_sections(tenancy.current().actor), "errors": errors, "seen": seen, "checked": checked,
        "level": posted.get("level", seen.level) if errors else seen.level,
        "urls": posted.get("urls", "") if errors else "\n".join(seen.stamp_urls), "levels": _levels(), "history": log_of_settings("seal"),
    }  # fmt: skip
    return page(request, "workspace/settings_seals.html", context, status=422 if errors else 200)


def _change(request: HttpRequest) -> Errors | None:
    posted = request.POST
    match posted.get("verb", ""):
        case "file":
            sent = request.FILES.get("file")
            content = sent.read(MOST_BYTES + 1) if sent is not None else b""
            said = _("Saved. Documents are sealed with this certificate from now on.")
            _none, errors = attempt(request, lambda: replace_identity(content, posted.get("password", "")[:200]), said)
        case "own":
            _none, errors = attempt(request, make_own_identity, _("Made. Publish the new fingerprint."))
        case _:
            urls = posted.get("urls", "").splitlines()
            _none, errors = attempt(request, lambda: change_rules(level=posted.get("level", ""), stamp_urls=urls), _("Saved."))
    return errors


def _levels() -> list[tuple[str, str]]:
    return [
        ("B-B", _("B-B: nothing was changed")), ("B-T", _("B-T: and when, by a timestamp authority")),
        ("B-LT", _("B-LT: with all proofs inside")), ("B-LTA", _("B-LTA: with proofs that are renewed for decades")),
    ]  # fmt: skip


def _words_of(found: dict[str, Any]) -> dict[str, Any]:
    verdicts = {
        "sound": _("This file is what was sealed: nothing was changed, and the seal is one of ours."),
        "refused": _("Do not rely on this file."),
        "unsigned": _("This file carries no seal."),
        "unreadable": _("This file could not be checked. That says nothing about it: ask for it again as it was sealed."),
    }
    problems = {
        "changed": _("Something was changed after it was sealed."), "added": _("Something was added after it was sealed."),
        "coverage": _("The seal does not cover the whole file."), "surrounded": _("Something stands before or after the document."),
        "untrusted": _("The seal is not one of ours, or its certificate has ended."), "revoked": _("The seal's certificate was revoked."),
        "timestamp": _("A timestamp is not one that we trust, or has ended."), "container": _("The signature holds more than one signature may."),
        "broken": _("The signature cannot be read."),
    }  # fmt: skip
    reasons = [problems[code] for code in dict.fromkeys(found["problems"]) if code in problems]
    return {"word": found["word"], "verdict": verdicts[found["word"]], "reasons": reasons, "signatures": found["signatures"]}
