"""OCEL 2.0, event logs whose events concern several objects: JSON and XML, read and written; pure.

Berti and others: OCEL (Object-Centric Event Log) 2.0 Specification (2023). A case is an object of the type that is asked for.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from boardwell.domain.journeys.eventlogs.shapes import Bytes, LogError, Raw
from boardwell.domain.journeys.eventlogs.xes import as_attribute, fed, local, xml_parser

EPOCH = "1970-01-01T00:00:00.000Z"
"""When an attribute that never changed has its value from, as the specification has it."""


class Thing(NamedTuple):
    """One object to write. `attributes` are (name, value); `related` are (object, qualifier)."""

    id: str
    type: str
    attributes: tuple[tuple[str, str], ...] = ()
    related: tuple[tuple[str, str], ...] = ()


class Event(NamedTuple):
    """One event to write."""

    id: str
    type: str
    at: datetime
    attributes: tuple[tuple[str, str], ...] = ()
    related: tuple[tuple[str, str], ...] = ()


type Types = Mapping[str, Sequence[str]]
"""Attribute names by type of object or event; all values are strings."""


def write_json(object_types: Types, event_types: Types, things: Iterable[Thing], events: Iterable[Event]) -> Iterator[str]:
    """The log in pieces; objects come before events."""
    yield '{"objectTypes":' + _text(_declared(object_types)) + ',"eventTypes":' + _text(_declared(event_types)) + ',"objects":[\n'
    yield from _listed(_thing_as_plain(thing) for thing in things)
    yield '],"events":[\n'
    yield from _listed(_event_as_plain(event) for event in events)
    yield "]}\n"


def _declared(types: Types) -> list[dict[str, Any]]:
    return [{"name": name, "attributes": [{"name": one, "type": "string"} for one in names]} for name, names in types.items()]


def _listed(values: Iterable[dict[str, Any]]) -> Iterator[str]:
    for place, value in enumerate(values):
        yield (",\n" if place else "") + _text(value)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _thing_as_plain(thing: Thing) -> dict[str, Any]:
    return {
        "id": thing.id, "type": thing.type,
        "attributes": [{"name": name, "time": EPOCH, "value": value} for name, value in thing.attributes],
        "relationships": _related(thing.related),
    }  # fmt: skip


def _event_as_plain(event: Event) -> dict[str, Any]:
    return {
        "id": event.id, "type": event.type, "time": _moment(event.at),
        "attributes": [{"name": name, "value": value} for name, value in event.attributes],
        "relationships": _related(event.related),
    }  # fmt: skip


def _related(related: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"objectId": thing, "qualifier": qualifier} for thing, qualifier in related]


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def write_xml(object_types: Types, event_types: Types, things: Iterable[Thing], events: Iterable[Event]) -> Iterator[str]:
    """The same as XML."""
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n<log>\n<object-types>\n' + _declared_xml("object-type", object_types) + "</object-types>\n"
    )
    yield "<event-types>\n" + _declared_xml("event-type", event_types) + "</event-types>\n<objects>\n"
    for thing in things:
        attributes = "".join(
            f'<attribute name={as_attribute(name)} time="{EPOCH}">{_content(value)}</attribute>' for name, value in thing.attributes
        )
        yield (
            f"<object id={as_attribute(thing.id)} type={as_attribute(thing.type)}><attributes>{attributes}</attributes>"
            f"<objects>{_related_xml(thing.related)}</objects></object>\n"
        )
    yield "</objects>\n<events>\n"
    for event in events:
        attributes = "".join(f"<attribute name={as_attribute(name)}>{_content(value)}</attribute>" for name, value in event.attributes)
        yield (
            f'<event id={as_attribute(event.id)} type={as_attribute(event.type)} time="{_moment(event.at)}"><attributes>{attributes}</attributes>'
            f"<objects>{_related_xml(event.related)}</objects></event>\n"
        )
    yield "</events>\n</log>\n"


def _declared_xml(tag: str, types: Types) -> str:
    return "".join(
        f"<{tag} name={as_attribute(name)}><attributes>"
        + "".join(f'<attribute name={as_attribute(one)} type="string"/>' for one in names)
        + f"</attributes></{tag}>\n"
        for name, names in types.items()
    )


def _related_xml(related: Iterable[tuple[str, str]]) -> str:
    return "".join(f"<relationship object-id={as_attribute(thing)} qualifier={as_attribute(qualifier)}/>" for thing, qualifier in related)


def _content(value: str) -> str:
    quoted = as_attribute(value)
    return quoted[1:-1].replace("<", "&lt;").replace(">", "&gt;") if quoted[0] == '"' else quoted[1:-1]


class _Log(NamedTuple):
    """A log as it was read: types of objects by their ids, and events as (line, type, time, ids of objects)."""

    types: dict[str, str]
    events: list[tuple[int, str, str, list[str]]]


def object_types_of(stream: Bytes, kind: str) -> dict[str, int]:
    """Types of objects and how many there are, those that are in most events first. Raises LogError."""
    log = _read(stream, kind)
    counts: dict[str, int] = {}
    for one in log.types.values():
        counts[one] = counts.get(one, 0) + 1
    seen: dict[str, int] = dict.fromkeys(counts, 0)
    for _line, _activity, _at, ids in log.events:
        for one in {log.types[thing] for thing in ids if thing in log.types}:
            seen[one] += 1
    return {one: counts[one] for one in sorted(counts, key=lambda name: (-seen[name], counts[name], name))}


def read_ocel(stream: Bytes, kind: str, object_type: str) -> Iterator[Raw]:
    """Every event once for each object of the type that it concerns. `kind`: ocel_json or ocel_xml. Raises LogError."""
    log = _read(stream, kind)
    for line, activity, at, ids in log.events:
        for thing in dict.fromkeys(ids):
            if log.types.get(thing) == object_type:
                yield Raw(line, thing, activity, at)


def _read(stream: Bytes, kind: str) -> _Log:
    return _read_json(stream) if kind == "ocel_json" else _read_xml(stream)


def _read_json(stream: Bytes) -> _Log:
    try:
        plain = json.load(stream)
        types = {str(thing["id"]): str(thing["type"]) for thing in plain["objects"]}
        events = [
            (
                place, str(event.get("type", "")), str(event.get("time", "")),
                [str(one["objectId"]) for one in event.get("relationships", [])],
            )
            for place, event in enumerate(plain["events"], start=1)
        ]  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise LogError("broken") from None
    return _Log(types, events)


def _read_xml(stream: Bytes) -> _Log:
    stack: list[str] = []
    log = _Log({}, [])

    def started(tag: str, attributes: Mapping[str, str]) -> None:
        name = local(tag)
        if not stack and name != "log":
            raise LogError("kind")
        place = "/".join(stack[1:])
        if name == "object" and place == "objects":
            log.types[attributes.get("id", "")] = attributes.get("type", "")
        elif name == "event" and place == "events":
            log.events.append((len(log.events) + 1, attributes.get("type", ""), attributes.get("time", ""), []))
        elif name in {"relationship", "object"} and place == "events/event/objects":
            log.events[-1][3].append(attributes.get("object-id", ""))
        stack.append(name)

    def ended(_tag: str) -> None:
        stack.pop()

    for _piece in fed(xml_parser(started, ended), stream):
        pass
    return log
