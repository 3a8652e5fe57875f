"""Rehearsing a playbook: the button, how far it is, what came out as pictures and tables, and the same as CSV."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from boardwell.domain.journeys.actions.rehearse_playbook import start_rehearsal
from boardwell.domain.journeys.queries.rehearsals import TheRehearsal, rehearsal_by_id, rehearsals_of
from boardwell.domain.journeys.rehearsal import Rehearsal
from boardwell.domain.people.actions.note_export import note_export
from boardwell.domain.playbooks.queries import playbook_by_key, versions_of
from boardwell.doors.workspace.attempts import attempt, whole_number
from boardwell.doors.workspace.csvout import csv_response
from boardwell.doors.workspace.entry import workspace
from boardwell.ui import charts
from boardwell.ui.page import page

_WIDTHS = (1, 2, 5, 7, 14, 28, 56, 112)
_MOST_COLUMNS = 11
_MOST_ROLES = 5
_ROLE_TONES = ("info", "warn", "good", "action", "neutral")
_MOST_WEEKS = 16


@workspace("playbooks:view")
def rehearsals(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """How to rehearse, and the rehearsals so far."""
    book, errors = playbook_by_key(key), None
    versions = versions_of(book.id)
    if request.method == "POST":
        posted = request.POST
        run_id, errors = attempt(
            request,
            lambda: start_rehearsal(
                key, number=whole_number(posted.get("number", "")[:6]), customers=whole_number(posted.get("customers", "")[:6], 1_000),
                facts_from=posted.get("facts_from", ""), days_from=posted.get("days_from", ""),
                seed=whole_number(posted.get("seed", "")[:8]),
            ),
        )  # fmt: skip
        if errors is None:
            return redirect("workspace:playbook_rehearsal", slug=slug, key=key, rehearsal_id=run_id)
    options = [(str(one.number), _("Version %(n)d") % {"n": one.number}) for one in versions]
    context = {
        "book": book, "runs": rehearsals_of(key), "errors": errors, "typed": request.POST,
        "numbers": [("0", _("The draft")), *options] if book.draft else options,
        "number": request.POST.get("number", options[0][0] if options else "0"),
        "facts_ways": [("made_up", _("made up, on every side of the conditions")), ("past", _("those of past customers"))],
        "days_ways": [("plan", _("scattered round the plan")), ("learnt", _("as they were in our past onboardings"))],
    }  # fmt: skip
    return page(request, "workspace/rehearsals.html", context, status=422 if errors else 200)


@workspace("playbooks:view")
def rehearsal(request: HttpRequest, slug: str, key: str, rehearsal_id: str) -> HttpResponse:
    """How far it is; when it is over, what came out."""
    run = rehearsal_by_id(key, rehearsal_id)
    context: dict[str, Any] = {"book": playbook_by_key(key), "run": run}
    if run.state == "done" and run.found is not None:
        context |= _pictures(run, run.found)
    return page(request, "workspace/rehearsal.html", context, part="progress")


def _pictures(run: TheRehearsal, found: Rehearsal) -> dict[str, Any]:
    levels = [(_("Half by"), "p50"), (_("80 in 100 by"), "p80"), (_("95 in 100 by"), "p95"), (_("As planned"), "planned")]
    before = run.before
    return {
        "days": charts.columns(histogram(found.ends)),
        "levels": [
            (label, getattr(found, name), getattr(before, name) if before else None, getattr(found, name) - getattr(before, name) if before else 0)
            for label, name in levels
        ],
        "stuck": [(run.titles.get(one.key, one.key), one) for one in found.stuck],
        "branches": [(run.titles.get(one.key, one.key), one) for one in found.branches],
        "never": [run.titles.get(key, key) for key in found.never],
        "untimed": len(found.untimed),
        "load": charts.stacked(_weeks(run, found)),
    }  # fmt: skip


def histogram(ends: Sequence[int]) -> list[tuple[str, int]]:
    """(days, runs) in bars of equal width, the width a number of days that people count in."""
    if not ends:
        return []
    width = next((one for one in _WIDTHS if (ends[-1] - ends[0]) // one < _MOST_COLUMNS), _WIDTHS[-1])
    counts = Counter((end - 1) // width for end in ends)
    return [
        (str(place + 1) if width == 1 else f"{place * width + 1}–{(place + 1) * width}", counts[place])
        for place in range(min(counts), max(counts) + 1)
    ]


def _weeks(run: TheRehearsal, found: Rehearsal) -> list[tuple[str, str, list[tuple[str, int, str]]]]:
    """Minutes for each customer by week; the roles with the most of it by name, the others together."""
    by_effort = sorted(found.load, key=lambda role: -sum(found.load[role]))
    named, others = by_effort[: _MOST_ROLES - 1], by_effort[_MOST_ROLES - 1 :]
    if len(others) == 1:
        named, others = by_effort, []
    rows = []
    for week in range(min(_MOST_WEEKS, max(map(len, found.load.values()), default=0))):
        pieces = [(run.roles.get(role, role), _minutes(found, [role], week), tone) for role, tone in zip(named, _ROLE_TONES, strict=False)]
        if others:
            pieces.append((_("Others"), _minutes(found, others, week), "neutral"))
        rows.append((_("Week %(n)d") % {"n": week + 1}, "", pieces))
    return rows


def _minutes(found: Rehearsal, roles: Sequence[str], week: int) -> int:
    return round(sum(found.load[role][week] for role in roles if week < len(found.load[role])))


@workspace("lists:export")
@require_POST
def export(request: HttpRequest, slug: str, key: str, rehearsal_id: str) -> HttpResponseBase:
    """What came out as CSV: one line for each number, so that a sheet can count on."""
    run = rehearsal_by_id(key, rehearsal_id)
    note_export("rehearsal", query={"playbook": key, "rehearsal": run.id})
    header = (_("What"), _("Of"), _("Week or days"), _("This"), _("Before"))
    return csv_response(f"{key}-rehearsal.csv", header, lambda: iter([_lines(run)]))


def _lines(run: TheRehearsal) -> Iterator[tuple[Any, ...]]:
    found, before = run.found, run.before
    if found is None:
        return
    for label, name in ((_("Half by"), "p50"), (_("80 in 100 by"), "p80"), (_("95 in 100 by"), "p95"), (_("As planned"), "planned")):
        yield label, "", "", getattr(found, name), getattr(before, name) if before else ""
    counts, were = Counter(found.ends), Counter(before.ends if before else ())
    for days in sorted({*counts, *were}):
        yield _("Customers by days"), "", days, counts[days], were[days] if before else ""
    for one in found.stuck:
        yield _("Decides the end, in 100"), run.titles.get(one.key, one.key), "", one.share, ""
    shares = {one.key: one.share for one in before.branches} if before else {}
    for branch in found.branches:
        yield _("Customers who get it, in 100"), run.titles.get(branch.key, branch.key), "", branch.share, shares.get(branch.key, "")
    for role, minutes in found.load.items():
        for week, each in enumerate(minutes, start=1):
            yield _("Minutes for each customer"), run.roles.get(role, role), week, each, ""
