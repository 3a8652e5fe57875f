"""Doing the same to several onboardings: say what, see what will happen, do it, see what became of each."""

import secrets
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from boardwell.domain.journeys.actions.change_many import MOST, Change, change_many
from boardwell.domain.journeys.queries.tables import journey_ids
from boardwell.domain.people.queries import member_list
from boardwell.doors.workspace.attempts import Errors, attempt, once, whole_number
from boardwell.doors.workspace.entry import workspace
from boardwell.doors.workspace.views.journeys import asked_for, bulk_verbs
from boardwell.ui.page import page

_FIELDS = ("member_id", "reason", "working_days", "body")


@workspace("journeys:view")
@require_POST
def bulk(request: HttpRequest, slug: str) -> HttpResponse:
    """One page for all three moments, so that it works without JavaScript and nothing typed is lost."""
    labels = dict(bulk_verbs())
    verb = request.POST.get("verb", "")
    if verb not in labels:
        raise Http404
    query = request.POST.get("query", "").replace("\x00", "")[:1000]
    ids = _chosen(request, query)
    typed = {name: request.POST.get(name, "").replace("\x00", "") for name in _FIELDS}
    change = Change(
        verb=verb, member_id=typed["member_id"], reason=typed["reason"], working_days=whole_number(typed["working_days"][:6]),
        body=typed["body"],
    )  # fmt: skip
    go = request.POST.get("go", "")
    token = request.POST.get("once", "").replace("\x00", "")
    rows: Any = []
    errors: Errors | None = None
    is_result = False
    if go == "apply" and not once(token):
        errors = {"": [_("This has been done already. Look at the list to see what became of it.")]}
    elif go or not (set(_FIELDS) & _needed(verb)):
        found, errors = attempt(request, lambda: change_many(ids, change, rehearse=go != "apply"))
        rows, is_result = found or [], go == "apply" and errors is None
    elif not ids:
        errors = {"ids": [_("Choose at least one onboarding.")]}
    done = sum(row.done for row in rows)
    context = {
        "verb": verb, "verb_label": labels[verb], "ids": ids, "query": query, "typed": typed, "errors": errors, "rows": rows,
        "is_result": is_result, "done_count": done, "refused_count": len(rows) - done, "once": secrets.token_urlsafe(16),
        "members": [(member.id, member.name) for member in member_list(active_only=True)],
    }  # fmt: skip
    return page(request, "workspace/bulk.html", context, status=422 if errors else 200)


def _needed(verb: str) -> set[str]:
    return {"owner": {"member_id"}, "pause": {"reason"}, "shift": {"working_days", "reason"}, "resume": set()}.get(verb, {"body"})


def _chosen(request: HttpRequest, query: str) -> list[str]:
    if request.POST.get("all_matching"):
        _listing, filters = asked_for(QueryDict(query))
        return journey_ids(filters, most=MOST + 1)
    return [value.replace("\x00", "")[:40] for value in request.POST.getlist("ids")[: MOST + 1]]
