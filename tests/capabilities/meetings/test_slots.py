"""When a meeting can be: hours, days off, buffers, notice, several hosts, nights in which the clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from boardwell.capabilities.meetings.slots import Host, Slot, Span, Wish, cells_of, slot_at, slots, spans_of

NINE_TO_ELEVEN = {day: [(time(9), time(11))] for day in range(5)}
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def host(name: str = "mem_a", zone: str = "UTC", **more: object) -> Host:
    return Host(**{"id": name, "zone": zone, "hours": NINE_TO_ELEVEN, **more})  # type: ignore[arg-type]


def begins(found: list[Slot], zone: str = "UTC") -> list[str]:
    return [slot.start.astimezone(ZoneInfo(zone)).strftime("%d %H:%M") for slot in found]


def wish(**more: object) -> Wish:
    return Wish(**{"minutes": 60, "notice_hours": 0, "horizon_days": 1, **more})  # type: ignore[arg-type]


class TestOneHost:
    def test_slots_fill_the_hours_and_never_run_past_their_end(self) -> None:
        assert begins(slots([host()], wish(), MONDAY)) == ["02 09:00", "02 09:30", "02 10:00"]
        assert slots([host()], wish(), MONDAY)[0].end == MONDAY.replace(hour=10)

    def test_the_weekend_a_day_off_and_a_public_holiday_have_none(self) -> None:
        week = wish(horizon_days=7, minutes=120)
        assert begins(slots([host(closed={date(2026, 3, 3), date(2026, 3, 5)})], week, MONDAY)) == ["02 09:00", "04 09:00", "06 09:00"]

    def test_notice_is_kept_to_the_minute(self) -> None:
        assert begins(slots([host()], wish(notice_hours=2), MONDAY.replace(hour=7, minute=31))) == ["02 10:00"]

    def test_nothing_begins_at_or_after_the_horizon(self) -> None:
        assert begins(slots([host()], wish(horizon_days=1), MONDAY.replace(hour=9, minute=30)))[-1] == "03 09:00"

    def test_what_is_taken_is_kept_clear_with_the_longer_buffer_on_both_sides(self) -> None:
        taken = [Span(MONDAY.replace(hour=12), MONDAY.replace(hour=13))]
        all_day = {0: [(time(9), time(17))]}
        free = slots([host(hours=all_day, taken=taken, before_minutes=15, after_minutes=30)], wish(), MONDAY)
        assert begins(free) == ["02 09:00", "02 09:30", "02 10:00", "02 10:30", "02 13:30", "02 14:00", "02 14:30", "02 15:00", "02 15:30",
                                "02 16:00"]  # fmt: skip

    def test_a_busy_time_that_is_not_on_the_grid_takes_every_cell_that_it_touches(self) -> None:
        taken = [Span(MONDAY.replace(hour=9, minute=50), MONDAY.replace(hour=9, minute=55))]
        assert begins(slots([host(taken=taken)], wish(minutes=45), MONDAY)) == ["02 09:00", "02 10:00"]

    def test_hours_until_midnight_end_at_midnight(self) -> None:
        assert begins(slots([host(hours={0: [(time(23), time(0))]})], wish(horizon_days=2), MONDAY)) == ["02 23:00"]


class TestClocksThatChange:
    def test_in_the_night_of_spring_the_missing_hour_is_no_slot_and_the_meeting_lasts_its_length(self) -> None:
        night = {6: [(time(1), time(5))]}
        found = slots([host(zone="Europe/Berlin", hours=night)], wish(), datetime(2026, 3, 28, 20, tzinfo=UTC))
        assert begins(found, "Europe/Berlin") == ["29 01:00", "29 01:30", "29 03:00", "29 03:30", "29 04:00"]
        assert {slot.end - slot.start for slot in found} == {timedelta(hours=1)}

    def test_in_the_night_of_autumn_the_hour_that_comes_twice_is_offered_twice(self) -> None:
        night = {6: [(time(2), time(3))]}
        found = slots([host(zone="Europe/Berlin", hours=night)], wish(minutes=30), datetime(2026, 10, 24, 20, tzinfo=UTC))
        assert [slot.start for slot in found] == [datetime(2026, 10, 25, 0, 0, tzinfo=UTC) + n * timedelta(minutes=30) for n in range(4)]

    def test_nine_o_clock_stays_nine_o_clock_across_the_change(self) -> None:
        found = slots([host(zone="Europe/Berlin")], wish(minutes=120, horizon_days=5), datetime(2026, 3, 26, tzinfo=UTC))
        assert begins(found, "Europe/Berlin") == ["26 09:00", "27 09:00", "30 09:00"]
        assert begins(found) == ["26 08:00", "27 08:00", "30 07:00"]

    def test_slots_begin_on_the_half_hour_of_a_clock_that_is_off_by_a_quarter(self) -> None:
        found = slots([host(zone="Asia/Kathmandu")], wish(), MONDAY)
        assert begins(found, "Asia/Kathmandu") == ["02 09:00", "02 09:30", "02 10:00"]


class TestSeveralHosts:
    def test_together_needs_everybody_at_the_same_instant(self) -> None:
        hosts = [host("mem_a"), host("mem_b", "Europe/Helsinki", hours={0: [(time(11), time(13))]})]  # 09:00–11:00 UTC
        assert [slot.host_ids for slot in slots(hosts, wish(minutes=120), MONDAY)] == [("mem_a", "mem_b")]
        assert slots([hosts[0], host("mem_b", hours={0: [(time(11), time(13))]})], wish(), MONDAY) == []

    def test_any_one_gives_each_slot_to_the_free_host_with_the_fewest_meetings(self) -> None:
        hosts = [host("mem_a", load=5), host("mem_b", load=2, taken=[Span(MONDAY.replace(hour=9), MONDAY.replace(hour=10))])]
        found = slots(hosts, wish(together=False), MONDAY)
        assert [(slot.start.hour, slot.start.minute, slot.host_ids) for slot in found] == [
            (9, 0, ("mem_a",)), (9, 30, ("mem_a",)), (10, 0, ("mem_b",)),
        ]  # fmt: skip

    def test_nobody_means_no_slot(self) -> None:
        assert slots([], wish(together=False), MONDAY) == []


class TestCells:
    def test_a_slot_is_found_again_by_its_beginning_only(self) -> None:
        assert slot_at([host()], wish(), MONDAY, MONDAY.replace(hour=9, minute=30)) is not None
        assert slot_at([host()], wish(), MONDAY, MONDAY.replace(hour=9, minute=45)) is None

    def test_neighbouring_cells_become_one_span(self) -> None:
        nine, ten = MONDAY.replace(hour=9), MONDAY.replace(hour=10)
        assert spans_of([*cells_of(nine, ten), *cells_of(ten, ten.replace(minute=15))]) == (Span(nine, ten.replace(minute=15)),)

    @given(st.integers(0, 10**6), st.integers(1, 600))
    def test_cells_cover_a_span_and_nothing_beyond_its_quarters(self, minute: int, length: int) -> None:
        start = MONDAY + timedelta(minutes=minute)
        end = start + timedelta(minutes=length)
        (covered,) = spans_of(cells_of(start, end))
        assert covered.start <= start < covered.start + timedelta(minutes=15)
        assert covered.end - timedelta(minutes=15) < end <= covered.end
