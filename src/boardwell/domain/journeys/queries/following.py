"""How far running onboardings have followed a change of working days, and what such a change would move."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from boardwell.domain.journeys.documents import document_of_version, shown_title
from boardwell.domain.journeys.models import Journey
from boardwell.domain.journeys.workdays import RUNNING, Changed, changed_by, moved_days, steps_of
from boardwell.domain.organisations.queries import working_calendar
from boardwell.kernel import tenancy

MOST_REHEARSED = 300
"""Onboardings that a preview dates anew, those promised first in front: a second or two of work."""
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Following:
    """Of the running journeys of an account, how many have their dates in the working days of now."""

    total: int
    left: int

    @property
    def done(self) -> int:
        """Those that have."""
        return self.total - self.left


def following_of(account_id: str) -> Following:
    """Four queries."""
    ids = list(Journey.objects.filter(account_id=account_id, state__in=RUNNING).order_by("id").values_list("id", flat=True)[:200])
    return Following(len(ids), len(changed_by(ids, working_calendar())) if ids else 0)


@dataclass(frozen=True, slots=True)
class Shift:
    """What would become of one onboarding: how many open steps move, and its planned go-live before and after."""

    journey_id: str
    title: str
    account_name: str
    steps: int
    live_before: date | None
    live_after: date | None
    promised_on: date | None

    @property
    def days(self) -> int:
        """Calendar days by which the go-live moves; negative when it comes earlier."""
        return (self.live_after - self.live_before).days if self.live_after and self.live_before else 0

    @property
    def breaks_promise(self) -> bool:
        """Whether it would end after the promised day, and did not before."""
        if self.promised_on is None or self.live_after is None or self.live_after <= self.promised_on:
            return False
        return self.live_before is None or self.live_before <= self.promised_on


@dataclass(frozen=True, slots=True)
class Shifts:
    """A change of working days as it would come out. `untouched` keep their days; `unseen` were too many to be dated here."""

    moved: tuple[Shift, ...]
    untouched: int
    unseen: int

    @property
    def broken(self) -> int:
        """Promises that would be broken by it."""
        return sum(one.breaks_promise for one in self.moved)


def preview_of(calendar: dict[str, Any]) -> Shifts:
    """What would move if this were the house's calendar; nothing is written. Costs grow with the onboardings that it touches.

    Those whose promise would be broken stand first, then those that move most. Raises NotAllowed.
    """
    tenancy.require("settings:manage")
    ids = list(Journey.objects.filter(state__in=RUNNING).order_by("id").values_list("id", flat=True))
    touched: list[Changed] = []
    for start in range(0, len(ids), _BATCH):
        touched += [one for one in changed_by(ids[start : start + _BATCH], calendar) if one.is_touched]
    touched.sort(key=lambda one: (one.journey.committed_live_on or date.max, one.journey.id))
    shifts = _shifts(touched[:MOST_REHEARSED])
    moved = [one for one in shifts if one.steps]
    moved.sort(key=lambda one: (not one.breaks_promise, -abs(one.days), -one.steps, one.title))
    unseen = max(0, len(touched) - MOST_REHEARSED)
    return Shifts(tuple(moved), len(ids) - len(moved) - unseen, unseen)


def _shifts(touched: Sequence[Changed]) -> list[Shift]:
    found, steps = steps_of(touched)
    shifts = []
    for one in touched:
        journey, rows = one.journey, steps[one.journey.id]
        moves = moved_days(found, one, rows)
        live = next((moves[key] for key in moves if rows[key].marks == "go_live"), journey.planned_live_on)
        title = shown_title(journey.title, journey.account.name, document_of_version(journey.version_id))
        shifts.append(Shift(journey.id, title, journey.account.name, len(moves), journey.planned_live_on, live, journey.committed_live_on))
    return shifts
