"""What happens to journeys by itself: opened steps meet their kind, due steps ask for attention, health is looked at daily."""

from collections import defaultdict
from datetime import timedelta
from itertools import groupby
from operator import itemgetter

from django.db import connection
from django.tasks import task

from boardwell.domain.accounts.events import DaysOffChanged
from boardwell.domain.conversations.events import MessagePosted
from boardwell.domain.journeys import engine
from boardwell.domain.journeys.actions.change_health_rules import judge_batch
from boardwell.domain.journeys.actions.follow_calendar import begin_to_follow, follow_account
from boardwell.domain.journeys.documents import document_of_version
from boardwell.domain.journeys.events import (
    DayPromised,
    FactsRecorded,
    HealthRulesChanged,
    HealthTurned,
    JourneyCancelled,
    JourneyResumed,
    JourneyStarted,
    OwnerChanged,
    PastChanged,
    PlanChanged,
    StepAssigned,
    StepBlocked,
    StepCompleted,
    StepDue,
    StepEvent,
    StepOpened,
    StepOverdue,
    StepReopened,
    StepSkipped,
)
from boardwell.domain.journeys.forecasting import forecast_anew
from boardwell.domain.journeys.gatekeeping import any_shut, open_what_may
from boardwell.domain.journeys.handle import handle_for
from boardwell.domain.journeys.kinds import registry
from boardwell.domain.journeys.models import OPEN_STATES, Journey, Step
from boardwell.domain.journeys.outlooks import look_ahead, try_finished
from boardwell.domain.journeys.redating import reminders_of
from boardwell.domain.journeys.reminders import moments, passed_and_next
from boardwell.domain.organisations.events import CalendarChanged
from boardwell.domain.people.events import TimeOffChanged
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.crowd import in_rush, others_wait
from boardwell.kernel.errors import NotFound
from boardwell.kernel.events import Heard, emit, listen
from boardwell.kernel.recurring import AGAIN, Again, every
from boardwell.kernel.sql import change, fetch_all, fetch_one, for_update, instant

FORECASTS_A_TASK = 50
TRIALS_A_TURN = 3
TRIED_DAYS = 400
"""How long ago an onboarding may have gone live for its forecast to be made after the event."""
OUTLOOKS = 20
"""Journeys whose outlook shares a transaction: a second or two of work."""
BATCH = 100
"""Due steps that share a transaction: few enough that pages need not wait long when a thousand fall due at nine o'clock."""


FORECASTS = 20
"""Stale journeys that share a transaction."""
PATIENCE = timedelta(minutes=1)
"""How long a forecast waits at most for a rush to end."""


@listen(StepOpened, name="journeys.meet_kind")
def meet_kind(heard: Heard) -> None:
    """Tells the step's kind that it may begin; a kind that is not installed leaves the step to people."""
    kind = registry.get(heard.body["kind"])
    if kind is None or not kind.acts_on_open:
        return
    try:
        handle = handle_for(heard.body["journey_id"], heard.body["step_key"])
    except NotFound:
        return
    if handle.is_open:
        kind.on_open(handle)


@listen(StepSkipped, PlanChanged, JourneyCancelled, name="journeys.left_out")
def tell_left_out(heard: Heard) -> None:
    """Tells the kinds of steps that were skipped, taken out of the plan, or ended with the onboarding: what hung on them is off."""
    words = [kind.word for kind in registry.all() if kind.acts_on_left_out]
    rows = Step.objects.filter(journey_id=heard.body["journey_id"], kind__in=words, state__in=["skipped", "cancelled"])
    if "step_id" in heard.body:
        rows = rows.filter(pk=heard.body["step_id"])
    for key, word in rows.values_list("key", "kind"):
        kind = registry.get(word)
        if kind is not None:
            kind.on_left_out(handle_for(heard.body["journey_id"], key))


