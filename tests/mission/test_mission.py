"""The lines of the mission that work today, each shown once from end to end."""

import re
from pathlib import Path

import pytest
from django.test import Client

from boardwell.domain.accounts.models import Contact
from boardwell.domain.journeys.actions.change_owner import change_owner
from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.journeys.models import Step
from boardwell.domain.journeys.queries.compliance import RequiredFilters, tallies
from boardwell.domain.playbooks.actions.write_playbook import import_playbook
from boardwell.domain.playbooks.document import parse
from boardwell.kernel.models import Mail
from boardwell.kernel.tasks.worker import run_until_idle
from boardwell.listeners.notifications.digest import send_digests

FOUR_STEPS = (Path(__file__).resolve().parents[2] / "playbooks" / "four-steps.yaml").read_text(encoding="utf-8")


def test_a8_the_four_steps_are_a_playbook_that_covers_a1_to_a7() -> None:
    document = parse(FOUR_STEPS)
    assert [stage.key for stage in document.stages] == ["collect", "equip", "test", "support"]
    steps = {step.key for step in document.every_step()}
    assert steps >= {"discovery", "identity", "expectations", "access", "material", "try-out", "fix", "check-in"}


def test_b1_needs_come_first_and_every_step_has_an_owner() -> None:
    document = parse(FOUR_STEPS)
    recorded = {field["fact"] for step in document.every_step() for field in step.settings.get("fields", []) if "fact" in field}
    assert recorded >= {"needs", "pains", "priorities", "goals"}
    assert all(step.owner in document.roles for step in document.every_step())


def test_b3_the_welcome_mail_brings_the_customer_in_and_scanners_do_no_harm(house) -> None:
    with house.as_owner():
        import_playbook(FOUR_STEPS, kind_rules())
    house.start(playbook_key="four-steps", welcome=True)
    run_until_idle()
    mail = Mail.objects.get(purpose="invitation")
    assert (mail.recipient, mail.state) == ("lead@acme-customer.example", "kept")
    link, secret = re.search(r"http://[^/]+(/p/i/[^#]+)#(\S+)", mail.text).groups()
    client = Client()
    for _scan in range(3):
        assert client.get(link).status_code == 200
        assert client.head(link).status_code == 200
    assert Mail.objects.filter(purpose="sign_in").count() == 0
    assert client.post(link, {"token": secret}).status_code == 302
    code = re.search(r"\b\d{6}\b", Mail.objects.get(purpose="sign_in").text)[0]
    assert Client().post("/sign-in/login/code/confirm/", {"code": code}).status_code == 409  # another browser: the code is bound to ours
    assert client.post("/sign-in/login/code/confirm/", {"code": code}).status_code == 302
    assert client.get("/p/", follow=True).status_code == 200
    with house.as_owner():
        assert Contact.objects.get().joined_at is not None


def test_b3_reminders_are_one_mail_a_person_and_day_and_stop_when_done(house, time_machine) -> None:
    from datetime import date

    from boardwell.domain.journeys.actions.complete_step import complete_step
    from boardwell.domain.journeys.tasks import due_tick

    time_machine.move_to("2026-03-02T10:00:00+00:00", tick=False)
    journey_id = house.start(kickoff_on=date(2026, 3, 2), welcome=True)
    run_until_idle()
    with house.as_owner():
        complete_step(journey_id, "welcome")
    time_machine.move_to("2026-03-05T10:00:00+00:00", tick=False)
    due_tick()
    run_until_idle()
    send_digests()
    send_digests()
    digests = Mail.objects.filter(purpose="digest", recipient="lead@acme-customer.example")
    assert digests.count() == 1
    assert "Needs – due today" in digests.get().text
    assert "List-Unsubscribe-Post" in digests.get().headers
    with house.as_owner():
        complete_step(journey_id, "needs")
    time_machine.move_to("2026-03-06T22:00:00+00:00", tick=False)  # quiet hours
    due_tick()
    run_until_idle()
    assert send_digests() == 0
    time_machine.move_to("2026-03-09T10:00:00+00:00", tick=False)
    send_digests()
    assert "Needs" not in digests.order_by("-created_at").first().text.replace("Needs – due today", "") or digests.count() == 1


