"""The weekly digest: once a week at the chosen hour of one's own clock, with what happened and why, and a way to stop it."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import translation

from boardwell.domain.audit.queries import log
from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.models import Journey, Step
from boardwell.domain.people.actions.choose_digest import choose_digest
from boardwell.domain.people.models import Member, Person
from boardwell.kernel.errors import Invalid
from boardwell.kernel.models import Mail
from boardwell.listeners.notifications.models import WeeklyDigest
from boardwell.listeners.notifications.weekly import due_moment, send_weekly

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def at(moment: datetime):
    return time_machine.travel(moment, tick=False)


@pytest.fixture
def joined(house):
    """The owner joined before the first Monday and lives in London."""
    with house.as_owner():
        Member.objects.update(created_at=MONDAY - timedelta(days=10))
    Person.objects.update(time_zone="Europe/London")
    return house


def mails() -> list[Mail]:
    return list(Mail.objects.filter(purpose="weekly").order_by("id"))


def test_it_goes_exactly_once_a_week_at_the_chosen_hour_of_the_members_own_clock(joined) -> None:
    joined.start()
    Person.objects.update(time_zone="Asia/Ulaanbaatar")  # eight hours ahead
    with joined.as_owner():
        choose_digest(weekday=0, hour=8, scope="mine")
    counts = []
    for moment in (datetime(2026, 3, 1, 23, 55, tzinfo=UTC), datetime(2026, 3, 2, 0, 0, tzinfo=UTC), datetime(2026, 3, 2, 3, tzinfo=UTC),
                   datetime(2026, 3, 3, 12, tzinfo=UTC), datetime(2026, 3, 9, 0, 5, tzinfo=UTC)):  # fmt: skip
        with at(moment):
            send_weekly()
        counts.append(len(mails()))
    assert counts == [0, 1, 1, 1, 2]


def test_another_day_in_the_same_week_brings_no_second_one(joined) -> None:
    joined.start()
    with at(MONDAY):
        send_weekly()
    with joined.as_owner():
        choose_digest(weekday=2, hour=7, scope="mine")
    with at(MONDAY + timedelta(days=2)):
        send_weekly()
    assert len(mails()) == 1


@pytest.mark.parametrize(("late", "sent"), [(timedelta(hours=20), 1), (timedelta(hours=26), 0)])
def test_after_an_outage_it_still_comes_the_same_day_and_not_later(joined, late: timedelta, sent: int) -> None:
    joined.start()
    with at(datetime(2026, 3, 2, 8, tzinfo=UTC) + late):
        send_weekly()
    assert len(mails()) == sent


def test_who_said_never_who_left_and_who_has_nothing_gets_none(joined) -> None:
    left = joined.member("specialist")
    with joined.as_owner():
        Member.objects.filter(pk=left.id).update(active=False, created_at=MONDAY - timedelta(days=10))
        choose_digest(weekday=None, hour=8, scope="mine")
    joined.start()
    joined.start(owner_id=joined.owner.id)
    idle = joined.member("trainer")
    with joined.as_owner():
        Member.objects.filter(pk=idle.id).update(created_at=MONDAY - timedelta(days=10))
    with at(MONDAY):
        send_weekly()
    assert mails() == []
    with joined.as_owner():
        assert list(WeeklyDigest.objects.values_list("recipient_id", "week")) == [(idle.id, "2026-W10")]


def test_who_joined_after_the_hour_waits_for_the_next_one(joined) -> None:
    with joined.as_owner():
        Member.objects.update(created_at=MONDAY)
        member = Member.objects.select_related("person", "organisation").get(pk=joined.owner.id)
    assert due_moment(member, MONDAY + timedelta(hours=1)) is None
    assert due_moment(member, MONDAY + timedelta(days=7)) is not None


def test_it_says_what_went_live_what_slipped_and_why_whom_we_wait_for_and_what_needs_one(joined) -> None:
    with at(datetime(2026, 2, 25, 9, tzinfo=UTC)):
        slow, done, theirs = (
            joined.start(title=title, kickoff_on=date(2026, 2, 25)) for title in ("Slow one", "Done one", "Waits for them")
        )
        with joined.as_owner():
            complete_step(theirs, "welcome")
    with joined.as_owner():
        Journey.objects.filter(pk=done).update(state="closed", live_at=datetime(2026, 2, 27, 12, tzinfo=UTC))
        Journey.objects.filter(pk=slow).update(
            forecast_live_on=date(2026, 3, 17), baseline_live_on=date(2026, 3, 10), health="at_risk",
            health_reasons=[{"code": "overdue", "steps": 1}],
        )  # fmt: skip
        Step.objects.filter(journey_id=slow, key="welcome").update(forecast_on=date(2026, 3, 5), baseline_on=date(2026, 2, 26))
    with at(MONDAY):
        send_weekly()
    (mail,) = mails()
    assert mail.subject == "House acme: your onboardings this week"
    for words in ("Went live (1)\n- Done one – 27 February", "Slipped (1)\n- Slow one – from 10 March to 17 March\n  Against the first plan: 5 working days late",
                  "At risk (1)\n- Slow one – At risk\n  1 step is late", "Waiting on somebody (1)\n- Waits for them – Waiting for Lead acme, since",
                  "Needs you (1)\n- Customer of acme: Welcome – 4 days late"):  # fmt: skip
        assert words in mail.text, f"{words!r} is not in\n{mail.text}"
    assert "<h1" in mail.html
    assert "Slow one" in mail.html


def test_what_was_told_once_is_not_told_again_until_it_slips_further(joined) -> None:
    journey_id = joined.start()
    for week, (day, words) in enumerate([(17, "from 10 March to 17 March"), (17, None), (19, "from 17 March to 19 March")]):
        with joined.as_owner():
            Journey.objects.filter(pk=journey_id).update(forecast_live_on=date(2026, 3, day), baseline_live_on=date(2026, 3, 10))
        with at(MONDAY + timedelta(weeks=week)):
            send_weekly()
        text = mails()[-1].text
        assert (words in text) if words else ("Slipped" not in text)
    with joined.as_owner():
        kept = list(WeeklyDigest.objects.order_by("week").values_list("seen", flat=True))
    assert kept == [{}, {}, {journey_id: "2026-03-19"}]


def test_all_onboardings_are_told_to_who_asked_for_all(joined) -> None:
    other = joined.member("specialist")
    joined.start(owner_id=other.id, title="Of somebody else")
    with joined.as_owner():
        Journey.objects.update(health="off_track", health_reasons=[{"code": "no_owner"}])
        choose_digest(weekday=0, hour=8, scope="all")
    with at(MONDAY):
        send_weekly()
    (mail,) = mails()
    assert "Of somebody else" in mail.text
    assert mail.subject == "House acme: all onboardings this week"


def test_another_house_is_never_in_it(joined, other) -> None:
    joined.start()
    other.start(title="Secret of the rival")
    with joined.as_owner():
        choose_digest(weekday=0, hour=8, scope="all")
    with at(MONDAY):
        send_weekly()
    assert ["Secret" in mail.text + mail.html for mail in mails()] == [False]


def test_one_click_stops_it_and_is_written_down(joined) -> None:
    joined.start()
    with at(MONDAY):
        send_weekly()
    (mail,) = mails()
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = re.search(r"<https?://[^/]+(/[^>]+)>", mail.headers["List-Unsubscribe"])[1]  # type: ignore[index]
    assert Client().get(path).status_code == 200
    with joined.as_owner():
        assert Member.objects.get(pk=joined.owner.id).digest_weekday == 0
    assert Client().post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    with joined.as_owner():
        assert Member.objects.get(pk=joined.owner.id).digest_weekday is None
        (entry,) = [line for line in log() if line.verb == "digest.chosen"]
    assert (entry.before, entry.after) == ({"digest_weekday": 0}, {"digest_weekday": None})
    with at(MONDAY + timedelta(weeks=1)):
        send_weekly()
    assert len(mails()) == 1


def test_it_is_written_in_the_readers_language(joined) -> None:
    joined.start()
    Person.objects.update(language="mn")
    with at(MONDAY):
        send_weekly()
    (mail,) = mails()
    with translation.override("mn"):
        hello = translation.gettext("Hello %(name)s,") % {"name": "Owner acme"}
    assert hello != "Hello Owner acme,"
    assert mail.text.startswith(hello)
    assert (mail.language, 'lang="mn"' in mail.html) == ("mn", True)


def test_the_choice_stands_on_ones_own_page_with_what_it_would_say_now(joined, signed_in: Callable[..., Client]) -> None:
    journey_id = joined.start(title="Mine")
    with joined.as_owner():
        Journey.objects.filter(pk=journey_id).update(health="off_track", health_reasons=[{"code": "overdue", "steps": 3}])
    client = signed_in(joined.owner.person)
    body = client.get(f"/{joined.slug}/weekly/").content.decode()
    assert "3 steps are late" in body
    answer = client.post(f"/{joined.slug}/weekly/", {"weekday": "4", "hour": "16", "scope": "all"})
    assert answer.status_code == 302
    with joined.as_owner():
        assert Member.objects.values_list("digest_weekday", "digest_hour", "digest_scope").get(pk=joined.owner.id) == (4, 16, "all")
    wrong = client.post(f"/{joined.slug}/weekly/", {"weekday": "9", "hour": "16", "scope": "some"})
    assert wrong.status_code == 422
    assert f'href="/{joined.slug}/weekly/"' in client.get("/me/").content.decode()


def test_a_wrong_choice_changes_nothing(joined) -> None:
    with joined.as_owner():
        with pytest.raises(Invalid) as refused:
            choose_digest(weekday=9, hour=24, scope="some")
        assert set(refused.value.fields) == {"weekday", "hour", "scope"}
        assert Member.objects.values_list("digest_weekday", "digest_hour").get(pk=joined.owner.id) == (0, 8)