@listen(StepReopened, StepAssigned, OwnerChanged, PlanChanged, FactsRecorded, name="journeys.forecast")
def forecast_after(heard: Heard) -> None:
    """What else moves dates than the end of a step, of which the engine takes note itself."""
    change(
        "UPDATE journeys_journey SET forecast_stale_at = %s WHERE id = %s AND organisation_id = %s AND forecast_stale_at IS NULL",
        [instant(now()), heard.body["journey_id"], tenancy.current().organisation_id],
    )


_MOVES_GATES = (
    JourneyStarted, JourneyResumed, StepCompleted, StepSkipped, StepBlocked, StepReopened, FactsRecorded, PlanChanged, DayPromised,
)  # fmt: skip


def _gates_wait_for() -> set[str]:
    """Nothing in an organisation where no gate is shut."""
    return {event.__name__ for event in _MOVES_GATES} if any_shut() else set()


@listen(*_MOVES_GATES, name="journeys.gates", awaits=_gates_wait_for)
def gates_after(heard: Heard) -> None:
    """Opens the gates whose last condition this was. Not in the verb: completing a step must not wait for gates of others."""
    open_what_may(heard.body["journey_id"])


_FRESH = "UPDATE journeys_journey SET forecast_stale_at = NULL, outlook_at = NULL WHERE id = %s AND organisation_id = %s"


@every(timedelta(seconds=3), name="journeys.forecast")
def forecast_stale() -> Again | None:
    """Forecasts journeys in which something ended, once each however many steps ended, the longest stale first.

    Some three milliseconds a journey and a batch at a time. In a rush the forecasts come later and the pages do not.
    """
    with tenancy.unscoped("the clock runs for every organisation"):
        stale = list(
            Journey.objects.filter(forecast_stale_at__isnull=False)
            .order_by("forecast_stale_at")
            .values_list("organisation_id", "id", "forecast_stale_at")[:FORECASTS]
        )
    patient = now() - PATIENCE
    if in_rush() and all(since_at is not None and since_at > patient for _organisation, _id, since_at in stale):
        return None
    for organisation_id, journey_id, _since_at in stale:
        with tenancy.acting_for(organisation_id):
            change(_FRESH, [journey_id, organisation_id])
            forecast_anew(journey_id)
    return AGAIN if len(stale) == FORECASTS and not others_wait() else None


@listen(TimeOffChanged, name="journeys.time_off")
def away_on_other_days(heard: Heard) -> None:
    """What a member still has to do is forecast anew; no planned day moves."""
    with_work = Step.objects.filter(member_id=heard.body["member_id"], ended_at=None).values("journey_id")
    Journey.objects.filter(pk__in=with_work, state__in=["active", "live"], forecast_stale_at=None).update(forecast_stale_at=now())


@listen(DaysOffChanged, name="journeys.follow_account")
def follow_customer(heard: Heard) -> None:
    """The running journeys of an account whose working days have changed are dated anew in the background."""
    follow_account.enqueue(heard.body["account_id"], "")


@listen(CalendarChanged, name="journeys.follow_calendar")
def follow_calendar(heard: Heard) -> None:
    """Running journeys are dated anew in the background."""
    begin_to_follow(heard.body["calendar_id"], heard.body["revision"])


@every(timedelta(hours=6), name="journeys.forecast_late")
def forecast_late() -> None:
    """A day goes by without anything happening, and what is open moves on: journeys whose forecast lies in the past get a new one."""
    yesterday = (now() - timedelta(days=1)).date()
    with tenancy.unscoped("the clock runs for every organisation"):
        late = Step.objects.filter(state__in=OPEN_STATES, forecast_on__lt=yesterday, journey__state__in=["active", "live"])
        rows = sorted(set(late.values_list("organisation_id", "journey_id")[:20_000]))
    for organisation_id, group in groupby(rows, key=itemgetter(0)):
        ids = [journey_id for _organisation, journey_id in group]
        with tenancy.acting_for(organisation_id):
            for start in range(0, len(ids), FORECASTS_A_TASK):
                forecast_some.enqueue(ids[start : start + FORECASTS_A_TASK])


@task
def forecast_some(journey_ids: list[str]) -> None:
    """Forecasts a few journeys anew."""
    for journey_id in journey_ids:
        forecast_anew(journey_id)


