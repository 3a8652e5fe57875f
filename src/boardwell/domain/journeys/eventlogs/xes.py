"""XES, the XML of IEEE 1849-2023 for event logs: read as a stream, written as a stream; pure.

Extensions used: concept, lifecycle (standard model), time, org. Document types are refused, so no entity can grow.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from boardwell.domain.journeys.eventlogs.shapes import Bytes, LogError, Raw

_CHUNK = 1 << 16
_VALUES = frozenset({"string", "date", "int", "float", "boolean", "id"})


def xml_parser(started: Any, ended: Any) -> expat.XMLParserType:
    """A parser with these handlers that refuses document types with LogError."""

    def refuse(*_declared: object) -> None:
        raise LogError("doctype")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.StartDoctypeDeclHandler = started, ended, refuse
    return parser


def fed(parser: expat.XMLParserType, stream: Bytes) -> Iterator[None]:
    """Feeds a stream to a parser and yields after each piece, so that what was found can be handed on. Raises LogError."""
    try:
        while piece := stream.read(_CHUNK):
            parser.Parse(piece, False)
            yield
        parser.Parse(b"", True)
    except expat.ExpatError:
        raise LogError("broken") from None
    yield


def local(tag: str) -> str:
    """A tag without its prefix."""
    return tag.rpartition(":")[2]


def read_xes(stream: Bytes) -> Iterator[Raw]:
    """Every event; a trace or event without a name has "" there. Raises LogError."""
    stack: list[str] = []
    found: list[Raw] = []
    trace: dict[str, str] = {}
    event: dict[str, str] = {}
    opened: list[int] = [0]

    def started(tag: str, attributes: Mapping[str, str]) -> None:
        name = local(tag)
        if not stack and name != "log":
            raise LogError("kind")
        inside = stack[-1] if stack else ""
        if name == "trace":
            trace.clear()
        elif name == "event":
            event.clear()
            opened[0] = parser.CurrentLineNumber
        elif name in _VALUES and inside in {"trace", "event"}:
            (trace if inside == "trace" else event)[attributes.get("key", "")] = attributes.get("value", "")
        stack.append(name)

    def ended(tag: str) -> None:
        if stack.pop() == "event":
            found.append(
                Raw(
                    opened[0], trace.get("concept:name", ""), event.get("concept:name", ""), event.get("time:timestamp", ""),
                    event.get("start_timestamp", ""), event.get("lifecycle:transition", ""), event.get("concept:instance", ""),
                )
            )  # fmt: skip

    parser = xml_parser(started, ended)
    for _piece in fed(parser, stream):
        yield from found
        found.clear()


class Happened(NamedTuple):
    """One event to write. `attributes` are further strings by plain keys."""

    activity: str
    transition: str
    at: datetime
    resource: str = ""
    role: str = ""
    instance: str = ""
    attributes: Mapping[str, str] = {}


class Lived(NamedTuple):
    """One trace to write."""

    key: str
    attributes: Mapping[str, str]
    events: tuple[Happened, ...]


_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="2.0" xes.features="" xmlns="http://www.xes-standard.org/">
\t<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
\t<extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
\t<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
\t<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
\t<global scope="trace">
\t\t<string key="concept:name" value=""/>
\t</global>
\t<global scope="event">
\t\t<string key="concept:name" value=""/>
\t\t<string key="lifecycle:transition" value="complete"/>
\t\t<date key="time:timestamp" value="1970-01-01T00:00:00.000+00:00"/>
\t</global>
\t<classifier name="Activity" keys="concept:name"/>
\t<classifier name="Activity and transition" keys="concept:name lifecycle:transition"/>
"""


def write_xes(name: str, traces: Iterable[Lived]) -> Iterator[str]:
    """The log in pieces, one for each trace."""
    yield _HEAD + _string("concept:name", name, 1) + _string("lifecycle:model", "standard", 1)
    for trace in traces:
        lines = ["\t<trace>\n", _string("concept:name", trace.key, 2)]
        lines.extend(_string(key, value, 2) for key, value in trace.attributes.items() if value)
        for event in trace.events:
            lines += ["\t\t<event>\n", _string("concept:name", event.activity, 3)]
            if event.instance:
                lines.append(_string("concept:instance", event.instance, 3))
            lines.append(_string("lifecycle:transition", event.transition, 3))
            lines.append(f'\t\t\t<date key="time:timestamp" value="{event.at.isoformat(timespec="milliseconds")}"/>\n')
            for key, value in (("org:resource", event.resource), ("org:role", event.role), *event.attributes.items()):
                if value:
                    lines.append(_string(key, value, 3))
            lines.append("\t\t</event>\n")
        lines.append("\t</trace>\n")
        yield "".join(lines)
    yield "</log>\n"


def _string(key: str, value: str, depth: int) -> str:
    return f"{chr(9) * depth}<string key={quoteattr(key)} value={as_attribute(value)}/>\n"


def as_attribute(value: str) -> str:
    """A text in quotes as XML 1.0 takes it; characters that it cannot hold are left out."""
    plain = "".join(
        character
        for character in value
        if character in "\t\n\r" or " " <= character <= "\ud7ff" or "\ue000" <= character <= "\ufffd" or character >= "\U00010000"
    )
    return quoteattr(plain)
