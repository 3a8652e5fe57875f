"""Rehearsals in the background: turns that add up, the version before beside it, facts and days of the house's own past."""

import csv
import io
from random import Random

import pytest

from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.journeys.actions.record_facts import record_facts
from boardwell.domain.journeys.actions.rehearse_playbook import A_TURN, learnt_draw, rehearse_turn, start_rehearsal
from boardwell.domain.journeys.forecasts.durations import Lasted, house_of
from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.journeys.models import RehearsalRun
from boardwell.domain.journeys.queries.rehearsals import rehearsal_by_id, rehearsals_of
from boardwell.domain.journeys.rehearsal import rehearse
from boardwell.domain.playbooks.actions.write_playbook import import_playbook
from boardwell.domain.playbooks.document import parse
from boardwell.doors.workspace.views.rehearsals import histogram
from boardwell.kernel.errors import Invalid, NotAllowed, NotFound
from boardwell.kernel.tasks.worker import run_until_idle
from tests.conftest import SMALL


def test_turns_give_what_one_go_gives(house) -> None:
    with house.as_owner():
        run_id = start_rehearsal("small", number=1, customers=A_TURN + 50)
        rehearse_turn.func(run_id)
        half = rehearsal_by_id("small", run_id)
        assert (half.state, half.played, half.to_play, half.found) == ("running", A_TURN, A_TURN + 50, None)
        run_until_idle()
        whole = rehearsal_by_id("small", run_id)
        row = RehearsalRun.objects.get(pk=run_id)
        assert (whole.state, whole.played, whole.before) == ("done", A_TURN + 50, None)
        expected = rehearse(parse(SMALL), customers=A_TURN + 50, kickoff_on=row.kickoff_on)
        assert whole.found is not None
        assert (whole.found.p50, whole.found.branches) == (expected.p50, expected.branches)
        assert [one.id for one in rehearsals_of("small")] == [run_id]
        assert AuditEntry.objects.filter(verb="playbook.rehearsed").count() == 1


def test_the_version_before_is_played_on_the_same_customers(house) -> None:
    with house.as_owner():
        import_playbook(SMALL.replace("due: {days: 9}", "due: {days: 19}"), kind_rules())
        run_id = start_rehearsal("small", number=2, customers=40)
        run_until_idle()
        found = rehearsal_by_id("small", run_id)
        assert (found.before_number, found.played, found.to_play) == (1, 80, 80)
        assert found.found is not None
        assert found.before is not None
        assert found.found.planned - found.before.planned == 14  # ten working days
        assert found.found.p50 > found.before.p50


def test_facts_of_past_customers_are_drawn_and_not_kept_once_it_is_over(house) -> None:
    with house.as_owner():
        with pytest.raises(Invalid) as refused:
            start_rehearsal("small", number=1, facts_from="past")
        assert refused.value.fields["facts_from"] == [
            "It takes 10 onboardings with facts; so far there are 0. Make the customers up instead."
        ]
    for seats in (60, 70, 80, 90, 10, 10, 10, 10, 10, 10):
        journey_id = house.start()
        with house.as_owner():
            record_facts(journey_id, {"seats": seats})
    with house.as_owner():
        run_id = start_rehearsal("small", number=1, customers=200, facts_from="past")
        assert len(RehearsalRun.objects.get(pk=run_id).kept["past"]) == 10
        run_until_idle()
        found = rehearsal_by_id("small", run_id).found
        assert found is not None
        assert 30 < found.branches[0].share < 50  # four of ten
        assert RehearsalRun.objects.get(pk=run_id).kept == {}


def test_what_cannot_be_rehearsed_is_refused_and_nothing_is_written(house, other) -> None:
    with house.as_owner():
        with pytest.raises(Invalid) as refused:
            start_rehearsal("small", number=1, customers=6_000, days_from="learnt", seed=-1)
        assert sorted(refused.value.fields) == ["customers", "days_from", "seed"]
        with pytest.raises(NotFound):
            start_rehearsal("small", number=7)
        with pytest.raises(NotFound):
            start_rehearsal("absent")
        mine = start_rehearsal("small", number=1, customers=1)
        assert RehearsalRun.objects.count() == 1
    with other.as_owner(), pytest.raises(NotFound):
        rehearsal_by_id("small", mine)
    with house.as_contact(), pytest.raises(NotAllowed):
        start_rehearsal("small", number=1)


def test_the_pages_start_one_show_it_and_give_it_as_csv(house, client) -> None:
    client.force_login(house.owner.person)
    address = f"/{house.slug}/playbooks/small/rehearsals/"
    assert client.post(address, {"number": "1", "customers": "0"}).status_code == 422
    sent = client.post(address, {"number": "1", "customers": "30"})
    assert sent.status_code == 302
    assert 'data-state="running"' in client.get(sent.url).content.decode()
    run_until_idle()
    text = client.get(sent.url).content.decode()
    assert ("Where it sticks" in text, "facts.seats &gt; 50" in text, "30 made-up customers" in text) == (True, True, True)
    rows = list(csv.reader(io.StringIO(b"".join(client.post(f"{sent.url}export/").streaming_content).decode("utf-8-sig"))))
    assert sum(int(row[3]) for row in rows if row[0] == "Customers by days") == 30
    with house.as_owner():
        assert AuditEntry.objects.filter(verb="list.exported", object_id="rehearsal").count() == 1
    viewer = house.member("viewer")
    client.force_login(viewer.person)
    assert client.get(sent.url).status_code == 200
    client.post(address, {"number": "1", "customers": "30"})
    with house.as_owner():
        assert RehearsalRun.objects.count() == 1


def test_a_picture_has_bars_of_equal_width_and_leaves_no_run_out() -> None:
    assert histogram([3, 3, 5]) == [("3", 2), ("4", 0), ("5", 1)]
    wide = histogram([1, 7, 8, 40, 90])
    assert wide[0] == ("1–14", 3)
    assert (len(wide), sum(count for _label, count in wide)) == (7, 5)
    assert histogram([]) == []


def test_days_are_drawn_as_the_house_took_them() -> None:
    house = house_of([Lasted("plb_1/slow", "ours", 2, 12, True)] * 60, 20)
    drawn, dice = learnt_draw(house, "plb_1"), Random(0)
    days = [drawn("slow", "ours", 2, dice) for _customer in range(200)]
    assert (sorted(days)[100], min(days) >= 1) == (12, True)
    assert max(drawn("new", "ours", 2, dice) for _customer in range(200)) >= 12  # estimates were six times too short here