@listen(MessagePosted, name="journeys.contact")
def heard_from(heard: Heard) -> None:
    """A message is a sign of life too; an older one that comes late takes nothing back."""
    if heard.body["author_kind"] != "contact":
        return
    change(
        "UPDATE journeys_journey SET last_customer_activity_at = %s WHERE id = %s AND organisation_id = %s "
        "AND (last_customer_activity_at IS NULL OR last_customer_activity_at < %s)",
        [instant(heard.happened_at), heard.body["journey_id"], heard.organisation_id, instant(heard.happened_at)],
    )


@every(timedelta(seconds=60), name="journeys.outlooks")
def look_ahead_anew() -> Again | None:
    """Ranges follow what happened, once for a burst of it, and are made anew daily. A batch; AGAIN when there may be more."""
    with tenancy.unscoped("the clock runs for every organisation"):
        running = Journey.objects.filter(state="active", live_at__isnull=True).values_list("organisation_id", "id")
        found = list(running.filter(outlook_at__isnull=True)[:OUTLOOKS])
        found = found or list(running.filter(outlook_at__lt=now() - timedelta(hours=20))[:OUTLOOKS])
    for organisation_id, journey_id in found:
        with tenancy.acting_for(organisation_id):
            look_ahead(journey_id)
    return AGAIN if found and not others_wait() and not in_rush() else None


@every(timedelta(minutes=5), name="journeys.trials")
def try_what_finished() -> Again | None:
    """Onboardings that went live without a forecast of theirs having been kept get the one that they would have had; once for each."""
    with tenancy.unscoped("the clock runs for every organisation"):
        untried = Journey.objects.filter(live_at__gte=now() - timedelta(days=TRIED_DAYS), trial__isnull=True)
        found = list(untried.order_by("organisation_id", "-live_at").values_list("organisation_id", "id")[:TRIALS_A_TURN])
    for organisation_id, group in groupby(found, key=itemgetter(0)):
        with tenancy.acting_for(organisation_id):
            try_finished([journey_id for _organisation, journey_id in group])
    return AGAIN if found and not getattr(connection, "others_wait", False) else None


@listen(PastChanged, name="journeys.past_changed")
def learnt_anew(heard: Heard) -> None:
    """Ranges are made anew from what there is to learn from now."""
    Journey.objects.filter(state="active", live_at__isnull=True).update(outlook_at=None)


@listen(HealthRulesChanged, name="journeys.judge_anew")
def judged_by_new_rules(heard: Heard) -> None:
    """Every running onboarding gets the health that the rules of now make, a batch a transaction."""
    judge_some.enqueue("", False)


@task
def judge_some(after: str, because_of_time: bool) -> None:
    """Judges the next batch of the organisation's running onboardings, and asks for the one behind it."""
    _changed, after = judge_batch(after, because_of_time=because_of_time)
    if after:
        judge_some.enqueue(after, because_of_time)


@listen(FactsRecorded, name="journeys.satisfaction")
def satisfaction_recorded(heard: Heard) -> None:
    """What the customer thinks of us is part of the health."""
    if "satisfaction" in heard.body["keys"]:
        engine.refresh_journey(heard.body["journey_id"], now())


@every(timedelta(seconds=60), name="journeys.due")
def due_tick() -> Again | None:
    """Looks up what is due – never scans – and says so; the look-up costs the same for a thousand journeys and a million.

    Sees to a batch; AGAIN when there may be more.
    """
    at = now()
    with tenancy.unscoped("the clock runs for every organisation"):
        if fetch_one("SELECT 1 FROM journeys_step WHERE next_due_at <= %s LIMIT 1", [instant(at)]) is None:
            return None
        rows = Step.objects.filter(next_due_at__lte=at, state__in=OPEN_STATES, journey__state__in=["active", "live"])
        rows = rows.select_related("journey").order_by("next_due_at")
        if connection.features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True, of=("self",))
        steps = list(rows[:BATCH])
    by_organisation: dict[str, list[Step]] = defaultdict(list)
    for step in steps:
        by_organisation[step.organisation_id].append(step)
    for organisation_id, due in by_organisation.items():
        with tenancy.acting_for(organisation_id):
            _remind(due)
    return AGAIN if len(steps) == BATCH else None


