"""Follow a calendar: date every running journey anew when the organisation's working days change, a few in each transaction."""

from django.db import transaction
from django.db.models import F
from django.tasks import task

from boardwell.domain.audit.actions import Entry, record_many
from boardwell.domain.journeys import engine
from boardwell.domain.journeys.actions.moving import write_days
from boardwell.domain.journeys.casting import with_customer
from boardwell.domain.journeys.documents import document_of_version, parties_from
from boardwell.domain.journeys.forecasting import forecast_anew
from boardwell.domain.journeys.models import Journey, Step
from boardwell.domain.journeys.redating import course_of, set_planned_day
from boardwell.domain.journeys.rows import lock_journey
from boardwell.domain.organisations.models import WorkCalendar
from boardwell.domain.organisations.queries import working_calendar
from boardwell.kernel.clock import now

RUNNING = ("active", "paused", "live")
JOURNEYS_A_TURN = 5
"""Few, because a turn holds the database's one writer on SQLite: a page waits a tenth of a second at most."""


def begin_to_follow(calendar_id: str, revision: int) -> None:
    """Counts what is to be dated anew and begins; a calendar that has changed again since begins with its newest revision only."""
    total = Journey.objects.filter(state__in=RUNNING).count()
    begun = WorkCalendar.objects.filter(pk=calendar_id, revision=revision, is_default=True)
    if begun.update(journeys_total=total, journeys_done=0, steps_moved=0, followed_at=None if total else now()) and total:
        follow_some.enqueue(calendar_id, revision, "")


@task
def follow_some(calendar_id: str, revision: int, after_id: str) -> None:
    """One turn: a few journeys, how far we are, and the next turn – together in one transaction or not at all."""
    calendar = WorkCalendar.objects.filter(pk=calendar_id, revision=revision, is_default=True)
    if not calendar.exists():
        return  # it has changed again, or another one is the default now: their own run takes over
    ids = list(Journey.objects.filter(state__in=RUNNING, id__gt=after_id).order_by("id").values_list("id", flat=True)[:JOURNEYS_A_TURN])
    moved = sum(follow(journey_id) for journey_id in ids)
    is_last = len(ids) < JOURNEYS_A_TURN
    calendar.update(
        journeys_done=F("journeys_done") + len(ids), steps_moved=F("steps_moved") + moved, followed_at=now() if is_last else None
    )
    if not is_last:
        follow_some.enqueue(calendar_id, revision, ids[-1])


def follow(journey_id: str) -> int:
    """Gives the open steps of a journey the days that its plan has in the working days of now; returns how many moved.

    Each step keeps its working days after what it waits for. What has ended, was promised or was the first plan stays; so taking
    a day off out of the calendar again brings the days back.
    """
    with transaction.atomic():
        journey = lock_journey(journey_id)
        calendar = with_customer(working_calendar(), journey.account.country)
        if calendar == journey.calendar or journey.state not in RUNNING:
            return 0
        steps = {step.key: step for step in Step.objects.filter(journey=journey).exclude(state="cancelled").order_by("position")}
        moves = course_of(journey, steps.values()).days_on(parties_from(calendar, journey.time_zone))
        journey.calendar = calendar
        document = document_of_version(journey.version_id)
        entries = []
        for key, day in moves.items():
            step = steps[key]
            entries.append(
                Entry(
                    "step.redated", object_kind="step", object_id=step.id, account_id=step.account_id, journey_id=journey.id, label=key,
                    before={"planned_on": step.planned_on.isoformat() if step.planned_on else None},
                    after={"planned_on": day.isoformat(), "calendar": True},
                )
            )  # fmt: skip
            set_planned_day(step, day, journey.time_zone, document)
            if journey.state == "paused":
                step.next_due_at = None
            if step.marks == "go_live":
                journey.planned_live_on = journey.forecast_live_on = day
        write_days(steps[key] for key in moves)
        journey.revision += 1
        journey.save()
        forecast_anew(journey.id)
        if moves:
            engine.refresh_journey(journey.id, now())
            record_many(entries)
        return len(moves)
