"""A page costs the same number of statements however long the plan is, and its raw reads stay inside the walls."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from boardwell.domain.conversations.actions.post_message import mark_read, post_message
from boardwell.domain.conversations.queries import unread_count
from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.journeys.queries.pages import journey_page, portal_home
from boardwell.domain.journeys.queries.seats import seat_at
from boardwell.domain.people.models import Person
from boardwell.domain.playbooks.actions.write_playbook import import_playbook
from boardwell.kernel.errors import NotFound
from boardwell.kernel.sql import wall
from boardwell.kernel.tenancy import acting_for


def long_playbook(steps: int) -> str:
    lines = "".join(
        f"      - {{key: s{n}, kind: task, side: customer, owner: you, title: {{en: Step}}, needs: [{f's{n - 1}' if n > 1 else ''}]}}\n"
        for n in range(1, steps + 1)
    )
    return (
        "boardwell: 1\nkey: long\ntitle: {en: Long}\nroles: {you: {side: customer, title: {en: You}}}\n"
        f"stages:\n  - key: s\n    title: {{en: S}}\n    steps:\n{lines}"
    )


def test_a_long_plan_costs_no_more_statements_than_a_short_one(house) -> None:
    short = house.start()
    with house.as_owner():
        import_playbook(long_playbook(120), kind_rules())
    long = house.start(playbook_key="long")
    counts = {}
    for journey_id in (short, long):
        with house.as_contact():
            for read in (portal_home, journey_page):
                read(journey_id)  # the playbook is parsed once
                with CaptureQueriesContext(connection) as queries:
                    read(journey_id)
                counts[journey_id, read.__name__] = len(queries)
    assert counts == {
        (short, "portal_home"): 3, (long, "portal_home"): 3, (short, "journey_page"): 2, (long, "journey_page"): 2,
    }  # fmt: skip


def test_the_first_page_counts_what_the_whole_plan_shows(house) -> None:
    journey_id = house.start()
    with house.as_owner():
        complete_step(journey_id, "welcome")
    with house.as_contact():
        home, page = portal_home(journey_id), journey_page(journey_id)
    theirs = [step for step in page.every_step if step.side != "ours"]
    assert (home.done, home.total) == (sum(step.has_ended for step in theirs), len(theirs))
    assert [step.key for step in home.mine] == [step.key for step in theirs if step.is_open]
    assert (home.head, home.current_stage) == (page.head, page.current_stage)
    assert [(one.key, one.title, one.done, one.total) for one in home.stages] == [
        (one.key, one.title, one.done, one.total) for one in page.stages
    ]


def test_a_seat_is_found_for_the_accounts_own_people_only(house, other) -> None:
    journey_id = house.start()
    seat = seat_at(journey_id, house.contact.person_id)
    assert seat is not None
    assert (seat.organisation_id, seat.account_id, seat.contact_id) == (house.organisation_id, house.account_id, house.contact.id)
    assert seat.session_hours == 12
    assert (seat.brand.slug, seat.brand.display_name) == ("acme", "House acme")
    assert seat_at(journey_id, other.contact.person_id) is None
    assert seat_at("jrn_absent", house.contact.person_id) is None
    house.contact.active = False
    with house.as_owner():
        house.contact.save()
    assert seat_at(journey_id, house.contact.person_id) is None


def test_raw_reads_see_what_the_reader_may_see(house, other) -> None:
    journey_id = house.start()
    with house.as_owner():
        post_message(journey_id, house.account_id, body="Hello")
        post_message(journey_id, house.account_id, body="Among us", visibility="internal")
        assert unread_count(journey_id) == 0
    with house.as_contact():
        assert unread_count(journey_id) == 1
        mark_read(journey_id)
        assert unread_count(journey_id) == 0
    for stranger in (other.as_owner, other.as_contact):
        with stranger():
            assert unread_count(journey_id) == 0
            with pytest.raises(NotFound):
                portal_home(journey_id)
    with acting_for(house.organisation_id), house.as_contact() as context:
        assert wall("j", "account_id") == (
            "j.organisation_id = %s AND j.account_id IN (%s)", [context.organisation_id, house.account_id],
        )  # fmt: skip


def test_the_portals_home_says_who_reads_it(house, signed_in) -> None:
    journey_id = house.start()
    client = signed_in(Person.objects.get(pk=house.contact.person_id))
    client.defaults["SERVER_NAME"] = "localhost"
    answer = client.get(f"/p/{journey_id}/")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert text.count('aria-pressed="true" disabled') == 1
    assert 'lang="bn">বাংলা</button>' in text
