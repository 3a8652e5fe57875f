"""Reads the team's load: members by weeks, which steps make it, and who has room. At most five queries, whatever the numbers.

Costs grow with the steps of those running onboardings in which the members in question still have something to do.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from boardwell.domain.journeys.calendars import Calendar, calendar_of
from boardwell.domain.journeys.documents import document_of_version, read_ahead, shown_title, working_time_from
from boardwell.domain.journeys.duedates import WorkingTime
from boardwell.domain.journeys.load import Hands, WeekLoad, Work, load_of, spread, weeks_from, with_room
from boardwell.domain.organisations.absences import Absence, absences_from
from boardwell.domain.organisations.queries import current_organisation, working_calendar
from boardwell.domain.people.models import Member
from boardwell.domain.people.roles import permissions_of
from boardwell.kernel import tenancy
from boardwell.kernel.clock import today
from boardwell.kernel.errors import NotFound
from boardwell.kernel.sql import as_json, fetch_all, slots, wall
from boardwell.kernel.texts import in_language

WEEKS = 8
MOST_WEEKS = 26


class StepWork(NamedTuple):
    """A step that counts in somebody's load. `due_on` is None while it has no day."""

    step_id: str
    key: str
    texts: Any
    journey_id: str
    own_title: str
    version_id: str
    account_name: str
    member_id: str
    minutes: int
    starts_on: date | None
    due_on: date | None

    @property
    def title(self) -> str:
        """What the step is called, in the reader's language."""
        words = as_json(self.texts) if self.texts is not None else None
        source = document_of_version(self.version_id).step(self.key.partition("~")[0])
        return in_language(words.get("title", {}) if words else source.title if source is not None else {}) or self.key

    @property
    def journey_title(self) -> str:
        """What its journey is called."""
        return shown_title(self.own_title, self.account_name, document_of_version(self.version_id))


@dataclass(frozen=True, slots=True)
class MemberLoad:
    """A member's weeks. `undated` minutes belong to steps without a day; `absences` are those that touch the weeks."""

    id: str
    name: str
    role: str
    photo_file_id: str
    week_minutes: int
    weeks: tuple[WeekLoad, ...]
    undated: int
    absences: tuple[Absence, ...]

    @property
    def most_over(self) -> WeekLoad | None:
        """The week with most work beyond its capacity; None when everything fits."""
        worst = max(self.weeks, key=lambda week: week.over, default=None)
        return worst if worst is not None and worst.over else None


@dataclass(frozen=True, slots=True)
class TeamLoad:
    """Members by weeks, those with most on top; `steps` by id are those that the weeks speak of."""

    mondays: tuple[date, ...]
    members: tuple[MemberLoad, ...]
    steps: Mapping[str, StepWork]


def team_load(*, weeks: int = WEEKS, role: str = "") -> TeamLoad:
    """The load of every active member, or of those with a role, from this week on."""
    tenancy.require("people:view")
    found = _members()
    return _load([one for one in found if not role or one.role == role], min(max(weeks, 1), MOST_WEEKS))


def member_load(member_id: str, *, weeks: int = WEEKS) -> TeamLoad:
    """One member's load, also of somebody who has left; NotFound when there is none with that id."""
    tenancy.require("people:view")
    found = list(Member.objects.filter(pk=member_id))
    if not found:
        raise NotFound(_("There is no such member on your team."))
    return _load(found, min(max(weeks, 1), MOST_WEEKS))


@dataclass(frozen=True, slots=True)
class Overbooked:
    """A week of a member with more work than hours; `others` are (name, minutes left) of those who have room for the same steps."""

    member_id: str
    name: str
    monday: date
    minutes: int
    capacity: int
    others: tuple[tuple[str, int], ...]

    @property
    def sunday(self) -> date:
        """The last day of the week."""
        return self.monday + timedelta(days=6)


def overbooked_by(member_id: str, journey_id: str, step_keys: Iterable[str] | None = None) -> Overbooked | None:
    """The worst week among those in which a member's steps of a journey lie (or some of them), when it is more than they have.

    Asked after the steps were given to them. None when it fits, or the steps cost nothing. Five queries for their own load, three
    more for the team's when it is too much.
    """
    members = {one.id: one for one in _members()}
    theirs = members.get(member_id)
    if theirs is None:
        return None
    time, now_on = _house()
    works = _works([member_id], time)
    keys = None if step_keys is None else set(step_keys)
    given = [one for one in works if one.journey_id == journey_id and (keys is None or one.key in keys)]
    hands = _hands(members.values(), time)
    touched = sorted(_by_week(given, hands[member_id], now_on))
    loads = load_of(_dated(works), {member_id: hands[member_id]}, touched, now_on)[member_id]
    worst = max(loads, key=lambda week: week.over, default=None)
    if worst is None or not worst.over:
        return None
    able = [each for each, one in members.items() if each != member_id and "journeys:complete" in permissions_of(one.role)]
    added = {each: _by_week(given, hands[each], now_on) for each in able}
    mondays = sorted({monday for weeks in added.values() for monday in weeks})
    room = with_room(load_of(_dated(_works(able, time)), {each: hands[each] for each in able}, mondays, now_on), added)
    alike = [each for each in room if set(members[each[0]].team_roles) & set(theirs.team_roles)] or room
    return Overbooked(
        member_id, theirs.name, worst.monday, worst.minutes, worst.capacity,
        tuple((members[each].name, minutes) for each, minutes in alike[:2]),
    )  # fmt: skip


