"""Event logs without a database: what the readers take, what they leave out and name, and that what is written can be read again."""

import gzip
import io
import json
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest

from boardwell.domain.journeys.eventlogs.ocel import Event, Thing, object_types_of, read_ocel, write_json, write_xml
from boardwell.domain.journeys.eventlogs.reading import kind_of, rows_in, survey
from boardwell.domain.journeys.eventlogs.shapes import Fault, LogError, Raw
from boardwell.domain.journeys.eventlogs.tracing import traces_of
from boardwell.domain.journeys.eventlogs.xes import Happened, Lived, write_xes

MAPPING = {"case": "Case", "activity": "Activity", "at": "Done"}


def log(text: str, mapping: dict[str, str] = MAPPING) -> tuple:
    return traces_of(rows_in(io.BytesIO(text.encode()), mapping))


def at(day: int, hour: int = 9) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def test_a_csv_of_any_order_comes_to_cases_in_order_of_time() -> None:
    traces, faults = log("Case;Activity;Done\nb;Two;2026-03-04 09:00:00\na;One;2026-03-02T09:00:00Z\nb;One;2026-03-03T10:00:00+01:00\n")
    assert [(trace.key, [(done.activity, done.at) for done in trace.done]) for trace in traces] == [
        ("a", [("One", at(2))]),
        ("b", [("One", at(3)), ("Two", at(4))]),
    ]
    assert faults == []


@pytest.mark.parametrize("text", ["03.03.2026 09:00", "2026/03/03 09:00:00", "03/03/2026 09:00", "2026-03-03T09:00Z"])
def test_usual_ways_to_write_an_instant_are_read(text: str) -> None:
    traces, faults = log(f"Case,Activity,Done\na,One,{text}\na,Two,{text.replace('03', '04', 1)}\n")
    assert (traces[0].done[0].at, faults) == (at(3), [])


def test_rows_that_cannot_be_used_are_named_by_line_and_the_others_come_in() -> None:
    rows = "Case,Activity,Done,Begun\n,One,2026-03-02,\na,,2026-03-02,\na,One,yesterday,\na,One,2026-03-02,2026-03-05\na,Two,2026-03-03,2026-03-02\n"
    traces, faults = log(rows, {**MAPPING, "began_at": "Begun"})
    assert faults == [
        Fault(2, "case", ""), Fault(3, "activity", ""), Fault(4, "time", "yesterday"), Fault(5, "order", "2026-03-05 > 2026-03-02"),
    ]  # fmt: skip
    assert [(done.activity, done.began_at, done.at) for done in traces[0].done] == [
        ("Two", datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC))
    ]


def test_starts_are_matched_with_ends_and_what_lies_between_says_nothing() -> None:
    rows = [
        Raw(1, "a", "Check", "2026-03-02T09:00Z", transition="start"), Raw(2, "a", "Check", "2026-03-02T10:00Z", transition="suspend"),
        Raw(3, "a", "Check", "2026-03-05T09:00Z", transition="COMPLETE"), Raw(4, "a", "Skip", "2026-03-06T09:00Z", transition="manualskip"),
    ]  # fmt: skip
    traces, _faults = traces_of(rows)
    assert [(done.activity, done.began_at, done.at) for done in traces[0].done] == [("Check", at(2), at(5)), ("Skip", None, at(6))]


