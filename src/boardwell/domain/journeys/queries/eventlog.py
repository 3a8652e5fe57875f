"""Our own history as an event log for process mining: XES and OCEL 2.0, read and handed out in batches."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import batched
from typing import Any, NamedTuple

from boardwell.domain.audit.queries import Line, lines_of_journeys
from boardwell.domain.journeys.documents import document_of_version
from boardwell.domain.journeys.eventlogs.ocel import Event, Thing, write_json, write_xml
from boardwell.domain.journeys.eventlogs.xes import Happened, Lived, write_xes
from boardwell.domain.journeys.models import Journey, Step
from boardwell.domain.journeys.queries.lists import Filters, filtered
from boardwell.domain.playbooks.document import Document
from boardwell.kernel import tenancy

FORMATS = {
    "xes": ("xes", "application/xml"), "ocel_json": ("ocel.json", "application/json"), "ocel_xml": ("ocel.xml", "application/xml"),
}  # fmt: skip
"""Format → ending and media type."""
BATCH = 100
"""Onboardings that are read at once."""
WHOLE = "Onboarding"
"""The activity under which what happens to an onboarding as a whole stands."""
_TRANSITIONS = {
    "step.completed": "complete", "step.skipped": "manualskip", "step.reopened": "schedule", "step.blocked": "suspend",
    "step.waiting": "suspend", "step.ready": "resume", "step.saved": "start", "journey.started": "start", "journey.paused": "suspend",
    "journey.resumed": "resume", "journey.cancelled": "pi_abort", "journey.go_live": "complete",
}  # fmt: skip
"""Verbs of our log and the transitions of the standard lifecycle that they are."""
_VERBS = (*_TRANSITIONS, "step.assigned", "step.undone", "journey.undone")
OBJECT_TYPES = {
    "onboarding": ("playbook", "version", "state", "party", "name"), "account": ("name",), "step": ("key", "kind", "side", "stage", "title"),
    "person": ("kind", "name"),
}  # fmt: skip
EVENT_TYPES = {
    f"{who} {word}": ("transition",)
    for who in ("step", "onboarding")
    for word in sorted({*_TRANSITIONS.values(), "assign", "reassign", "withdraw"})
}


class _Moment(NamedTuple):
    """One thing that happened to a step, or ("" as key) to the whole."""

    at: datetime
    position: int
    key: str
    transition: str
    actor_id: str
    actor_name: str
    actor_kind: str


class _Life(NamedTuple):
    """A journey with what happened in it."""

    row: dict[str, Any]
    document: Document
    steps: dict[str, dict[str, Any]]
    moments: list[_Moment]


def log_in_pieces(kind: str, filters: Filters, *, name: str, named: bool = False) -> Iterator[str]:
    """The log of every onboarding that the filters let through. People and accounts are ids; with `named` also names.

    For the team only, internal steps included. Three queries for a hundred onboardings; OCEL reads them twice, as objects come before
    events. Raises NotAllowed.
    """
    tenancy.require("journeys:view")
    tenancy.require("lists:export")
    if kind == "xes":
        yield from write_xes(name, (_lived(life, named) for life in _lives(filters)))
        return
    write = write_json if kind == "ocel_json" else write_xml
    people: set[str] = set()
    things = (thing for life in _lives(filters) for thing in _things(life, named, people))
    events = (event for life in _lives(filters) for event in _events(life))
    yield from write(OBJECT_TYPES, EVENT_TYPES, things, events)


_ROW = ("id", "account_id", "account__name", "title", "state", "party", "version_id", "version__number", "version__playbook__key")
_STEP = (
    "journey_id",
    "key",
    "kind",
    "side",
    "role",
    "stage_key",
    "state",
    "texts",
    "opened_at",
    "ended_at",
    "ended_by_id",
    "ended_by_name",
)


def _lives(filters: Filters) -> Iterator[_Life]:
    ids = list(filtered(filters).order_by("id").values_list("id", flat=True))
    for batch in batched(ids, BATCH, strict=False):
        rows = Journey.objects.filter(pk__in=batch).order_by("id").values(*_ROW)
        steps: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        for step in Step.objects.filter(journey_id__in=batch).order_by("position").values(*_STEP):
            steps[step["journey_id"]][step["key"]] = step
        lines: dict[str, list[Line]] = defaultdict(list)
        for line in lines_of_journeys(batch, _VERBS):
            lines[line.journey_id].append(line)
        for row in rows:
            yield _Life(row, document_of_version(row["version_id"]), steps[row["id"]], _moments(steps[row["id"]], lines[row["id"]]))


def _moments(steps: dict[str, dict[str, Any]], lines: list[Line]) -> list[_Moment]:
    """In order of time. What was taken back is left out, and the taking back as well."""
    undone = {line.after.get("undoes") for line in lines if line.verb.endswith(".undone")}
    found: list[_Moment] = []
    given: set[str] = set()
    begun: set[tuple[str, str]] = set()
    for line in sorted(lines, key=lambda one: one.position):
        if line.position in undone or line.verb.endswith(".undone"):
            continue
        key = line.label if line.verb.startswith("step.") else ""
        if line.verb == "step.assigned":
            transition = "reassign" if key in given else "assign"
            given.add(key)
        else:
            transition = _TRANSITIONS[line.verb]
        if transition == "start" and key:
            if (key, "start") in begun:
                continue  # a draft that is saved again does not begin again
            begun.add((key, "start"))
        found.append(_Moment(line.at, line.position, key, transition, line.actor_id, line.actor_name, line.actor_kind))
    scheduled = {(one.key, one.at) for one in found if one.transition == "schedule"}
    for key, step in steps.items():
        if step["opened_at"] is not None and (key, step["opened_at"]) not in scheduled:
            found.append(_Moment(step["opened_at"], -1, key, "schedule", "", "", ""))
        if step["state"] == "cancelled" and step["ended_at"] is not None:
            found.append(_Moment(step["ended_at"], 1 << 60, key, "withdraw", step["ended_by_id"], step["ended_by_name"], ""))
    return sorted(found, key=lambda one: (one.at, one.position, one.key))


def _title(life: _Life, key: str) -> str:
    """The step's name in the playbook's first language, so that one log has one name for it whoever takes it out."""
    plan = life.document.step(key.partition("~")[0])
    texts = (life.steps.get(key, {}).get("texts") or {}).get("title") or (plan.title if plan else {})
    return next((text for text in texts.values() if text), key)


def _lived(life: _Life, named: bool) -> Lived:
    row = life.row
    attributes = {
        "account": row["account_id"], "playbook": row["version__playbook__key"], "version": str(row["version__number"]), "state": row["state"],
        "accountName": row["account__name"] if named else "",
    }  # fmt: skip
    return Lived(row["id"], attributes, tuple(_happened(life, one, named) for one in life.moments))


def _happened(life: _Life, one: _Moment, named: bool) -> Happened:
    step = life.steps.get(one.key, {})
    return Happened(
        _title(life, one.key) if one.key else WHOLE, one.transition, one.at, one.actor_name if named else one.actor_id, step.get("role", ""),
        one.key, {"step": one.key, "side": step.get("side", ""), "kind": step.get("kind", ""), "stage": step.get("stage_key", "")},
    )  # fmt: skip


def _things(life: _Life, named: bool, told: set[str]) -> Iterator[Thing]:
    row = life.row
    if row["account_id"] not in told:
        told.add(row["account_id"])
        yield Thing(row["account_id"], "account", (("name", row["account__name"]),) if named else ())
    steps = tuple((_step_id(life, key), "has") for key in life.steps)
    attributes = (
        ("playbook", row["version__playbook__key"]), ("version", str(row["version__number"])), ("state", row["state"]), ("party", row["party"]),
        *((("name", row["title"]),) if named else ()),
    )  # fmt: skip
    yield Thing(row["id"], "onboarding", attributes, ((row["account_id"], "of"), *steps))
    for key, step in life.steps.items():
        words = (("key", key), ("kind", step["kind"]), ("side", step["side"]), ("stage", step["stage_key"]), ("title", _title(life, key)))
        yield Thing(_step_id(life, key), "step", words)
    for one in life.moments:
        if one.actor_id and one.actor_id not in told:
            told.add(one.actor_id)
            yield Thing(one.actor_id, "person", (("kind", one.actor_kind), *((("name", one.actor_name),) if named else ())))


def _events(life: _Life) -> Iterator[Event]:
    row = life.row
    for place, one in enumerate(life.moments):
        related = [(row["id"], "in"), (row["account_id"], "for")]
        if one.key in life.steps:
            related.append((_step_id(life, one.key), "of"))
        if one.actor_id:
            related.append((one.actor_id, "by"))
        name = f"{'step' if one.key else 'onboarding'} {one.transition}"
        yield Event(f"{row['id']}-{place}", name, one.at, (("transition", one.transition),), tuple(related))


def _step_id(life: _Life, key: str) -> str:
    return f"{life.row['id']}/{key}"