_SEEN_TO = "UPDATE journeys_step SET next_due_at = %s, late_at = %s, reminded = %s WHERE id = %s AND organisation_id = %s"


def _remind(steps: list[Step]) -> None:
    at = now()
    late_journeys = set()
    happenings: list[StepEvent] = []
    for step in steps:
        document = document_of_version(step.journey.version_id)
        remind = reminders_of(step, document)
        if step.planned_on is None:
            step.next_due_at = None
            continue
        all_moments = moments(
            step.planned_on, step.journey.time_zone, before=remind.before, on=remind.on, after=remind.after,
        )  # fmt: skip
        # Everything up to next_due_at was seen to already; what was missed since counts once, by its latest moment.
        since = step.next_due_at - timedelta(microseconds=1) if step.next_due_at else None
        passed, step.next_due_at = passed_and_next(all_moments, since, at)
        if step.due_at is not None and step.due_at < at and step.late_at is None:
            step.late_at = at
            late_journeys.add(step.journey_id)
            happenings.append(
                StepOverdue(
                    journey_id=step.journey_id, account_id=step.account_id, step_id=step.id, step_key=step.key, kind=step.kind,
                    side=step.side, visibility=step.visibility,
                )
            )  # fmt: skip
        for phase in {moment.phase for moment in passed} - {"late"}:
            latest = max((moment for moment in passed if moment.phase == phase), key=lambda moment: moment.at)
            step.reminded += 1
            happenings.append(
                StepDue(
                    journey_id=step.journey_id, account_id=step.account_id, step_id=step.id, step_key=step.key, kind=step.kind,
                    side=step.side, visibility=step.visibility, phase=phase, days=latest.days,
                )
            )  # fmt: skip
    with connection.cursor() as cursor:
        seen = [(instant(each.next_due_at), instant(each.late_at), each.reminded, each.id, each.organisation_id) for each in steps]
        cursor.executemany(_SEEN_TO, seen)
    emit(*happenings)
    for journey_id in late_journeys:
        engine.refresh_journey(journey_id, at)


@every(timedelta(hours=6), name="journeys.health")
def look_at_health() -> None:
    """Silence makes a journey at risk without anything happening, so running ones are judged a few times a day."""
    with tenancy.unscoped("the clock runs for every organisation"):
        organisations = list(Journey.objects.filter(state__in=["active", "paused"]).values_list("organisation_id", flat=True).distinct())
    for organisation_id in organisations:
        with tenancy.acting_for(organisation_id):
            judge_some.enqueue("", True)


TURNS = 200
"""Turned journeys that share a transaction."""
_TURNED = "SELECT id, organisation_id, account_id, health_told, health FROM journeys_journey WHERE NOT (health = health_told) ORDER BY id LIMIT %s"
_TOLD = "UPDATE journeys_journey SET health_told = %s WHERE id = %s AND organisation_id = %s"


@every(timedelta(seconds=5), name="journeys.health_turned")
def tell_turned() -> Again | None:
    """Says which onboardings have another health than was last told, once each however it came about; a look-up, never a scan."""
    with tenancy.unscoped("the clock runs for every organisation"):
        turned = fetch_all(_TURNED + for_update(), [TURNS])
    for organisation_id, group in groupby(sorted(turned, key=itemgetter(1, 0)), key=itemgetter(1)):
        with tenancy.acting_for(organisation_id):
            rows = list(group)
            with connection.cursor() as cursor:
                cursor.executemany(
                    _TOLD, [(health, journey_id, organisation_id) for journey_id, _organisation, _account, _told, health in rows]
                )
            emit(
                *(
                    HealthTurned(journey_id=journey_id, account_id=account_id, before=told, after=health)
                    for journey_id, _organisation, account_id, told, health in rows
                )
            )
    return AGAIN if len(turned) == TURNS else None
