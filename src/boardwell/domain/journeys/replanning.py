"""Makes a running journey's plan what its facts ask for: adds and removes steps and ties the rest together anew."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from boardwell.domain.journeys.gatekeeping import shut_gates
from boardwell.domain.journeys.inserting import Place, insert_steps, prepare, put_aside
from boardwell.domain.journeys.learning import UNDECIDED_STATES, desired_plan
from boardwell.domain.journeys.models import Journey, Step
from boardwell.domain.journeys.plan import unlocks_of
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Conflict
from boardwell.kernel.sql import instant


def apply_plan(journey: Journey, additions: Iterable[str], removals: Iterable[str]) -> tuple[list[str], list[str], list[str]]:
    """Returns the keys that were added, removed, and opened by it. Runs in the caller's transaction under the journey's lock.

    Conflict when the plan that the facts ask for is no longer the one that was proposed.
    """
    wanted = {step.key: step for step in desired_plan(journey)}
    steps = {step.key: step for step in Step.objects.filter(journey=journey)}
    present = {key for key, step in steps.items() if step.state != "cancelled"}
    adding, removing = sorted(additions), sorted(removals)
    if not set(adding) <= wanted.keys() - present or not set(removing) <= present - wanted.keys():
        raise Conflict(_("The facts have changed since this was proposed. Look at the newest proposal."))
    at = now()
    Step.objects.filter(journey=journey, key__in=removing, state__in=UNDECIDED_STATES).update(
        state="cancelled", next_due_at=None, ended_at=at, reason=_("Not needed after a change of facts")
    )
    # A step that was once taken out comes back as a fresh row: the old one keeps its history under another key.
    for key in adding:
        if key in steps:
            steps[key].key = put_aside(key, steps[key].id)
            steps[key].save()
    cast = {
        role: (person if str(person).startswith("mem_") else None, person if str(person).startswith("con_") else None)
        for role, person in journey.roles.items()
    }
    new = [wanted[key] for key in adding]
    place = Place(journey.organisation_id, journey.account_id, journey.id)
    insert_steps(place, prepare(new, journey.time_zone), cast, instant(at))
    living = {step.key: step for step in Step.objects.filter(journey=journey).exclude(state="cancelled") if step.key in wanted}
    kept = [wanted[key] for key in wanted if key in living]
    waiting = unlocks_of(kept)
    opened: list[str] = []
    shut = shut_gates(journey.id)
    for planned in kept:
        step = living[planned.key]
        step.unlocks = waiting[planned.key]
        if step.state not in {"locked", "ready"}:
            continue
        blockers = sum(1 for need in planned.needs if need in living and living[need].state not in {"done", "skipped"})
        blockers += sum(1 for gate in planned.gates if gate in shut)
        was_new = planned.key in adding
        state = "locked" if blockers else "ready"
        if state == "ready" and (step.state == "locked" or was_new):
            opened.append(step.key)
            step.opened_at, step.next_due_at = at, step.nudge_at
        if state == "locked":
            step.opened_at = step.next_due_at = None
        step.state, step.blockers = state, blockers
    Step.objects.filter(journey=journey).update(unlocks="")  # what is not in the plan any more unlocks nothing
    Step.objects.bulk_update(living.values(), ["unlocks", "state", "blockers", "opened_at", "next_due_at"])
    return adding, removing, opened
