"""Promise a day: what the customer was told of a step or of the go-live, apart from what is planned and what is likely."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import Entry, record_many
from boardwell.domain.journeys import engine
from boardwell.domain.journeys.actions.moving import checked_day
from boardwell.domain.journeys.actions.reasons import required_reason
from boardwell.domain.journeys.events import DayPromised
from boardwell.domain.journeys.learning import UNDECIDED_STATES
from boardwell.domain.journeys.models import Journey, Step
from boardwell.domain.journeys.queries.reasons import reasons_in_words
from boardwell.domain.journeys.rows import lock_journey, step_of
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Conflict, Invalid
from boardwell.kernel.events import emit

FIELD = "committed_on"


def commit_step(journey_id: str, step_key: str, *, committed_on: date | None, reason: str = "") -> None:
    """Promises a day for a step; None takes the promise back. The step that marks the go-live speaks for the whole journey.

    Plan, forecast and baseline stay. Who changes a promise says why. Raises NotFound, NotAllowed, Invalid (no reason, absurd day,
    nothing changes), Conflict (ended).
    """
    tenancy.require("journeys:reschedule")
    with transaction.atomic():
        journey = lock_journey(journey_id)
        step = _open_step(journey_id, step_key)
        if step.marks == "go_live":
            _write_live(journey, step, committed_on, reason)
            return
        why = _checked(step.committed_on, committed_on, reason)
        _require_running(journey)
        Step.objects.filter(pk=step.id).update(committed_on=committed_on)
        _said(journey, [_of_step(journey, step, committed_on, why)], step.key, committed_on)


def commit_live(journey_id: str, *, committed_on: date | None, reason: str = "") -> None:
    """Promises the go-live; None takes the promise back. Health follows at once. Raises as `commit_step`."""
    tenancy.require("journeys:reschedule")
    with transaction.atomic():
        _write_live(lock_journey(journey_id), _live_step(journey_id), committed_on, reason)


@dataclass(frozen=True, slots=True)
class CommitPreview:
    """What a promise would mean: the days it stands beside, and the onboarding's health before and after.

    `late_days`: calendar days from the promise to the forecast, 0 when it would be kept.
    """

    before: date | None
    after: date | None
    planned_on: date | None
    forecast_on: date | None
    late_days: int
    health_before: str
    health_after: str
    why_after: tuple[str, ...]


def preview_commit(journey_id: str, step_key: str = "", *, committed_on: date | None) -> CommitPreview:
    """What `commit_step` (for "": `commit_live`) would do, without doing it. Raises as they would, but for the reason."""
    tenancy.require("journeys:reschedule")
    step = _open_step(journey_id, step_key) if step_key else _live_step(journey_id)
    is_live = step is None or step.marks == "go_live"
    with transaction.atomic():
        journey = lock_journey(journey_id)
        before = journey.committed_live_on if is_live or step is None else step.committed_on
        _checked(before, committed_on, "-")
        _require_running(journey)
        word, reasons = engine.health_if_promised(journey_id, committed_on if is_live else journey.committed_live_on, now())
    planned_on, forecast_on = (
        (journey.planned_live_on, journey.forecast_live_on) if is_live or step is None else (step.planned_on, step.forecast_on)
    )
    late = (forecast_on - committed_on).days if forecast_on and committed_on else 0
    return CommitPreview(
        before, committed_on, planned_on, forecast_on, max(0, late), journey.health, word, reasons_in_words(reasons)
    )  # fmt: skip


def _write_live(journey: Journey, step: Step | None, committed_on: date | None, reason: str) -> None:
    """The journey's promise and, where the plan has a step for it, the step's: one promise in two places."""
    why = _checked(journey.committed_live_on, committed_on, reason)
    _require_running(journey)
    if journey.live_at is not None:
        raise Conflict(_("This customer is live already."))
    Journey.objects.filter(pk=journey.id).update(committed_live_on=committed_on)
    entries = [
        Entry(
            "journey.committed", object_kind="journey", object_id=journey.id, account_id=journey.account_id, journey_id=journey.id,
            label=journey.title, before={FIELD: _iso(journey.committed_live_on)}, after={FIELD: _iso(committed_on)}, why=why,
        )
    ]  # fmt: skip
    if step is not None:
        Step.objects.filter(pk=step.id).update(committed_on=committed_on)
        entries.append(_of_step(journey, step, committed_on, why))
    _said(journey, entries, step.key if step else "", committed_on)


def _said(journey: Journey, entries: list[Entry], step_key: str, committed_on: date | None) -> None:
    engine.refresh_journey(journey.id, now())
    Journey.objects.filter(pk=journey.id).update(outlook_at=None)  # the chance is of making the promised day
    record_many(entries)
    emit(DayPromised(journey_id=journey.id, account_id=journey.account_id, step_key=step_key, committed_on=_iso(committed_on)))


def _of_step(journey: Journey, step: Step, committed_on: date | None, why: str) -> Entry:
    return Entry(
        "step.committed", object_kind="step", object_id=step.id, account_id=step.account_id, journey_id=journey.id, label=step.key,
        before={FIELD: _iso(step.committed_on)}, after={FIELD: _iso(committed_on)}, why=why,
    )  # fmt: skip


def _open_step(journey_id: str, step_key: str) -> Step:
    step = step_of(journey_id, step_key)
    if step.state not in UNDECIDED_STATES:
        raise Conflict(_("This step has ended; no day can be promised for it any more."))
    return step


def _live_step(journey_id: str) -> Step | None:
    return Step.objects.filter(journey_id=journey_id, marks="go_live").exclude(state="cancelled").first()


def _require_running(journey: Journey) -> None:
    if journey.state not in {"active", "live", "paused"}:
        raise Conflict(_("This onboarding has ended."))


def _checked(before: date | None, after: date | None, reason: str) -> str:
    """The reason, trimmed; "" for a first promise without one."""
    if after is not None:
        _not_absurd(after)
    if after == before:
        message = _("This is what is promised already.") if after else _("Choose a day.")
        raise Invalid(message, {FIELD: [message]})
    return required_reason(reason) if before is not None or reason.strip() else ""


def _not_absurd(day: date) -> None:
    try:
        checked_day(day)
    except Invalid as problem:
        raise Invalid(str(problem), {FIELD: [str(problem)]}) from None


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None
