"""What happened in a journey as a person reads it: titles instead of keys, names instead of ids, days and words before and after."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from boardwell.domain.accounts.models import Contact
from boardwell.domain.audit.queries import Line, entries_for_journey
from boardwell.domain.journeys.duedates import as_day
from boardwell.domain.journeys.queries.pages import fact_words, journey_head
from boardwell.domain.people.models import Member
from boardwell.domain.playbooks.document import Document
from boardwell.kernel.texts import in_language

GROUPS: dict[str, tuple[str, ...]] = {
    "steps": ("step",),
    "plan": ("journey", "plan"),
    "facts": ("fact",),
    "messages": ("message", "paper"),
    "files": ("file",),
    "people": ("contact", "account"),
}
"""Kinds of things that happen, and the first parts of their verbs in the log."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened. `changes` are (what, before, after) in words; `step_key` leads to the step if it was about one."""

    position: int
    at: datetime
    who: str
    who_kind: str
    verb: str
    words: str
    subject: str
    changes: tuple[tuple[str, str, str], ...]
    why: str
    step_key: str
    leaf_hash: str


def timeline_of(
    journey_id: str, *, group: str = "", actor_id: str = "", before_position: int | None = None, most: int = 100
) -> list[Moment]:
    """The newest first; for the team only. At most four queries, whatever the number. Raises NotFound."""
    _head, document = journey_head(journey_id)
    lines = entries_for_journey(journey_id, most=most, before_position=before_position, groups=GROUPS.get(group, ()), actor_id=actor_id)
    names = _names(lines)
    return [_moment(line, document, names) for line in lines]


def _names(lines: list[Line]) -> dict[str, str]:
    ids = {
        str(value)
        for line in lines
        for told in (line.before, line.after)
        for key, value in told.items()
        if key in {"doer", "owner"} and isinstance(value, str)
    }
    members = [one for one in ids if one.startswith("mem_")]
    contacts = [one for one in ids if one.startswith("con_")]
    names = dict(Member.objects.filter(pk__in=members).values_list("id", "name")) if members else {}
    return names | (dict(Contact.objects.filter(pk__in=contacts).values_list("id", "name")) if contacts else {})


def _moment(line: Line, document: Document, names: dict[str, str]) -> Moment:
    is_step = line.verb.startswith("step.")
    subject = line.label
    if is_step:
        subject = _step_title(document, line.label)
    elif line.verb.startswith("fact.") and line.label in document.facts:
        subject = in_language(document.facts[line.label].title) or line.label
    elif line.verb.startswith(("journey.", "plan.")):
        subject = ""
    return Moment(
        line.position, line.at, line.actor_name, line.actor_kind, line.verb, line.words, subject,
        tuple(_changes(line, document, names)), line.why, line.label if is_step else "", line.leaf_hash,
    )  # fmt: skip


def _step_title(document: Document, key: str) -> str:
    plan = document.step(key.partition("~")[0])
    return in_language(plan.title) if plan else key


def _changes(line: Line, document: Document, names: dict[str, str]) -> list[tuple[str, str, str]]:
    before, after = line.before, line.after
    found: list[tuple[str, str, str]] = []
    if line.verb.startswith("fact."):
        kind = document.facts.get(line.label)
        choices = {value: in_language(words) for value, words in kind.choices.items()} if kind else {}
        found.append((_("Value"), fact_words(before.get(line.label), choices), fact_words(after.get(line.label), choices)))
    if "planned_on" in before or "planned_on" in after:
        found.append((_("Due day"), _day(before.get("planned_on")), _day(after.get("planned_on"))))
    if "committed_on" in after:
        found.append((_("Promised"), _day(before.get("committed_on")), _day(after.get("committed_on"))))
    if "state" in before and "state" in after and before["state"] != after["state"]:
        found.append((_("State"), _state(line, before["state"]), _state(line, after["state"])))
    if "doer" in after:
        found.append((_("Who does it"), names.get(before.get("doer") or "", ""), after.get("name") or names.get(after["doer"] or "", "")))
    if "owner" in after and line.verb != "journey.started":
        found.append((_("Owner"), names.get(before.get("owner") or "", ""), after.get("name") or names.get(after["owner"], "")))
    if line.verb == "journey.started":
        found.append((_("Kick-off"), "", _day(after.get("kickoff_on"))))
        found.append((_("Steps"), "", str(after.get("steps", ""))))
    if after.get("working_days_lost"):
        days = int(after["working_days_lost"])
        found.append((_("Open days moved by"), "", ngettext("%(n)d working day", "%(n)d working days", days) % {"n": days}))
    for key, label in (("added", _("Added")), ("removed", _("Taken out"))):
        if line.verb == "plan.changed" and after.get(key):
            found.append((label, "", ", ".join(_step_title(document, one) for one in after[key])))
    if line.verb == "message.posted":
        found.append((_("For"), "", _("the team only") if after.get("visibility") == "internal" else _("the customer and the team")))
    return found


def _day(value: Any) -> str:
    day = as_day(value) if value else None
    return date_format(day, "DATE_FORMAT") if day else ""


def _state(line: Line, word: str) -> str:
    if word == "active" and not line.verb.startswith("step."):
        return _("running")
    words = {
        "locked": _("cannot start yet"), "ready": _("to do"), "active": _("begun"), "waiting": _("waiting for an answer"),
        "blocked": _("blocked"), "done": _("done"), "skipped": _("skipped"), "cancelled": _("cancelled"), "paused": _("paused"),
        "live": _("live"), "closed": _("finished"),
    }  # fmt: skip
    return words.get(word, word)
