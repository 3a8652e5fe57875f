"""Busy times from any iCalendar feed."""

from datetime import UTC, datetime

import pytest

from boardwell.capabilities.meetings.feeds import busy_from

FIRST, LAST = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 30, tzinfo=UTC)


def feed(*events: str) -> bytes:
    parts = "".join(f"BEGIN:VEVENT\r\nUID:{n}@x\r\nDTSTAMP:20260101T000000Z\r\n{event}\r\nEND:VEVENT\r\n" for n, event in enumerate(events))
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{parts}END:VCALENDAR\r\n".encode()


def busy(text: bytes, zone: str = "Europe/Berlin") -> list[str]:
    return [f"{span.start:%m-%d %H:%M}–{span.end:%m-%d %H:%M}" for span in busy_from(text, FIRST, LAST, zone, ours="mtg_")]


class TestBusyTimes:
    def test_times_with_a_zone_in_utc_and_without_any(self) -> None:
        text = feed(
            "DTSTART:20260302T090000Z\r\nDTEND:20260302T100000Z",
            "DTSTART;TZID=America/New_York:20260303T090000\r\nDTEND;TZID=America/New_York:20260303T093000",
            "DTSTART:20260304T090000\r\nDURATION:PT1H",
        )
        assert busy(text) == ["03-02 09:00–03-02 10:00", "03-03 14:00–03-03 14:30", "03-04 08:00–03-04 09:00"]

    def test_a_series_keeps_its_clock_across_the_change_and_its_exceptions(self) -> None:
        text = feed(
            "DTSTART;TZID=Europe/Berlin:20260323T090000\r\nDTEND;TZID=Europe/Berlin:20260323T100000\r\nRRULE:FREQ=WEEKLY;COUNT=3\r\n"
            "EXDATE;TZID=Europe/Berlin:20260330T090000"
        )
        assert busy(text) == ["03-23 08:00–03-23 09:00", "04-06 07:00–04-06 08:00"]

    def test_a_whole_day_is_busy_from_midnight_to_midnight_at_home(self) -> None:
        assert busy(feed("DTSTART;VALUE=DATE:20260310\r\nDTEND;VALUE=DATE:20260311")) == ["03-09 23:00–03-10 23:00"]

    def test_free_cancelled_and_our_own_count_for_nothing(self) -> None:
        times = "DTSTART:20260302T090000Z\r\nDTEND:20260302T100000Z"
        text = feed(f"{times}\r\nTRANSP:TRANSPARENT", f"{times}\r\nSTATUS:CANCELLED", times).replace(b"UID:2@x", b"UID:mtg_1@boardwell")
        assert busy(text) == []

    def test_a_report_of_free_and_busy(self) -> None:
        text = (
            b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VFREEBUSY\r\nUID:a\r\nDTSTAMP:20260101T000000Z\r\n"
            b"FREEBUSY:20260302T090000Z/PT1H\r\nFREEBUSY;FBTYPE=FREE:20260303T090000Z/PT1H\r\nEND:VFREEBUSY\r\nEND:VCALENDAR\r\n"
        )
        assert busy(text) == ["03-02 09:00–03-02 10:00"]

    def test_a_series_that_repeats_every_second_is_left_out(self) -> None:
        assert busy(feed("DTSTART:20200101T000000Z\r\nDTEND:20200101T000001Z\r\nRRULE:FREQ=SECONDLY")) == []

    @pytest.mark.parametrize("text", [b"", b"<html>Sign in</html>", b"BEGIN:VCARD\r\nEND:VCARD\r\n", b"\xff\xfe\x00"])
    def test_what_is_no_calendar_is_refused(self, text: bytes) -> None:
        with pytest.raises(ValueError, match="no calendar"):
            busy(text)
