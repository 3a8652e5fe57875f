"""Booking, moving, cancelling, missing and holding a meeting, by both sides and at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

import icalendar
import pytest
import time_machine
import vobject
from django.db import connection
from django.urls import reverse

from boardwell.capabilities.meetings import booking
from boardwell.capabilities.meetings.hours import HoursOrder, change_hours, hours_of_member, read_feed
from boardwell.capabilities.meetings.models import Meeting, MemberHours, TakenQuarter
from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.journeys.handle import handle_for
from boardwell.domain.journeys.models import Step
from boardwell.domain.journeys.queries.pages import journey_page
from boardwell.domain.journeys.tasks import forecast_anew
from boardwell.domain.people.actions.invite_member import invite_member
from boardwell.domain.people.models import Member
from boardwell.kernel.errors import Conflict, Invalid, NotAllowed, Unavailable
from boardwell.kernel.models import Mail
from boardwell.kernel.outgoing.mail import composed
from boardwell.kernel.tasks.worker import run_until_idle
from boardwell.kit.testing import Bench, playbook_of, signed_in

MONDAY = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
SETTINGS = {"minutes": 60, "notice_hours": 24, "horizon_days": 7, "agenda": {"en": "1. Who is who"}, "place": {"en": "Room 1"}}


@pytest.fixture(autouse=True)
def _early_on_a_monday():
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def bench(db) -> Bench:
    return Bench("meet")


@pytest.fixture
def journey_id(bench) -> str:
    return bench.start(playbook_of("meeting", SETTINGS))


def book(bench: Bench, journey_id: str, number: int = 0, zone: str = "Asia/Dhaka") -> datetime:
    with bench.as_contact():
        handle = handle_for(journey_id, "step-1")
        start = booking.open_slots(handle)[number].start
        booking.book(handle, start, time_zone=zone)
    return start


def meetings(bench: Bench) -> list[tuple[str, str, int]]:
    with bench.as_member():
        return [(one.state, f"{one.start_at:%d %H:%M}", one.sequence) for one in Meeting.objects.order_by("start_at", "-state")]


def mails(bench: Bench) -> list[Mail]:
    run_until_idle()
    return list(Mail.objects.filter(organisation_id=bench.organisation_id, purpose="meeting").order_by("created_at", "id"))


class TestCustomerBooks:
    def test_a_free_slot_becomes_a_meeting_with_its_quarters_and_a_line_in_the_log(self, bench, journey_id) -> None:
        assert book(bench, journey_id) == datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
        assert meetings(bench) == [("booked", "03 09:00", 0)]
        with bench.as_member():
            assert TakenQuarter.objects.filter(member=bench.member).count() == 4
            entry = AuditEntry.objects.get(verb="meeting.booked")
            assert (entry.actor_id, "2026-03-03T09:00:00+00:00" in str(entry.body)) == (bench.contact.id, True)
            assert Step.objects.get(journey_id=journey_id).state == "active"

    def test_a_time_that_was_never_offered_is_refused_and_nothing_happens(self, bench, journey_id) -> None:
        for start in (MONDAY + timedelta(hours=3), datetime(2026, 3, 3, 9, 15, tzinfo=UTC), datetime(2026, 3, 7, 9, tzinfo=UTC)):
            with bench.as_contact(), pytest.raises(Invalid):
                booking.book(handle_for(journey_id, "step-1"), start, time_zone="UTC")
        assert (meetings(bench), Mail.objects.filter(purpose="meeting").count()) == ([], 0)
        with bench.as_member():
            assert Step.objects.get(journey_id=journey_id).state == "ready"

    def test_what_one_took_the_next_is_not_offered(self, bench, journey_id) -> None:
        start = book(bench, journey_id)
        second = bench.start(playbook_of("meeting", SETTINGS, key="other"), "other")
        with bench.as_contact():
            offered = [slot.start for slot in booking.open_slots(handle_for(second, "step-1"))]
        assert offered[0] == start + timedelta(hours=1)

    def test_moving_frees_the_old_time_and_raises_the_number(self, bench, journey_id) -> None:
        book(bench, journey_id)
        book(bench, journey_id, 2)
        assert meetings(bench) == [("booked", "03 10:00", 1)]
        with bench.as_member():
            assert TakenQuarter.objects.count() == 4

    def test_cancelling_frees_the_time_and_leaves_the_step_open(self, bench, journey_id) -> None:
        book(bench, journey_id)
        with bench.as_contact():
            booking.cancel(handle_for(journey_id, "step-1"), "Ill")
            with pytest.raises(Conflict):
                booking.cancel(handle_for(journey_id, "step-1"))
        assert meetings(bench) == [("cancelled", "03 09:00", 1)]
        with bench.as_member():
            assert (TakenQuarter.objects.count(), Step.objects.get(journey_id=journey_id).state) == (0, "active")

    def test_the_customer_neither_holds_nor_misses_nor_places_it(self, bench, journey_id) -> None:
        start = book(bench, journey_id)
        with bench.as_contact(), time_machine.travel(start + timedelta(hours=2)):
            handle = handle_for(journey_id, "step-1")
            with pytest.raises(NotAllowed):
                booking.mark_missed(handle)
            with pytest.raises(NotAllowed):
                booking.write_up(handle, "x", [], ends=True)
            with pytest.raises(NotAllowed):
                booking.place(handle, start, host_ids=[bench.member.id], time_zone="UTC")
        assert meetings(bench) == [("booked", "03 09:00", 0)]


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_want_one_slot_at_once_one_gets_it() -> None:
    bench = Bench("race")
    bench.start(playbook_of("meeting", SETTINGS, key="race-0"), "race-0")
    journeys = [bench.start(playbook_of("meeting", SETTINGS, key=f"race-{n}"), f"race-{n}") for n in range(1, 9)]
    with bench.as_contact():
        start = booking.open_slots(handle_for(journeys[0], "step-1"))[0].start
    barrier = Barrier(len(journeys))

    def grab(journey_id: str) -> str:
        try:
            with bench.as_contact():
                handle = handle_for(journey_id, "step-1")
                barrier.wait(timeout=30)
                booking.book(handle, start, time_zone="UTC")
        except Invalid:
            return "taken"
        finally:
            connection.close()
        return "booked"

    with ThreadPoolExecutor(len(journeys)) as pool:
        assert sorted(pool.map(grab, journeys)) == ["booked"] + ["taken"] * 7
    with bench.as_member():
        assert (Meeting.objects.count(), TakenQuarter.objects.count()) == (1, 4)


def test_the_database_itself_refuses_a_quarter_twice(bench, journey_id, monkeypatch) -> None:
    """Were the look at what is taken wrong, the constraint would still hold."""
    start = book(bench, journey_id)
    second = bench.start(playbook_of("meeting", SETTINGS, key="other"), "other")
    from boardwell.capabilities.meetings.slots import Slot

    monkeypatch.setattr(booking, "slot_at", lambda *_: Slot(start, start + timedelta(hours=1), (bench.member.id,)))
    with bench.as_contact(), pytest.raises(Invalid, match="just taken"):
        booking.book(handle_for(second, "step-1"), start, time_zone="UTC")
    assert meetings(bench) == [("booked", "03 09:00", 0)]


class TestMail:
    def test_host_and_customer_get_the_entry_that_two_parsers_read(self, bench, journey_id) -> None:
        start = book(bench, journey_id)
        found = {mail.recipient: mail for mail in mails(bench)}
        assert set(found) == {"m@meet.example", "c@meet.example"}
        message = composed(found["c@meet.example"]).message()
        part = next(each for each in message.walk() if each.get_content_type() == "text/calendar")
        assert part.get_param("method") == "REQUEST"
        assert [each.get_filename() for each in message.walk() if each.get_filename()] == ["invite.ics"]
        text = part.get_payload(decode=True).decode()
        ours, theirs = icalendar.Calendar.from_ical(text).walk("VEVENT")[0], vobject.readOne(text).vevent
        assert ours["DTSTART"].dt == start == theirs.dtstart.value.astimezone(UTC)
        assert str(ours["DTSTART"].params["TZID"]) == "Asia/Dhaka"
        assert sorted(each.value for each in theirs.attendee_list) == ["mailto:c@meet.example", "mailto:m@meet.example"]
        assert "15:00" in found["c@meet.example"].text or "3 p.m." in found["c@meet.example"].text

    def test_one_uid_with_a_number_that_rises_until_the_end(self, bench, journey_id) -> None:
        book(bench, journey_id)
        mails(bench)
        book(bench, journey_id, 2)
        mails(bench)
        with bench.as_contact():
            booking.cancel(handle_for(journey_id, "step-1"))
        entries = [icalendar.Calendar.from_ical(mail.calendar) for mail in mails(bench) if mail.recipient == "c@meet.example"]
        entries.sort(key=lambda entry: int(entry.walk("VEVENT")[0]["SEQUENCE"]))  # the clock of the test stands still
        events = [entry.walk("VEVENT")[0] for entry in entries]
        assert [(str(entry["METHOD"]), int(event["SEQUENCE"])) for entry, event in zip(entries, events, strict=True)] == [
            ("REQUEST", 0), ("REQUEST", 1), ("CANCEL", 2),
        ]  # fmt: skip
        assert len({str(event["UID"]) for event in events}) == 1

    def test_the_file_is_there_at_both_doors_and_for_nobody_else(self, bench, journey_id) -> None:
        place = {"journey_id": journey_id, "key": "step-1", "name": "meeting.ics"}
        portal, workspace = reverse("portal:step_out", kwargs=place), reverse("workspace:step_out", kwargs={**place, "slug": "meet"})
        client = signed_in(bench.contact.person)
        assert client.get(portal).status_code == 404
        start = book(bench, journey_id)
        for path, who in ((portal, bench.contact.person), (workspace, bench.member.person)):
            answer = signed_in(who).get(path)
            assert answer.headers["Content-Disposition"].startswith('attachment; filename="meeting.ics"')
            assert vobject.readOne(answer.content.decode()).vevent.dtstart.value.astimezone(UTC) == start
        stranger = Bench("rival")
        assert signed_in(stranger.contact.person).get(portal).status_code == 404
        assert signed_in(stranger.member.person).get(workspace).status_code == 404
        assert client.get(portal.replace("meeting.ics", "other.ics")).status_code == 404


class TestTheTeam:
    def test_nobody_came_writes_a_friendly_mail_and_gives_the_step_back(self, bench, journey_id) -> None:
        start = book(bench, journey_id)
        with bench.as_member():
            with pytest.raises(Conflict):
                booking.mark_missed(handle_for(journey_id, "step-1"))
            with time_machine.travel(start + timedelta(minutes=20)):
                booking.mark_missed(handle_for(journey_id, "step-1"))
        mail = [one for one in mails(bench) if "missed" in one.subject]
        assert [one.recipient for one in mail] == ["c@meet.example"]
        assert reverse("portal:step", kwargs={"journey_id": journey_id, "key": "step-1"}) in mail[0].text
        assert book(bench, journey_id) == start
        assert [state for state, _start, _number in meetings(bench)] == ["missed", "booked"]

    def test_places_it_outside_the_offered_times_but_not_into_another_meeting(self, bench, journey_id) -> None:
        start = book(bench, journey_id)
        second = bench.start(playbook_of("meeting", SETTINGS, key="other"), "other")
        with bench.as_member():
            handle = handle_for(second, "step-1")
            with pytest.raises(Invalid):
                booking.place(handle, start + timedelta(minutes=30), host_ids=[bench.member.id], time_zone="UTC")
            booking.place(handle, datetime(2026, 3, 7, 20, 0, tzinfo=UTC), host_ids=[bench.member.id], time_zone="UTC")
        assert meetings(bench) == [("booked", "03 09:00", 0), ("booked", "07 20:00", 0)]

    def test_holding_it_keeps_the_minutes_makes_actions_steps_and_ends_the_step(self, bench, journey_id) -> None:
        start = book(bench, journey_id)
        actions = [
            booking.Action("Send the contract", bench.member.id, date(2026, 3, 10)), booking.Action("Name a lead", bench.contact.id, None),
        ]  # fmt: skip
        with bench.as_member(), time_machine.travel(start + timedelta(hours=1)):
            keys = booking.write_up(handle_for(journey_id, "step-1"), "We agreed.", actions, ends=True)
        with bench.as_member():
            made = {step.key: step for step in journey_page(journey_id).every_step}
            assert [(made[key].title, made[key].side, made[key].doer_id, made[key].planned_on, made[key].state) for key in keys] == [
                ("Send the contract", "ours", bench.member.id, date(2026, 3, 10), "ready"),
                ("Name a lead", "customer", bench.contact.id, None, "ready"),
            ]
            assert made["step-1"].state == "done"
            assert AuditEntry.objects.filter(verb="step.added").count() == 2
            forecast_anew(journey_id)
        run_until_idle()
        client, member = signed_in(bench.contact.person), signed_in(bench.member.person)
        assert "We agreed." in client.get(reverse("portal:step", kwargs={"journey_id": journey_id, "key": "step-1"})).content.decode()
        page = client.get(reverse("portal:step", kwargs={"journey_id": journey_id, "key": keys[1]})).content.decode()
        assert "Name a lead" in page
        for name in ("journey", "step"):
            more = {"key": keys[0]} if name == "step" else {}
            assert member.get(reverse(f"workspace:{name}", kwargs={"slug": "meet", "journey_id": journey_id, **more})).status_code == 200
        assert (
            client.post(reverse("portal:step", kwargs={"journey_id": journey_id, "key": keys[1]}), {"verb": "complete"}).status_code == 302
        )

    def test_one_wrong_action_leaves_everything_as_it_was(self, bench, journey_id) -> None:
        start = book(bench, journey_id)
        actions = [booking.Action("Fine", bench.member.id, None), booking.Action("For whom?", "mem_nobody", None)]
        with bench.as_member(), time_machine.travel(start + timedelta(hours=1)):
            with pytest.raises(Invalid) as problem:
                booking.write_up(handle_for(journey_id, "step-1"), "We agreed.", actions, ends=True)
            assert list(problem.value.fields) == ["action_2_person"]
            assert Step.objects.filter(journey_id=journey_id).count() == 1
        assert meetings(bench) == [("booked", "03 09:00", 0)]

    def test_round_robin_gives_the_next_meeting_to_the_one_with_fewer(self, bench) -> None:
        with bench.as_member():
            second = Member.objects.get(pk=invite_member(email="second@meet.example", name="Second", role="specialist"))
            Member.objects.filter(pk__in=[second.id, bench.member.id]).update(team_roles=["host"])
        settings = {**SETTINGS, "who": "any", "hosts": ["host"]}
        for n in range(4):
            source = playbook_of("meeting", settings, key=f"r-{n}").replace("roles:", "roles:\n  host: {side: ours, title: {en: Host}}")
            journey_id = bench.start(source, f"r-{n}")
            book(bench, journey_id, 0)
        with bench.as_member():
            hosts = sorted(meeting.host_ids[0] for meeting in Meeting.objects.all())
        assert hosts == sorted([second.id, bench.member.id] * 2)


class TestHours:
    ORDER = {"time_zone": "Europe/Berlin", "week": dict.fromkeys(range(7), "") | {1: "14:00-15:00"}, "days_off": "", "before_minutes": 15, "after_minutes": 0}  # fmt: skip

    def test_only_the_kept_hours_are_offered(self, bench, journey_id) -> None:
        with bench.as_member():
            change_hours(HoursOrder(**self.ORDER))
            assert AuditEntry.objects.filter(verb="hours.changed").count() == 1
        with bench.as_contact():
            assert [slot.start for slot in booking.open_slots(handle_for(journey_id, "step-1"))] == [datetime(2026, 3, 3, 13, tzinfo=UTC)]

    def test_wrong_hours_days_and_addresses_are_named_and_nothing_is_kept(self, bench) -> None:
        wrong = {
            **self.ORDER,
            "week": {0: "9-5", 1: "10:00-09:00", 2: "09:00-12:00, 11:00-13:00", 3: "09:07-10:00"},
            "days_off": "Christmas",
        }
        with bench.as_member():
            with pytest.raises(Invalid) as problem:
                change_hours(HoursOrder(**wrong, feed="http://inside.example/x.ics"))
            assert sorted(problem.value.fields) == ["day_0", "day_1", "day_2", "day_3", "days_off", "feed"]
            assert MemberHours.objects.count() == 0

    def test_busy_times_of_a_calendar_are_kept_clear_and_its_address_is_sealed(self, bench, journey_id, monkeypatch) -> None:
        asked = []
        event = "BEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260303T110000Z\r\nDTEND:20260303T150000Z\r\nEND:VEVENT\r\n"
        feed = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{event}END:VCALENDAR\r\n".encode()
        monkeypatch.setattr("boardwell.capabilities.meetings.hours.fetch", lambda url, **_: asked.append(url) or feed)
        with bench.as_member():
            week = {**self.ORDER["week"], 1: "10:00-18:00"}
            change_hours(HoursOrder(**{**self.ORDER, "week": week, "feed": "webcal://their.example/secret.ics"}))
            assert "secret" not in str(list(MemberHours.objects.values())) + str(list(AuditEntry.objects.values_list("body", flat=True)))
        run_until_idle()
        assert asked == ["https://their.example/secret.ics"]
        with bench.as_contact():
            starts = [f"{slot.start:%d %H:%M}" for slot in booking.open_slots(handle_for(journey_id, "step-1"))]
        assert starts == ["03 09:00", "03 09:30", "03 15:30", "03 16:00"]

    def test_a_calendar_that_does_not_answer_says_so_and_keeps_what_was_read(self, bench, monkeypatch) -> None:
        def refuse(url: str, **_: object) -> bytes:
            raise Unavailable("The address does not answer.")

        monkeypatch.setattr("boardwell.capabilities.meetings.hours.fetch", refuse)
        with bench.as_member():
            change_hours(HoursOrder(**self.ORDER, feed="https://their.example/x.ics"))
            MemberHours.objects.update(busy=[["2026-03-03T10:00+00:00", "2026-03-03T11:00+00:00"]])
            read_feed.call(bench.member.id)
            row = hours_of_member(bench.member.id)
        assert (row.feed_problem, len(row.busy)) == ("The address does not answer.", 1)
        assert "The address does not answer." in signed_in(bench.member.person).get("/meet/own/hours/").content.decode()

    def test_an_address_inside_is_never_called(self, bench) -> None:
        with bench.as_member():
            change_hours(HoursOrder(**self.ORDER, feed="https://127.0.0.1/x.ics"))
            read_feed.call(bench.member.id)
            assert hours_of_member(bench.member.id).feed_problem.startswith("We do not call this address")

    def test_the_page_keeps_what_was_typed_and_says_what_is_wrong(self, bench) -> None:
        client = signed_in(bench.member.person)
        form = {
            "time_zone": "Europe/Berlin",
            "day_0": "nine to five",
            "before_minutes": "15",
            "after_minutes": "0",
            "days_off": "",
            "feed": "",
        }
        answer = client.post("/meet/own/hours/", form)
        assert (answer.status_code, "nine to five" in answer.content.decode()) == (422, True)
        assert client.post("/meet/own/hours/", {**form, "day_0": "09:00-12:00, 13:00-17:00"}).status_code == 302
        assert "09:00-12:00, 13:00-17:00" in client.get("/meet/own/hours/").content.decode()