def test_what_is_written_as_xes_is_read_again_as_it_was() -> None:
    happened = (
        Happened(
            "Sign <this> & “that”\x07", "complete", at(3), resource="mem_1", role="lead", instance="sign", attributes={"side": "customer"}
        ),
    )
    text = "".join(write_xes("acme", [Lived("jrn_1", {"playbook": "saas"}, (Happened("Open", "schedule", at(2)), *happened))]))
    assert list(rows_in(io.BytesIO(text.encode()), {})) == [
        Raw(22, "jrn_1", "Open", "2026-03-02T09:00:00.000+00:00", "", "schedule", ""),
        Raw(27, "jrn_1", "Sign <this> & “that”", "2026-03-03T09:00:00.000+00:00", "", "complete", "sign"),
    ]
    root = ET.fromstring(text)  # another reader than ours
    space = "{http://www.xes-standard.org/}"
    assert [extension.get("prefix") for extension in root.iter(f"{space}extension")] == ["concept", "lifecycle", "time", "org"]
    attributes = {one.get("key"): one.get("value") for one in root.findall(f"{space}trace/{space}event")[1]}
    assert attributes == {
        "concept:name": "Sign <this> & “that”", "concept:instance": "sign", "lifecycle:transition": "complete",
        "time:timestamp": "2026-03-03T09:00:00.000+00:00", "org:resource": "mem_1", "org:role": "lead", "side": "customer",
    }  # fmt: skip


TYPES = ({"onboarding": ["state"], "account": []}, {"done": ["word"]})
THINGS = [Thing("j1", "onboarding", (("state", "live <&>"),), (("a1", "of"),)), Thing("j2", "onboarding"), Thing("a1", "account")]
EVENTS = [
    Event("e1", "done", at(2), (("word", "ok"),), (("j1", "in"), ("a1", "for"))),
    Event("e2", "done", at(4), (), (("j2", "in"), ("j1", "in"))),
]


def test_what_is_written_as_ocel_is_read_again_in_both_forms() -> None:
    for kind, write in (("ocel_json", write_json), ("ocel_xml", write_xml)):
        raw = "".join(write(*TYPES, THINGS, EVENTS)).encode()
        assert kind_of(raw[:4096]) == kind
        assert object_types_of(io.BytesIO(raw), kind) == {"onboarding": 2, "account": 1}
        assert [(row.case, row.activity, row.at) for row in read_ocel(io.BytesIO(raw), kind, "onboarding")] == [
            ("j1", "done", "2026-03-02T09:00:00.000Z"), ("j2", "done", "2026-03-04T09:00:00.000Z"), ("j1", "done", "2026-03-04T09:00:00.000Z"),
        ]  # fmt: skip
    plain = json.loads("".join(write_json(*TYPES, THINGS, EVENTS)))
    assert plain["objects"][0]["attributes"] == [{"name": "state", "time": "1970-01-01T00:00:00.000Z", "value": "live <&>"}]
    root = ET.fromstring("".join(write_xml(*TYPES, THINGS, EVENTS)))
    assert root.findtext("objects/object/attributes/attribute") == "live <&>"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE log [<!ENTITY a 'b'>]><log xes.version='1.0'>&a;</log>", "doctype"),
        (b"<log xes.version='1.0'><trace><event>", "broken"),
        (b"<xes/>", "kind"),
        (b"<log xes.version='2.0'></log>", "empty"),
        (b'{"events": 3}', "broken"),
        (b'{"objects": [], "events": []}', "empty"),
        (gzip.compress(b"<log xes.version='1.0'/>", mtime=0)[:-9], "broken"),
    ],
)
def test_what_is_no_event_log_is_refused_by_name(content: bytes, code: str) -> None:
    with pytest.raises(LogError) as refused:
        survey(io.BytesIO(content))
    assert refused.value.code == code


def test_a_packed_log_is_read_like_any_other_and_columns_are_guessed() -> None:
    packed = gzip.compress(b"CaseID,ActivityID,CompleteTimestamp\n2,1,2012-04-03 16:55:38\n2,8,2012-04-03 16:55:53\n", mtime=0)
    seen = survey(io.BytesIO(packed))
    assert (seen.kind, seen.guess) == ("csv", {"case": "CaseID", "activity": "ActivityID", "at": "CompleteTimestamp"})
    traces, _faults = traces_of(rows_in(io.BytesIO(packed), dict(seen.guess or {})))
    assert [done.activity for done in traces[0].done] == ["1", "8"]
