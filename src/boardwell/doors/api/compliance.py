"""Required steps over the API: the numbers by playbook and owner, and all of them of one onboarding."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from boardwell.domain.journeys.queries.compliance import RequiredFilters, required_of, tallies
from boardwell.domain.journeys.queries.pages import journey_page
from boardwell.doors.api.entry import as_key
from boardwell.doors.api.problems import REFUSALS

router = Router(tags=["compliance"])
ANSWERS: Any = {200: dict[str, Any], **REFUSALS}


@router.get("/compliance", response=ANSWERS, summary="Required steps by playbook and owner")
@as_key
def compliance(request: HttpRequest, state: str = "", playbook: str = "", owner_id: str = "") -> dict[str, Any]:
    """Done, waived, missing and late required steps; the late ones are among the missing.

    `state` is open, live, cancelled or any state of an onboarding; without it all but the cancelled ones count.
    """
    filters = RequiredFilters.from_query({"state": state, "playbook_key": playbook, "owner_id": owner_id})
    return {
        "data": [
            {
                "playbook": one.playbook_key, "owner_id": one.owner_id, "owner": one.owner_name, "journeys": one.journeys,
                "required": one.required, "done": one.done, "waived": one.waived, "missing": one.missing, "late": one.late,
            }
            for one in tallies(filters)
        ]
    }  # fmt: skip


@router.get("/journeys/{journey_id}/compliance", response=ANSWERS, summary="Required steps of an onboarding")
@as_key
def of_journey(request: HttpRequest, journey_id: str) -> dict[str, Any]:
    """Every required step: done, waived (by whom and why), late or to_come."""
    page = journey_page(journey_id)
    tally, steps = required_of(page.every_step, page.head.state)
    return {
        "journey_id": page.head.id, "required": tally.required, "done": tally.done, "waived": tally.waived, "missing": tally.missing,
        "late": tally.late, "steps": [
            {
                "key": step.key, "title": step.title, "word": step.word, "planned_on": step.planned_on, "ended_at": step.ended_at,
                "ended_by": step.by, "reason": step.reason,
            }
            for step in steps
        ],
    }  # fmt: skip
