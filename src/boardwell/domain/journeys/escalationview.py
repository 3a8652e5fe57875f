"""The ladder of one step as the team sees it: what was done, what comes next and when."""

from datetime import datetime

from boardwell.domain.journeys.documents import document_of_version
from boardwell.domain.journeys.escalating import climb_of
from boardwell.domain.journeys.ladders import next_rung
from boardwell.domain.journeys.models import Escalation, Step
from boardwell.domain.journeys.queries.escalation import RungView, clock_words, member_names, who_words
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.texts import in_language


def ladder_of(journey_id: str, step_key: str) -> tuple[RungView, ...]:
    """Each rung in the order in which it is due; those whose clock stands still last. Empty for who is no insider, and without a ladder."""
    if not tenancy.current().actor.is_insider:
        return ()
    step = Step.objects.select_related("journey").filter(journey_id=journey_id, key=step_key).first()
    climb = climb_of(step) if step is not None else None
    if step is None or climb is None:
        return ()
    row = Escalation.objects.filter(step=step).first()
    done = (
        {one["key"]: datetime.fromisoformat(one["at"]) for one in row.done} if row is not None and row.opened_at == step.opened_at else {}
    )
    roles = {key: in_language(role.title) for key, role in document_of_version(step.journey.version_id).roles.items()}
    names = {**roles, **member_names()}
    found = []
    for rung in climb.rungs:
        due = next_rung(climb.hours, (rung,), (), climb.clocks) if rung.key not in done else None
        if rung.key not in done and not climb.clocks[rung.clock] and (rung.clock == "their_overdue") == (step.side == "ours"):
            continue  # never for a step of this side
        words, who = clock_words(rung.clock, rung.after, rung.unit), who_words(rung.tell, rung.reassign, names)
        found.append(RungView(words, who, done.get(rung.key), due[0] if due else None))
    timed = sorted((view for view in found if view.done_at or view.due_at), key=lambda view: view.done_at or view.due_at or now())
    return (*timed, *(view for view in found if not view.done_at and not view.due_at))
