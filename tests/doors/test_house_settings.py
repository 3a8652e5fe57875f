"""Settings of the house: the year as it will be worked, quiet hours, languages, the brand's contrast, and their history."""

from datetime import date

import pytest
from django.test import Client

from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.models import Step
from boardwell.domain.organisations.models import AccessPolicy, WorkCalendar
from boardwell.domain.organisations.queries import policy_of_current
from boardwell.domain.organisations.workyear import year_of
from boardwell.ui.theme import contrast, shades_of


@pytest.fixture
def owner(house, signed_in) -> Client:
    return signed_in(house.owner.person)


def test_a_year_names_every_free_working_day() -> None:
    months, free = year_of(2026, weekdays=[0, 1, 2, 3, 4], country="GB", subdivision="ENG", days_off=["2026-08-14", "2027-01-04"])
    assert [(day.on, day.why, day.name) for day in free if day.on.month in {8, 12}] == [
        (date(2026, 8, 14), "off", ""),
        (date(2026, 8, 31), "holiday", "Late Summer Bank Holiday"),
        (date(2026, 12, 25), "holiday", "Christmas Day"),
        (date(2026, 12, 28), "holiday", "Boxing Day (observed)"),
    ]
    assert len(months) == 12
    assert sum(day is not None for month in months for week in month.weeks for day in week) == 365
    assert [month.worked for month in months][7] == 19
    assert {len(week) for month in months for week in month.weeks} == {7}


def test_the_year_is_shown_for_what_was_typed_and_nothing_is_written(house, owner: Client) -> None:
    with house.as_owner():
        calendar = WorkCalendar.objects.get()
        before = AuditEntry.objects.count()
    typed = {
        "calendar_id": calendar.id,
        "name": "Week of four",
        "country": "MN",
        "weekdays": ["0", "1", "2", "3"],
        "days_off": "2026-07-20",
    }
    body = owner.post("/acme/settings/calendars/", {**typed, "look": "1"}).content.decode()
    assert "National Festival" in body
    assert 'value="Week of four"' in body
    with house.as_owner():
        calendar.refresh_from_db()
        assert calendar.country == "GB"
        assert AuditEntry.objects.count() == before
    assert owner.post("/acme/settings/calendars/", typed).status_code == 302
    with house.as_owner():
        calendar.refresh_from_db()
        assert (calendar.name, calendar.country, calendar.weekdays, calendar.days_off) == (
            "Week of four",
            "MN",
            [0, 1, 2, 3],
            ["2026-07-20"],
        )
    assert "saved a calendar" in owner.get("/acme/settings/calendars/").content.decode()


@pytest.mark.parametrize("wrong", [{"name": ""}, {"weekdays": []}, {"days_off": "soon"}, {"country": "ZZ"}])
def test_a_wrong_calendar_keeps_what_was_typed_and_writes_nothing(house, owner: Client, wrong: dict[str, object]) -> None:
    with house.as_owner():
        before = AuditEntry.objects.count()
        calendar_id = WorkCalendar.objects.get().id
    typed = {"calendar_id": calendar_id, "name": "Typed name", "country": "GB", "weekdays": ["0"], "days_off": "2026-07-20", **wrong}
    answer = owner.post("/acme/settings/calendars/", typed)
    assert answer.status_code == 422
    assert "There is a problem" in answer.content.decode()
    assert str(typed["name"]) in answer.content.decode()
    with house.as_owner():
        assert AuditEntry.objects.count() == before


def test_quiet_hours_and_languages_are_set_and_the_log_shows_before_and_after(house, owner: Client) -> None:
    owner.post("/acme/settings/general/", {"part": "habits", "quiet_from_hour": "19", "quiet_until_hour": "9", "languages": ["mn", "en"]})
    owner.post(
        "/acme/settings/general/",
        {"part": "organisation", "name": "Acme", "country": "MN", "time_zone": "Asia/Ulaanbaatar", "language": "mn"},
    )
    with house.as_owner():
        policy = AccessPolicy.objects.get()
        assert (policy.quiet_from_hour, policy.quiet_until_hour, policy.languages) == (19, 9, ["en", "mn"])
        verbs = list(AuditEntry.objects.order_by("-position").values_list("verb", flat=True)[:2])
        assert verbs == ["organisation.changed", "habits.changed"]
    wrong = owner.post("/acme/settings/general/", {"part": "habits", "quiet_from_hour": "25", "quiet_until_hour": "9"})
    assert wrong.status_code == 422
    body = owner.get("/acme/settings/general/").content.decode()
    assert "changed quiet hours or languages" in body


@pytest.mark.parametrize("accent", ["#ffff00", "#000000", "#ffffff", "#2f5bd7", "nonsense"])
def test_whatever_the_colour_what_pages_use_can_be_read(accent: str) -> None:
    shades = shades_of(accent)
    assert contrast(shades["light"], "#ffffff") >= 4.5
    assert contrast(shades["dark"], "#171d27") >= 4.5


def test_a_viewer_sees_the_settings_and_changes_nothing(house, signed_in) -> None:
    client = signed_in(house.member("viewer").person)
    assert client.get("/acme/settings/general/").status_code == 200
    answer = client.post(
        "/acme/settings/general/", {"part": "habits", "quiet_from_hour": "1", "quiet_until_hour": "2", "languages": ["en"]}
    )
    assert answer.status_code == 422
    with house.as_owner():
        assert AuditEntry.objects.filter(verb="habits.changed").count() == 0


def test_the_customer_takes_their_own_step_back(house, signed_in) -> None:
    journey_id = house.start()
    with house.as_owner():
        complete_step(journey_id, "welcome")
    client = signed_in(house.contact.person)
    body = client.post(f"/p/{journey_id}/steps/needs/", {"f_seats": "4", "do": "complete"}, follow=True).content.decode()
    assert "Undo" in body
    position = body.partition('name="position" value="')[2].partition('"')[0]
    assert "Undone." in client.post(f"/p/{journey_id}/undo/", {"position": position}, follow=True).content.decode()
    with house.as_owner():
        assert Step.objects.get(journey_id=journey_id, key="needs").state == "active"


def test_access_says_what_is_wrong_keeps_what_was_typed_and_leaves_quiet_hours_to_the_general_page(house, signed_in) -> None:
    client = signed_in(house.owner.person)
    page = client.get("/acme/settings/access/").content.decode()
    assert ("quiet_from_hour" in page, 'name="languages"' in page) == (False, False)
    before = kept(house)
    refused = client.post("/acme/settings/access/", {"second_factor": "offered", "portal_session_hours": "9999"})
    assert (refused.status_code, 'value="9999"' in refused.content.decode(), kept(house)) == (422, True, before)
    sent = {"second_factor": "offered", "portal_session_hours": "48", "quiet_from_hour": "1", "languages": "en"}
    assert client.post("/acme/settings/access/", sent).status_code == 302
    assert kept(house) == (48, *before[1:])


def kept(house) -> tuple[int, int, int, list[str]]:
    with house.as_owner():
        policy = policy_of_current()
    return policy.portal_session_hours, policy.quiet_from_hour, policy.quiet_until_hour, policy.languages