def _by_week(steps: Iterable[StepWork], hands: Hands, now_on: date) -> dict[date, int]:
    found: dict[date, int] = {}
    for work in _dated(steps):
        for monday, minutes in spread(work, hands.calendar, now_on).items():
            found[monday] = found.get(monday, 0) + minutes
    return found


def _members() -> list[Member]:
    return list(Member.objects.filter(active=True).order_by("name", "id"))


def _house() -> tuple[WorkingTime, date]:
    zone = current_organisation().time_zone
    return working_time_from(working_calendar(), zone), today(zone)


def _hands(members: Iterable[Member], time: WorkingTime) -> dict[str, Hands]:
    return {one.id: Hands(one.week_minutes, time, absences_from(one.time_off)) for one in members}


def _load(members: Sequence[Member], weeks: int) -> TeamLoad:
    time, now_on = _house()
    works = _works([one.id for one in members], time)
    mondays = weeks_from(now_on, weeks)
    loads = load_of(_dated(works), _hands(members, time), mondays, now_on)
    undated: dict[str, int] = {}
    for one in works:
        if one.due_on is None:
            undated[one.member_id] = undated.get(one.member_id, 0) + one.minutes
    last = mondays[-1] + timedelta(days=6)
    found = [
        MemberLoad(
            one.id, one.name, one.role, one.photo_file_id, one.week_minutes, loads[one.id], undated.get(one.id, 0),
            tuple(each for each in absences_from(one.time_off) if each.last_on >= now_on and each.first_on <= last),
        )
        for one in members
    ]  # fmt: skip
    found.sort(key=lambda one: (-max(week.over for week in one.weeks), -sum(week.minutes for week in one.weeks), one.name, one.id))
    named = {share.step_id for one in found for week in one.weeks for share in week.shares}
    return TeamLoad(mondays, tuple(found), {one.step_id: one for one in works if one.step_id in named})


def _dated(steps: Iterable[StepWork]) -> list[Work]:
    return [
        Work(one.step_id, one.member_id, one.minutes, one.starts_on or one.due_on, one.due_on) for one in steps if one.due_on is not None
    ]


_COUNTS = "{s}.effort_minutes > 0 AND {s}.ended_at IS NULL AND {s}.member_id IS NOT NULL"
"""Exactly the condition of the index `step_load`, spelt out so that it is used."""
_WORK = """
SELECT s.id, s.key, s.texts, s.member_id, s.effort_minutes, s.planned_on, j.id, j.title, j.version_id, j.kickoff_on, a.name
FROM journeys_step s
JOIN journeys_journey j ON j.id = s.journey_id AND j.state IN ('active', 'live')
JOIN accounts_account a ON a.id = j.account_id
WHERE {counts} AND s.member_id IN ({members}) AND {wall}
ORDER BY s.planned_on, s.id
"""
_BEFORE = """
SELECT p.journey_id, p.unlocks, p.planned_on, p.done_on
FROM journeys_step p
WHERE p.unlocks <> '' AND {wall} AND p.journey_id IN (
    SELECT s.journey_id FROM journeys_step s WHERE {counts} AND s.member_id IN ({members}) AND {inner}
)
"""


def _works(member_ids: Sequence[str], time: WorkingTime) -> list[StepWork]:
    """Every step that these members have still to do in a running journey."""
    if not member_ids:
        return []
    members = slots(len(member_ids))
    condition, values = wall("s", "account_id")
    counts = _COUNTS.format(s="s")
    rows = fetch_all(_WORK.format(counts=counts, members=members, wall=condition), [*member_ids, *values])
    read_ahead({row[8] for row in rows})
    outer, outer_values = wall("p", "account_id")
    before = _BEFORE.format(counts=counts, members=members, wall=outer, inner=condition)
    ends: dict[tuple[str, str], date] = {}
    for journey_id, unlocks, planned_on, done_on in fetch_all(before, [*outer_values, *member_ids, *values]) if rows else ():
        on = done_on or planned_on
        if on is not None:
            for key in unlocks.split():
                if on > ends.get((journey_id, key), date.min):
                    ends[journey_id, key] = on
    house = calendar_of(time)
    return [_step_work(row, ends, house) for row in rows]


def _step_work(row: tuple[Any, ...], ends: Mapping[tuple[str, str], date], house: Calendar) -> StepWork:
    step_id, key, texts, member_id, minutes, planned_on, journey_id, journey_title, version_id, kickoff_on, account_name = row
    source = document_of_version(version_id).step(key.partition("~")[0])
    starts_on = None
    if planned_on is not None:
        after = ends.get((journey_id, key))
        starts_on = min(after + timedelta(days=1) if after is not None else kickoff_on, planned_on)
        if source is not None and source.duration is not None:
            # The days that it takes lie before its due day; what comes before them is slack.
            starts_on = max(starts_on, date.fromordinal(house.back(planned_on.toordinal() + 1, source.duration or 1)))
    return StepWork(
        step_id, key, texts, journey_id, journey_title, version_id, account_name, member_id, minutes, starts_on, planned_on
    )  # fmt: skip
