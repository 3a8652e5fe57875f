"""Writes plans as TaskJuggler projects and reads its dates back: the other opinion on our schedule.

TaskJuggler knows finish-start and start-start with gaps. The rest is built from its own parts, never from our results: a link that
holds up the end becomes a helper that is scheduled backwards (`alap`) from the instant; an overlap is a helper scheduled backwards
over the lag; “the first end of a worked day from here on” is the first slot of a resource that works one day later than the party.
"""

import csv
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from boardwell.domain.journeys.duedates import WorkingTime
from boardwell.domain.journeys.schedule import Activity

PROGRAM = shutil.which("tj3")
MONTHS = 14
BEFORE = 60
"""Days before the plans begin in which an overlap may look back."""
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan to be compared; its calendars' first is the project's, in which working lags count."""

    activities: tuple[Activity, ...]
    times: tuple[WorkingTime, ...]
    today: int | None = None


@dataclass(slots=True)
class _Text:
    """A project being written. `teams`: the people of each working time, who inherit it."""

    start_on: int
    teams: dict[tuple[WorkingTime, int], list[str]] = field(default_factory=dict)
    tasks: list[str] = field(default_factory=list)
    count: int = 0

    def name(self) -> str:
        self.count += 1
        return f"x{self.count}"

    def day(self, ordinal: int) -> str:
        return date.fromordinal(ordinal).isoformat()

    def resource(self, time: WorkingTime, shifted: int) -> str:
        """Somebody of this party; everybody does one thing only, because a plan is not held up by who is free."""
        name = "r" + self.name()
        self.teams.setdefault((time, shifted), []).append(name)
        return name

    def resources(self) -> list[str]:
        found = []
        for number, ((time, shifted), names) in enumerate(self.teams.items()):
            worked = [_WEEKDAYS[(day + shifted) % 7] for day in time.weekdays]
            lines = [f"workinghours {', '.join(worked)} 0:00 - 24:00"]
            if off := [day for day in _WEEKDAYS if day not in worked]:
                lines.append(f"workinghours {', '.join(off)} off")
            if off_days := days_off(time, self.start_on):
                lines.append("leaves " + ", ".join(f"special {self.day(day + shifted)} +1d" for day in off_days))
            lines += [f'resource {name} "{name}"' for name in names]
            found.append(f'resource team{number} "team" {{\n  ' + "\n  ".join(lines) + "\n}")
        return found

    def task(self, *lines: str, name: str = "") -> str:
        name = name or self.name()
        self.tasks.append(f'task {name} "{name}" {{ {" ".join(lines)} }}')
        return name

    def effort(self, time: WorkingTime, days: int, *lines: str, name: str = "", shifted: int = 0) -> str:
        return self.task(f"effort {days}d", f"allocate {self.resource(time, shifted)}", *lines, name=name)


def days_off(time: WorkingTime, start_on: int) -> list[int]:
    """Days of the working week on which no work is done, for as long as the project lasts."""
    every = range(start_on - BEFORE - 40, start_on - BEFORE + 30 * MONTHS)
    return [day for day in every if date.fromordinal(day).weekday() in time.weekdays and not time.is_worked(date.fromordinal(day))]


def project_text(plans: Sequence[Plan], start_on: int) -> str:
    """One project that holds all plans; they share the first calendar."""
    house = plans[0].times[0]
    text = _Text(start_on)
    for number, plan in enumerate(plans):
        _write(text, plan, f"p{number}_")
    worked = [_WEEKDAYS[day] for day in house.weekdays]
    off = [day for day in _WEEKDAYS if day not in worked]
    hours = f"workinghours {', '.join(worked)} 0:00 - 24:00" + (f"\n  workinghours {', '.join(off)} off" if off else "")
    head = (
        f'project oracle "oracle" {text.day(start_on - BEFORE)} +{MONTHS}m {{\n  timezone "UTC"\n  timingresolution 60min\n  dailyworkinghours 24\n'
        f"  {hours}\n}}"
    )
    report = 'taskreport out "out" { formats csv columns id, start, end timeformat "%Y-%m-%d-%H" }'
    return "\n".join([head, *text.resources(), *text.tasks, report]) + "\n"


def _depends(names: Sequence[str]) -> str:
    return "depends " + ", ".join(f"!{name}" for name in dict.fromkeys(names))


def _write(text: _Text, plan: Plan, prefix: str) -> None:
    by_key = {activity.key: activity for activity in plan.activities}
    house = plan.times[0]
    has_days_off = bool(days_off(house, text.start_on))
    origin = text.task(f"start {text.day(text.start_on)}")
    now = text.task(f"start {text.day(plan.today + 1)}") if plan.today is not None else ""

    def instant(link_type: str, other: str, lag: int, unit: str) -> str:
        """A milestone at the instant that a link speaks of."""
        at = f"{prefix}{other}_end" if link_type in {"fs", "ff"} else f"{prefix}{other}_begin"
        if lag == 0:
            return at
        if unit == "calendar":
            return text.task(f"depends !{at} {{ gapduration {lag}d }}")
        if lag > 0 and has_days_off:  # the project's own days off would be everybody's, so a lag over them is somebody's work
            return text.effort(house, lag, f"depends !{at}")
        if lag > 0:
            return text.task(f"depends !{at} {{ gaplength {lag}d }}")
        back = text.effort(house, -lag, "scheduling alap", f"precedes !{at}")
        return text.task(f"depends !{back} {{ onstart }}")

    def rounded(at: str, time: WorkingTime) -> str:
        """A milestone at the first end of a worked day from `at` on."""
        first = text.effort(time, 1, f"depends !{at}", shifted=1)
        return text.task(f"depends !{first} {{ onstart }}")

    for activity in plan.activities:
        name, time = prefix + activity.key, plan.times[activity.calendar]
        begins, ends = [origin], []
        for link in activity.links:
            if link.before in by_key:
                (begins if link.type in {"fs", "ss"} else ends).append(instant(link.type, link.before, link.lag, link.unit))
        if activity.not_before is not None:
            begins.append(text.task(f"start {text.day(activity.not_before)}"))
        if activity.due_on is not None:
            ends.append(text.task(f"start {text.day(activity.due_on + 1)}"))
        if activity.finished_on is not None:
            assert activity.started_on is not None
            text.task(f"start {text.day(activity.started_on)}", name=f"{name}_begin")
            text.task(f"start {text.day(activity.finished_on + 1)}", name=f"{name}_end")
            continue
        if not activity.duration:
            if activity.fixed_on is not None:
                waits = [text.task(f"start {text.day(activity.fixed_on + 1)}")]
            elif activity.started_on is not None:
                waits = [text.task(f"start {text.day(activity.started_on)}"), *ends]
            else:
                waits = begins + ends
            if now:
                waits.append(now)
            text.task(_depends(waits), name=f"{name}_begin")
            text.task(f"depends !{name}_begin", name=f"{name}_end")
            continue
        until: list[str] = []
        if activity.fixed_on is not None:
            work = text.effort(time, activity.duration, "scheduling alap", f"end {text.day(activity.fixed_on + 1)}")
            until.append(text.task(f"start {text.day(activity.fixed_on + 1)}"))
        elif activity.started_on is not None:
            work = text.effort(time, activity.duration, f"start {text.day(activity.started_on)}")
            until += [rounded(one, time) for one in ends]
        else:
            for one in ends:
                back = text.effort(time, activity.duration, "scheduling alap", f"precedes !{rounded(one, time)}")
                begins.append(text.task(f"depends !{back} {{ onstart }}"))
            work = text.effort(time, activity.duration, _depends(begins))
        if now:
            until.append(rounded(now, time))
        if activity.started_on is not None and activity.fixed_on is None:
            text.task(f"start {text.day(activity.started_on)}", name=f"{name}_begin")
        else:
            text.task(f"depends !{work} {{ onstart }}", name=f"{name}_begin")
        text.task(_depends([work, *until]), name=f"{name}_end")


def dates_of(plans: Sequence[Plan], start_on: int, folder: Path) -> list[Mapping[str, tuple[int, int]]]:
    """TaskJuggler's (start, finish) instants of every step of every plan. Raises RuntimeError with what it said."""
    assert PROGRAM is not None
    (folder / "oracle.tjp").write_text(project_text(plans, start_on), encoding="utf-8")
    done = subprocess.run(
        [PROGRAM, "--no-color", "--silent", "oracle.tjp"], cwd=folder, capture_output=True, text=True, check=False, timeout=600
    )
    if done.returncode != 0 or not (folder / "out.csv").exists():
        raise RuntimeError((done.stdout + done.stderr)[-3000:])
    found: list[dict[str, list[int]]] = [{} for _plan in plans]
    with (folder / "out.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter=";"):
            plan, _underscore, rest = row["Id"].removeprefix("p").partition("_")
            key, _underscore, end = rest.rpartition("_")
            if row["Id"].startswith("p") and end in {"begin", "end"}:
                at = datetime.strptime(row["Start"], "%Y-%m-%d-%H").replace(tzinfo=None)  # noqa: DTZ007 - a day of the plan
                assert at.hour == 0
                found[int(plan)].setdefault(key, [0, 0])[end == "end"] = at.toordinal()
    return [{key: (pair[0], pair[1]) for key, pair in plan.items()} for plan in found]
