"""Takes answers out: of one onboarding, or of one step over every run of a playbook, as CSV or JSON."""

import json
from collections.abc import Iterator
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from boardwell.domain.journeys.queries.answers import Answered, answers_of_journey, answers_of_step
from boardwell.domain.journeys.queries.pages import journey_head
from boardwell.domain.people.actions.note_export import note_export
from boardwell.domain.playbooks.queries import playbook_by_key
from boardwell.doors.workspace.csvout import csv_response
from boardwell.doors.workspace.entry import workspace
from boardwell.kernel.storage import content_disposition


@workspace("lists:export")
@require_POST
def of_journey(request: HttpRequest, slug: str, journey_id: str) -> HttpResponseBase:
    """Every answer of one onboarding; who took them is written down first."""
    head, _document = journey_head(journey_id)
    found = answers_of_journey(journey_id)
    note_export("answers", journey_id=journey_id, account_id=head.account_id, rows=sum(len(one.cells) for one in found))
    if request.POST.get("as") == "json":
        return _json(f"{head.title[:80]}.json", [as_plain(one) for one in found])
    header = (_("Step"), _("Key"), _("Question"), _("Answer"), _("Who"), _("When"))
    lines = [(one.title, key, label, cell, one.ended_by_name, one.ended_at) for one in found for key, label, cell in one.cells]
    return csv_response(f"{head.title[:80]}.csv", header, lambda: iter([lines]))


@workspace("lists:export")
@require_POST
def of_playbook(request: HttpRequest, slug: str, key: str) -> HttpResponseBase:
    """One row for each onboarding, one column for each question of the newest form; who took it is written down first."""
    book = playbook_by_key(key)
    step = request.POST.get("step", "")[:60]
    columns: dict[str, str] = {}
    rows = 0
    for batch in answers_of_step(book.key, step):
        rows += len(batch)
        for one in batch:
            columns |= {name: label for name, label, _cell in one.cells}
    # A name that no answer has stays out of our log.
    note_export("answers", query={"playbook": book.key, "step": step if rows else ""}, rows=rows)
    if request.POST.get("as") == "json":
        return _json(f"{book.key}-{step or 'answers'}.json", [as_plain(one) for batch in answers_of_step(book.key, step) for one in batch])
    header = (_("Id"), _("Account"), _("Title"), _("Who"), _("When"), *columns.values())
    return csv_response(f"{book.key}-{step or 'answers'}.csv", header, lambda: _lines(book.key, step, columns))


def _lines(key: str, step: str, columns: dict[str, str]) -> Iterator[list[tuple[Any, ...]]]:
    for batch in answers_of_step(key, step):
        yield [
            (one.journey_id, one.account_name, one.journey_title, one.ended_by_name, one.ended_at, *(cells.get(name, "") for name in columns))
            for one in batch for cells in [{name: cell for name, _label, cell in one.cells}]
        ]  # fmt: skip


def as_plain(one: Answered) -> dict[str, Any]:
    """The answers of one step as JSON keeps them: typed values, and the questions by key."""
    return {
        "journey_id": one.journey_id, "account_id": one.account_id, "account": one.account_name, "step": one.step, "title": one.title, "ended_at": one.ended_at,
        "ended_by": one.ended_by_name, "answers": dict(one.answers), "questions": {key: label for key, label, _cell in one.cells},
    }  # fmt: skip


def _json(name: str, value: Any) -> HttpResponse:
    response = HttpResponse(json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1), content_type="application/json")
    response.headers["Content-Disposition"] = content_disposition(name)
    return response
