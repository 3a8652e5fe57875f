"""The load as it is drawn: a bar and its words for each week, the steps behind it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from boardwell.domain.journeys.load import WeekLoad
from boardwell.domain.journeys.queries.load import MemberLoad, StepWork, TeamLoad, overbooked_by
from boardwell.ui.templatetags.ui import hours, on_day


@dataclass(frozen=True, slots=True)
class Cell:
    """One week of one member. `size` and `mark` are the bar and where the hours end on it, in hundredths; `steps` with their minutes."""

    monday: date
    minutes: int
    capacity: int
    over: int
    tone: str
    size: float
    mark: float
    words: str
    steps: tuple[tuple[StepWork, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A member's cells."""

    member: MemberLoad
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """Every row, and the cells with too much, the most first, with whose they are."""

    rows: tuple[Row, ...]
    over: tuple[tuple[MemberLoad, Cell], ...]


def picture_of(load: TeamLoad, *, with_steps: bool = False) -> Picture:
    """The picture; steps stand in cells with too much, or in all of them."""
    longest = max((max(week.minutes, week.capacity) for one in load.members for week in one.weeks), default=0) or 1
    rows = tuple(
        Row(one, tuple(_cell(week, load, longest, with_steps=with_steps or week.over > 0) for week in one.weeks)) for one in load.members
    )
    over = sorted(((row.member, cell) for row in rows for cell in row.cells if cell.over), key=lambda pair: -pair[1].over)
    return Picture(rows, tuple(over))


def _cell(week: WeekLoad, load: TeamLoad, longest: int, *, with_steps: bool) -> Cell:
    told = {"work": hours(week.minutes), "most": hours(week.capacity), "over": hours(week.over)}
    words = _("%(work)s of %(most)s hours, %(over)s too many") if week.over else _("%(work)s of %(most)s hours")
    tone = "bad" if week.over else "warn" if week.minutes * 10 > week.capacity * 9 else "action"
    steps = tuple((load.steps[one.step_id], one.minutes) for one in week.shares) if with_steps else ()
    return Cell(
        week.monday, week.minutes, week.capacity, week.over, tone, round(100 * week.minutes / longest, 2),
        round(100 * week.capacity / longest, 2), words % told, steps,
    )  # fmt: skip


def say_overbooked(request: HttpRequest, member_id: str, journey_id: str, step_keys: Iterable[str] | None = None) -> None:
    """Warns on the next page when what was just given to a member is more than they have hours for; it stays theirs."""
    found = overbooked_by(member_id, journey_id, step_keys)
    if found is None:
        return
    told = {"name": found.name, "work": hours(found.minutes), "most": hours(found.capacity), "day": on_day(found.monday)}
    said = [_("%(name)s now has %(work)s hours of work in the week from %(day)s, and %(most)s hours to do it in.") % told]
    for name, minutes in found.others[:1]:
        said.append(_("%(name)s has room: with it, %(left)s hours would still be left.") % {"name": name, "left": hours(minutes)})
    messages.warning(request, " ".join(said), extra_tags="warn")
