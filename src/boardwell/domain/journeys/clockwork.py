"""Winds the clocks of escalation when something happens to a step, and lets what is due climb."""

from functools import lru_cache

from django.db import connection
from django.tasks import task

from boardwell.domain.journeys.documents import document_of_version
from boardwell.domain.journeys.escalating import LOOK_EVERY, climb, wind
from boardwell.domain.journeys.events import (
    JourneyResumed,
    LadderChanged,
    StepBlocked,
    StepOpened,
    StepReopened,
    StepRescheduled,
    StepWaiting,
)
from boardwell.domain.journeys.ladders import Ladder, ladder_from, rungs_for
from boardwell.domain.journeys.models import OPEN_STATES, Escalation, Step
from boardwell.domain.playbooks.models import PlaybookVersion
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.events import Heard, listen
from boardwell.kernel.recurring import AGAIN, Again, every
from boardwell.kernel.sql import as_json, fetch_one

BATCH = 50
WOUND_A_TASK = 200
_WINDS = (StepOpened, StepReopened, StepRescheduled, StepWaiting, StepBlocked, JourneyResumed)
_with_own_ladder: dict[str, tuple[int, bool]] = {}
"""By organisation: how many versions of playbooks were looked through, and whether one of them escalates. Versions never change."""


_HOUSE = """
SELECT o.ladder, (SELECT COUNT(*) FROM playbooks_playbookversion v WHERE v.organisation_id = o.id) FROM organisations_organisation o WHERE o.id = %s
"""


def _waits_for() -> set[str]:
    """Nothing where neither the house nor any of its playbooks has a ladder. One short statement, with most batches of events."""
    ladder, versions = fetch_one(_HOUSE, [tenancy.current().organisation_id]) or ("{}", 0)
    waits = bool(ladder_from(as_json(ladder)).rungs) or _a_playbook_escalates(versions)
    return {event.__name__ for event in _WINDS} if waits else set()


def _a_playbook_escalates(versions: int) -> bool:
    organisation_id = tenancy.current().organisation_id
    found = _with_own_ladder.get(organisation_id)
    if found is None or found[0] != versions:
        found = (versions, PlaybookVersion.objects.filter(source__contains="escalat").exists())
        _with_own_ladder[organisation_id] = found
    return found[1]


_LADDERS = """
SELECT j.version_id, o.ladder FROM journeys_journey j JOIN organisations_organisation o ON o.id = j.organisation_id
WHERE j.id = %s AND j.organisation_id = %s
"""


def _has_a_ladder(journey_id: str) -> bool:
    """Whether the house or the journey's own version has one: every step that opens comes by here, so it is one short statement."""
    found = fetch_one(_LADDERS, [journey_id, tenancy.current().organisation_id])
    return found is not None and (bool(ladder_from(as_json(found[1])).rungs) or _version_escalates(found[0]))


@lru_cache(maxsize=1_000)
def _version_escalates(version_id: str) -> bool:
    document = document_of_version(version_id)
    return any(rungs_for(Ladder(), document, step) for step in document.every_step())


@listen(*_WINDS, name="journeys.escalation", awaits=_waits_for)
def wind_after(heard: Heard) -> None:
    """The next rung of the step, or of every open step of the journey, is due at another time now."""
    if not _has_a_ladder(heard.body["journey_id"]):
        return
    rows = Step.objects.select_related("journey").filter(journey_id=heard.body["journey_id"], state__in=OPEN_STATES)
    if "step_id" in heard.body:
        rows = rows.filter(pk=heard.body["step_id"])
    for step in rows:
        wind(step)


@listen(LadderChanged, name="journeys.ladder_changed")
def wind_all(heard: Heard) -> None:
    """Every open step gets its place on the new ladder, in the background."""
    ids = list(
        Step.objects.filter(state__in=OPEN_STATES, journey__state__in=["active", "live", "paused"])
        .order_by("id")
        .values_list("id", flat=True)
    )
    for start in range(0, len(ids), WOUND_A_TASK):
        wind_some.enqueue(ids[start : start + WOUND_A_TASK])


@task
def wind_some(step_ids: list[str]) -> None:
    """Winds a few steps anew."""
    for step in Step.objects.select_related("journey").filter(pk__in=step_ids):
        wind(step)


@every(LOOK_EVERY, name="journeys.escalate")
def escalate_due() -> Again | None:
    """Looks up whose next rung is due – never scans – and lets them climb; AGAIN when there may be more.

    The rung and the note that it was done are one transaction, so each is done once whatever is killed when.
    """
    with tenancy.unscoped("the clock runs for every organisation"):
        rows = Escalation.objects.filter(next_at__lte=now()).order_by("next_at")
        if connection.features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True)
        due = list(rows.values_list("organisation_id", "id")[:BATCH])
    for organisation_id, row_id in due:
        with tenancy.acting_for(organisation_id):
            climb(Escalation.objects.get(pk=row_id))
    return AGAIN if len(due) == BATCH else None