@pytest.mark.parametrize("language", ["en", "hi", "bn", "az", "ms", "mn"])
def test_l1_the_portal_speaks_the_contacts_language(house, signed_in, language: str) -> None:
    with house.as_owner():
        import_playbook(FOUR_STEPS, kind_rules())
    journey_id = house.start(playbook_key="four-steps")
    person = house.contact.person
    person.language = language
    person.save()
    page = signed_in(person).get(f"/p/{journey_id}/").content.decode()
    assert f'<html lang="{language}"' in page
    assert parse(FOUR_STEPS).step("discovery").title[language] in page


def test_b4_expectations_are_written_from_the_plan_accepted_by_name_and_seen_by_both_sides(house, signed_in) -> None:
    with house.as_owner():
        import_playbook(FOUR_STEPS, kind_rules())
    journey_id = house.start(playbook_key="four-steps")
    team, customer = signed_in(house.owner.person), signed_in(house.contact.person)
    base = f"/acme/journeys/{journey_id}/papers/"
    path = team.post(f"{base}write/", {"kind": "expectation_sheet"}).headers["Location"]
    form = team.get(path).content.decode()
    drafted = {
        key: re.search(rf'<textarea[^>]*name="{key}"[^>]*>([^<]*)</textarea>', form)[1]
        for key in ("product", "timeline", "support", "performance", "duties")
    }
    assert all(text.strip() for text in drafted.values()), drafted
    assert "What you can expect, and what it costs" in drafted["duties"]
    assert "Take the customer over from sales" not in form  # internal to the team
    assert team.post(path, {**drafted, "support": "We answer in four hours.", "revision": "1", "verb": "send"}).status_code == 302
    theirs = path.replace(f"/acme/journeys/{journey_id}", f"/p/{journey_id}")
    assert "We answer in four hours." in customer.get(theirs).content.decode()
    assert customer.post(theirs, {"name": "Lena Aurora"}).status_code == 302
    for client, address in ((team, path), (customer, theirs)):
        assert "Lena Aurora" in client.get(address).content.decode()


def test_s4_a_late_step_moves_what_follows_and_everybody_sees_why(house, signed_in, time_machine) -> None:
    from boardwell.domain.journeys.actions.complete_step import complete_step
    from boardwell.domain.journeys.tasks import forecast_stale

    time_machine.move_to("2026-03-02T10:00:00+00:00", tick=False)
    journey_id = house.start(facts={"seats": 10})
    time_machine.move_to("2026-03-11T10:00:00+00:00", tick=False)  # a week: one working day was planned
    with house.as_owner():
        complete_step(journey_id, "welcome")
    run_until_idle()
    forecast_stale()
    client = signed_in(house.owner.person)
    dates = client.get(f"/acme/journeys/{journey_id}/dates/").content.decode()
    assert "First planned for 13 March, now expected 23 March." in re.sub(r"\s+", " ", dates)
    why = re.sub(r"\s+", " ", client.get(f"/acme/journeys/{journey_id}/steps/needs/").content.decode())
    assert "“Welcome” was done 6 working days later than planned." in why


def test_b7_one_named_person_is_the_point_of_contact_and_hands_everything_over(house, signed_in) -> None:
    journey_id = house.start()
    other = house.member("specialist")
    home = f"/p/{journey_id}/"
    assert "Owner acme" in signed_in(house.contact.person).get(home).content.decode()
    with house.as_owner():
        change_owner(journey_id, other.id)
        open_ones = Step.objects.filter(journey_id=journey_id, side="ours").exclude(state__in=["done", "skipped", "cancelled"])
        assert set(open_ones.values_list("member_id", flat=True)) == {other.id}
        assert [(one.owner_name, one.journeys) for one in tallies(RequiredFilters())] == [("specialist acme", 1)]
    body = signed_in(house.contact.person).get(home).content.decode()
    assert ("specialist acme" in body, "Owner acme" in body) == (True, False)
