"""Calendar messages, read back by two parsers that know nothing of each other, and by the standard's own rules."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
import vobject
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from boardwell.capabilities.meetings.invites import Attendee, Invite, calendar_message

ZONES = [
    "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Kathmandu", "Australia/Lord_Howe", "Australia/Sydney", "Asia/Dhaka",
    "Africa/Casablanca", "America/Nuuk", "Europe/Dublin", "UTC", "Pacific/Chatham", "Asia/Ulaanbaatar",
]  # fmt: skip


def invite(**more: object) -> Invite:
    plain = {
        "uid": "mtg_1@boardwell", "sequence": 3, "start": datetime(2026, 7, 1, 13, tzinfo=UTC), "end": datetime(2026, 7, 1, 13, 45, tzinfo=UTC),
        "zone": "Europe/Berlin", "stamp": datetime(2026, 6, 1, 8, tzinfo=UTC), "summary": "Kick-off, ours; yours – শুরু " * 4,
        "description": "First line\nSecond, with a comma", "place": "Room 1; by the door", "url": "https://on.example/p/jrn_1/",
        "organizer": Attendee('The "House"', "house@on.example"), "attendees": [Attendee("Æsa, Köhler", "aesa@their.example"), Attendee("", "b@on.example")],
    }  # fmt: skip
    return Invite(**{**plain, **more})  # type: ignore[arg-type]


def both(text: str) -> tuple[icalendar.Event, vobject.base.Component]:
    return icalendar.Calendar.from_ical(text).walk("VEVENT")[0], vobject.readOne(text).vevent


class TestTwoParsers:
    def test_both_read_the_same_words_times_people_and_number(self) -> None:
        wanted = invite()
        ours, theirs = both(calendar_message(wanted, "REQUEST"))
        assert (str(ours["SUMMARY"]), theirs.summary.value) == (wanted.summary, wanted.summary)
        assert (str(ours["DESCRIPTION"]), theirs.description.value) == (wanted.description, wanted.description)
        assert (str(ours["LOCATION"]), theirs.location.value) == (wanted.place, wanted.place)
        assert (ours["DTSTART"].dt, theirs.dtstart.value.astimezone(UTC)) == (wanted.start, wanted.start)
        assert (ours["DTEND"].dt, theirs.dtend.value.astimezone(UTC)) == (wanted.end, wanted.end)
        assert (int(ours["SEQUENCE"]), theirs.sequence.value, str(ours["UID"]), theirs.uid.value) == (3, "3", wanted.uid, wanted.uid)
        assert [str(each) for each in ours["ATTENDEE"]] == ["mailto:aesa@their.example", "mailto:b@on.example"]
        assert [each.value for each in theirs.attendee_list] == ["mailto:aesa@their.example", "mailto:b@on.example"]
        assert theirs.attendee_list[0].params["CN"] == ["Æsa, Köhler"]
        assert (str(ours["ORGANIZER"]), theirs.organizer.value) == ("mailto:house@on.example", "mailto:house@on.example")

    @pytest.mark.parametrize(
        ("method", "status", "guests"), [("REQUEST", "CONFIRMED", 2), ("CANCEL", "CANCELLED", 2), ("PUBLISH", "CONFIRMED", 0)]
    )
    def test_the_method_says_what_it_is(self, method: str, status: str, guests: int) -> None:
        text = calendar_message(invite(), method)
        assert vobject.readOne(text).method.value == method
        ours, theirs = both(text)
        assert (str(ours["STATUS"]), theirs.status.value) == (status, status)
        assert len(theirs.contents.get("attendee", [])) == guests

    def test_lines_end_in_crlf_and_hold_75_bytes_at_most(self) -> None:
        raw = calendar_message(invite(), "REQUEST").encode()
        assert raw.count(b"\n") == raw.count(b"\r\n")
        assert max(len(line) for line in raw.split(b"\r\n")) <= 75


class TestTheRulesOfTheZone:
    @pytest.mark.parametrize("zone", ZONES)
    def test_a_reader_without_tables_of_its_own_finds_the_instant_in_every_month(self, zone: str) -> None:
        for month in range(1, 13):
            start = datetime(2027, month, 10, 14, 30, tzinfo=UTC)
            text = calendar_message(invite(zone=zone, start=start, end=start + timedelta(minutes=30)), "REQUEST")
            assert read_by_the_standard(text) == start, (zone, month)

    def test_berlin_has_the_rule_that_everybody_writes(self) -> None:
        text = calendar_message(invite(), "REQUEST")
        assert "BEGIN:DAYLIGHT\r\nDTSTART:20260329T020000\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\n" in text
        assert "BEGIN:STANDARD\r\nDTSTART:20261025T030000\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\n" in text

    def test_where_clocks_never_change_there_is_one_offset(self) -> None:
        text = calendar_message(invite(zone="Asia/Dhaka"), "REQUEST")
        assert (text.count("BEGIN:STANDARD"), text.count("BEGIN:DAYLIGHT"), "TZOFFSETTO:+0600" in text) == (1, 0, True)

    @settings(max_examples=60, deadline=None)
    @given(st.sampled_from(ZONES), st.datetimes(datetime(2025, 1, 1), datetime(2035, 1, 1)))  # noqa: DTZ001 - hypothesis wants them naive
    def test_any_quarter_hour_is_read_back(self, zone: str, at: datetime) -> None:
        start = at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0, tzinfo=UTC)
        local = start.astimezone(ZoneInfo(zone))
        if local.replace(fold=1).utcoffset() != local.replace(fold=0).utcoffset():
            return  # a time that comes twice means its first coming (RFC 5545, 3.3.5)
        text = calendar_message(invite(zone=zone, start=start, end=start + timedelta(minutes=15)), "REQUEST")
        assert read_by_the_standard(text) == start


def read_by_the_standard(text: str) -> datetime:
    """DTSTART as an instant by the VTIMEZONE alone: the latest onset by the clock before it (RFC 5545, 3.6.5)."""
    calendar = icalendar.Calendar.from_ical(text)
    if not calendar.walk("VTIMEZONE"):
        return calendar.walk("VEVENT")[0]["DTSTART"].dt
    line = next(line for line in text.split("\r\n") if line.startswith("DTSTART;"))
    local = datetime.strptime(line.partition(":")[2], "%Y%m%dT%H%M%S")  # noqa: DTZ007 - by the clock of the zone
    best: tuple[datetime, timedelta] | None = None
    for part in calendar.walk("VTIMEZONE")[0].subcomponents:
        begin = part["DTSTART"].dt
        onsets = [begin]
        if "RRULE" in part:
            onsets = list(rrulestr(part["RRULE"].to_ical().decode(), dtstart=begin).between(begin, local + timedelta(days=1), inc=True))
        for onset in onsets:
            if onset <= local and (best is None or onset > best[0]):
                best = onset, part["TZOFFSETTO"].td
    assert best is not None
    return (local - best[1]).replace(tzinfo=UTC)
