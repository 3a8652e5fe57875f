"""Writes the first draft of a paper from the plan, in the active language; knows only what the customer may see."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from boardwell.domain.journeys.duedates import WorkingTime

AHEAD_DAYS = 14
"""How far “what comes next” looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One shared step of the plan. `side`: ours, customer, third. `who` is its doer's name, or the side's."""

    title: str
    stage: str
    side: str
    who: str
    is_open: bool
    is_done: bool
    planned_on: date | None
    done_on: date | None
    expect: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a paper is written from."""

    us: str
    account_name: str
    owner_name: str
    support_email: str
    summary: str
    kickoff_on: date
    live_on: date | None
    first_agreed_on: date | None
    is_live: bool
    lines: tuple[Line, ...]
    time: WorkingTime


def status_report(seen: Material, since: date, until: date) -> dict[str, str]:
    """Where the onboarding stands on `until`, what ended since `since`, what is late by how many working days, what comes."""
    open_lines = [line for line in seen.lines if not line.is_done]
    late = [line for line in open_lines if line.is_open and line.planned_on is not None and line.planned_on < until]
    soon = until + timedelta(days=AHEAD_DAYS)
    coming = [line for line in open_lines if line not in late and line.planned_on is not None and line.planned_on <= soon]
    return {
        "summary": _summary(seen, until),
        "done": _list(f"{line.title} ({_day(line.done_on)})" for line in seen.lines if line.done_on and since < line.done_on <= until),
        "late": _list(_late(line, until, seen.time) for line in late),
        "asks": _list(_with_day(line) for line in open_lines if line.side == "customer" and line.is_open),
        "next": _list(_with_day(line) for line in coming if not (line.side == "customer" and line.is_open)),
    }


def expectation_sheet(seen: Material) -> dict[str, str]:
    """What the customer gets, when, with which support, and who does what."""
    stages = dict.fromkeys(line.stage for line in seen.lines)
    ends = {
        stage: max((line.planned_on for line in seen.lines if line.stage == stage and line.planned_on), default=None) for stage in stages
    }
    timeline = [(_("Kick-off"), seen.kickoff_on), *ends.items(), (_("Go-live"), seen.live_on)]
    support = [_("%(name)s is your contact for everything.") % {"name": seen.owner_name}]
    if seen.support_email:
        support.append(_("Questions: %(email)s") % {"email": seen.support_email})
    support.append(_("We work on: %(days)s.") % {"days": ", ".join(str(WEEKDAYS[day]) for day in sorted(seen.time.weekdays))})
    return {
        "product": "\n\n".join(part for part in (seen.summary, _list(stages)) if part),
        "timeline": _list(f"{name}: {_day(day)}" for name, day in sorted((one for one in timeline if one[1]), key=lambda one: one[1] or date.max)),
        "support": _list(support),
        "performance": _list(f"**{line.title}**: {' '.join(line.expect.split())}" for line in seen.lines if line.expect)
        or _list([_("The days above are what we both work towards. If one moves, you see why.")]),
        "duties": _list(f"**{line.title}** – {line.who}, {_day(line.planned_on)}" for line in seen.lines if line.planned_on and not line.is_done),
    }  # fmt: skip


def _summary(seen: Material, until: date) -> str:
    done = sum(line.is_done for line in seen.lines)
    said = [
        ngettext("%(done)d of %(n)d step done.", "%(done)d of %(n)d steps done.", len(seen.lines)) % {"done": done, "n": len(seen.lines)}
    ]
    if seen.live_on is not None and not seen.is_live:
        said.append(_("Go-live is planned for %(day)s.") % {"day": _day(seen.live_on)})
        if seen.first_agreed_on is not None and (slip := seen.time.working_days_between(seen.first_agreed_on, seen.live_on)):
            words = (
                ngettext("That is %(n)d working day later than first planned (%(day)s).", "That is %(n)d working days later than first planned (%(day)s).", slip)
                if slip > 0
                else ngettext("That is %(n)d working day earlier than first planned (%(day)s).", "That is %(n)d working days earlier than first planned (%(day)s).", -slip)
            )  # fmt: skip
            said.append(words % {"n": abs(slip), "day": _day(seen.first_agreed_on)})
    return " ".join(said)


def _late(line: Line, until: date, time: WorkingTime) -> str:
    days = max(1, time.working_days_between(line.planned_on or until, until))
    return ngettext(
        "%(title)s: %(n)d working day late, with %(who)s", "%(title)s: %(n)d working days late, with %(who)s", days
    ) % {"title": line.title, "n": days, "who": line.who}  # fmt: skip


def _with_day(line: Line) -> str:
    return f"{line.title} ({line.who}, {_day(line.planned_on)})" if line.planned_on else f"{line.title} ({line.who})"


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _day(day: date | None) -> str:
    return date_format(day, "DATE_FORMAT") if day else ""
