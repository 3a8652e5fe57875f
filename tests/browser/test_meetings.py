"""A customer books, moves and cancels a meeting, with and without JavaScript, by keyboard; a member keeps their hours."""

import pytest

from boardwell.capabilities.meetings.models import Meeting
from boardwell.kit.testing import Bench, playbook_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SETTINGS = {"minutes": 45, "agenda": {"en": "1. Who is who\n2. **What** happens next"}, "place": {"en": "https://call.example/room"}}


@pytest.fixture
def bench(db) -> Bench:
    return Bench("meet")


def booked(bench: Bench) -> list[str]:
    with bench.as_member():
        return list(Meeting.objects.order_by("start_at", "-state").values_list("state", flat=True))


def test_without_javascript_a_customer_books_and_cancels_by_keyboard_alone(bench, open_as) -> None:
    path = f"/p/{bench.start(playbook_of('meeting', SETTINGS))}/steps/step-1/"
    page = open_as(bench.contact.person, width=375, javascript=False)
    page.goto(path)
    page.locator("input[name=slot]").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Book this time").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Calendar file")
    assert booked(bench) == ["booked"]
    with page.expect_download() as saved:
        page.get_by_role("link", name="Calendar file").click()
    assert saved.value.suggested_filename == "meeting.ics"
    page.get_by_role("button", name="Cancel the meeting").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=the times are free again")
    assert booked(bench) == ["cancelled"]


def test_times_can_be_shown_for_another_place(bench, open_as) -> None:
    page = open_as(bench.contact.person, width=375, javascript=False)
    page.goto(f"/p/{bench.start(playbook_of('meeting', SETTINGS))}/steps/step-1/")
    page.get_by_text("Show times for another place").click()
    page.get_by_label("Time zone").select_option("Asia/Dhaka")
    page.get_by_role("button", name="Show these times").click()
    page.wait_for_selector("text=All times are for Asia/Dhaka")


@pytest.mark.parametrize(("width", "scheme"), [(375, "light"), (1280, "dark")])
def test_every_state_is_clean_and_fits(bench, open_as, axe, width: int, scheme: str) -> None:
    journey_id = bench.start(playbook_of("meeting", SETTINGS))
    customer = open_as(bench.contact.person, width=width, scheme=scheme)
    member = open_as(bench.member.person, width=width, scheme=scheme)
    found = {}

    def look(page, name: str) -> None:
        if problems := axe(page):
            found[name] = problems
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} scrolls sideways at {width}"

    customer.goto(f"/p/{journey_id}/steps/step-1/")
    look(customer, "free")
    customer.locator("input[name=slot]").first.check()
    customer.get_by_role("button", name="Book this time").click()
    customer.wait_for_selector("text=Calendar file")
    look(customer, "booked")
    member.goto(f"/meet/journeys/{journey_id}/steps/step-1/")
    look(member, "team")
    with bench.as_member():
        Meeting.objects.update(start_at="2026-01-05T09:00:00+00:00", end_at="2026-01-05T09:45:00+00:00")
    member.reload()
    look(member, "begun")
    member.goto("/meet/own/hours/")
    look(member, "hours")
    assert found == {}
