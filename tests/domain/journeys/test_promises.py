"""Promised days: kept apart from plan, forecast and first plan; health compares the forecast with them."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.journeys.actions.commit_day import commit_live, commit_step, preview_commit
from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.actions.undo import undo
from boardwell.domain.journeys.models import Journey, Step
from boardwell.domain.journeys.queries.timeline import timeline_of
from boardwell.domain.journeys.queries.undoing import last_undoable
from boardwell.domain.journeys.tasks import forecast_stale
from boardwell.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from boardwell.kernel.tasks.worker import run_until_idle
from tests.doors.test_api import ALL, caller


def at(day: int, minute: int = 0) -> time_machine.travel:
    return time_machine.travel(datetime(2026, 3, day, 9, minute, tzinfo=UTC), tick=False)


def dates(journey_id: str, key: str = "live") -> tuple[date | None, ...]:
    columns = ("planned_on", "committed_on", "forecast_on", "baseline_on", "done_on")
    return Step.objects.filter(journey_id=journey_id, key=key).values_list(*columns).get()


def promise(journey_id: str) -> tuple[date | None, str, list[str]]:
    row = Journey.objects.get(pk=journey_id)
    return row.committed_live_on, row.health, [reason["code"] for reason in row.health_reasons]


def test_the_go_live_is_promised_on_the_journey_and_its_step_and_nothing_else_moves(house) -> None:
    with at(2), house.as_owner():
        journey_id = house.start(kickoff_on=date(2026, 3, 2))
        commit_live(journey_id, committed_on=date(2026, 3, 16))
        assert dates(journey_id) == (date(2026, 3, 13), date(2026, 3, 16), date(2026, 3, 13), date(2026, 3, 13), None)
        assert promise(journey_id) == (date(2026, 3, 16), "on_track", [])
        assert list(AuditEntry.objects.filter(verb__endswith=".committed").order_by("position").values_list("verb", flat=True)) == [
            "journey.committed",
            "step.committed",
        ]
        assert timeline_of(journey_id)[0].changes == (("Promised", "", "16 March 2026"),)


def test_health_compares_the_forecast_with_the_promise_as_soon_as_the_forecast_moves(house) -> None:
    with at(2):
        journey_id = house.start(kickoff_on=date(2026, 3, 2), committed_live_on=date(2026, 3, 16))
    with at(5), house.as_owner():
        complete_step(journey_id, "welcome")  # two working days late; the plan still ends on the 13th
        assert promise(journey_id)[1] == "on_track"
        run_until_idle()
        forecast_stale()
        assert Journey.objects.values_list("planned_live_on", "forecast_live_on").get(pk=journey_id) == (
            date(2026, 3, 13),
            date(2026, 3, 17),
        )
        assert promise(journey_id) == (date(2026, 3, 16), "off_track", ["past_commitment"])
        assert Journey.objects.get(pk=journey_id).health_reasons == [{"code": "past_commitment", "days": 1}]


def test_a_promise_that_the_plan_does_not_reach_is_off_track_from_the_start(house) -> None:
    with at(2):
        journey_id = house.start(kickoff_on=date(2026, 3, 2), committed_live_on=date(2026, 3, 10))
    with house.as_owner():
        assert promise(journey_id) == (date(2026, 3, 10), "off_track", ["past_commitment"])
        assert dates(journey_id)[1] == date(2026, 3, 10)


def test_a_preview_says_what_a_promise_would_mean_and_writes_nothing(house) -> None:
    with at(2), house.as_owner():
        journey_id = house.start(kickoff_on=date(2026, 3, 2))
        entries = AuditEntry.objects.count()
        seen = preview_commit(journey_id, "live", committed_on=date(2026, 3, 11))
        assert (seen.before, seen.after, seen.planned_on, seen.forecast_on) == (None, date(2026, 3, 11), *[date(2026, 3, 13)] * 2)
        assert (seen.late_days, seen.health_before, seen.health_after) == (2, "on_track", "off_track")
        assert seen.why_after == ("The forecast is 2 days after the promised go-live",)
        assert preview_commit(journey_id, "needs", committed_on=date(2026, 3, 4)).late_days == 1
        assert (promise(journey_id)[0], dates(journey_id)[1], AuditEntry.objects.count()) == (None, None, entries)


def test_a_changed_promise_says_why_and_undo_brings_the_former_one_back(house) -> None:
    with at(2), house.as_owner():
        journey_id = house.start(kickoff_on=date(2026, 3, 2))
        commit_step(journey_id, "live", committed_on=date(2026, 3, 20))
        with pytest.raises(Invalid, match="Say why"):
            commit_step(journey_id, "live", committed_on=date(2026, 3, 11))
        assert promise(journey_id) == (date(2026, 3, 20), "on_track", [])
    with at(2, 5), house.as_owner():
        commit_step(journey_id, "live", committed_on=date(2026, 3, 11), reason="They asked for it")
        assert promise(journey_id) == (date(2026, 3, 11), "off_track", ["past_commitment"])
        offer = last_undoable(journey_id)
        assert offer is not None
    with at(2, 6), house.as_owner():
        undo(journey_id, offer.position)
        assert promise(journey_id) == (date(2026, 3, 20), "on_track", [])
        assert dates(journey_id)[1] == date(2026, 3, 20)
    with at(2, 7), house.as_owner(), pytest.raises(Conflict, match="undone already"):
        undo(journey_id, offer.position)


def test_an_older_promise_cannot_be_undone_once_there_is_a_newer_one(house) -> None:
    with at(2), house.as_owner():
        journey_id = house.start(kickoff_on=date(2026, 3, 2))
        commit_step(journey_id, "needs", committed_on=date(2026, 3, 6))
        first = last_undoable(journey_id)
    with at(2, 5), house.as_owner():
        commit_step(journey_id, "needs", committed_on=date(2026, 3, 9), reason="Later")
        assert first is not None
        with pytest.raises(Conflict, match="promised a day"):
            undo(journey_id, first.position)
        assert dates(journey_id, "needs")[1] == date(2026, 3, 9)


def test_what_cannot_be_promised_is_refused_and_nothing_happens(house, other) -> None:
    journey_id, foreign = house.start(kickoff_on=date(2026, 3, 2)), other.start()
    with house.as_owner():
        complete_step(journey_id, "welcome")
        with pytest.raises(Conflict, match="has ended"):
            commit_step(journey_id, "welcome", committed_on=date(2026, 3, 9))
        with pytest.raises(Invalid, match="between 2000 and 2100"):
            commit_live(journey_id, committed_on=date(1999, 1, 1))
        with pytest.raises(Invalid, match="Choose a day"):
            commit_live(journey_id, committed_on=None)
        with pytest.raises(NotFound):
            commit_live(foreign, committed_on=date(2026, 3, 9))
        with pytest.raises(NotFound):
            commit_step(journey_id, "absent", committed_on=date(2026, 3, 9))
    with house.as_contact(), pytest.raises(NotAllowed):
        commit_live(journey_id, committed_on=date(2026, 3, 9))
    with house.as_owner():
        assert promise(journey_id)[0] is None
        assert not AuditEntry.objects.filter(verb__endswith=".committed").exists()


def test_the_page_shows_what_it_means_promises_and_says_what_is_wrong(house, client) -> None:
    journey_id = house.start(kickoff_on=date(2026, 3, 2))
    client.force_login(house.owner.person)
    address = f"/{house.slug}/journeys/{journey_id}"
    seen = client.post(f"{address}/do/", {"verb": "preview_commit", "committed_on": "2026-03-10"})
    assert (seen.status_code, "As things stand" in seen.content.decode()) == (200, True)
    wrong = client.post(f"{address}/steps/needs/do/", {"verb": "commit", "committed_on": "1999-01-01"})
    assert (wrong.status_code, "between 2000 and 2100" in wrong.content.decode()) == (422, True)
    assert client.post(f"{address}/steps/needs/do/", {"verb": "commit", "committed_on": "2026-03-06"}).status_code == 302
    assert client.post(f"{address}/do/", {"verb": "commit", "committed_on": "2026-03-20"}).status_code == 302
    with house.as_owner():
        assert (dates(journey_id, "needs")[1], promise(journey_id)[0]) == (date(2026, 3, 6), date(2026, 3, 20))
    assert "Promised: " in client.get(f"{address}/dates/").content.decode()


def test_the_api_promises_and_gives_the_five_dates_apart(house) -> None:
    with at(2):
        journey_id = house.start(kickoff_on=date(2026, 3, 2))
        call = caller(house, ALL)
        answer = call("POST", f"journeys/{journey_id}/commit", {"committed_on": "2026-03-18"})
        assert (answer.status_code, answer.json()["committed_live_on"], answer.json()["forecast_live_on"]) == (
            200,
            "2026-03-18",
            "2026-03-13",
        )
        assert call("POST", f"journeys/{journey_id}/steps/needs/commit", {"committed_on": "2026-03-06"}).status_code == 200
        whole = call("GET", f"journeys/{journey_id}").json()
        assert {name: whole[name] for name in ("planned_live_on", "committed_live_on", "forecast_live_on", "baseline_live_on", "live_at")} == {
            "planned_live_on": "2026-03-13", "committed_live_on": "2026-03-18", "forecast_live_on": "2026-03-13",
            "baseline_live_on": "2026-03-13", "live_at": None,
        }  # fmt: skip
        needs = next(step for step in whole["steps"] if step["key"] == "needs")
        assert [needs[name] for name in ("planned_on", "committed_on", "forecast_on", "baseline_on", "done_on")] == [
            "2026-03-05", "2026-03-06", "2026-03-05", "2026-03-05", None,
        ]  # fmt: skip
        assert call("POST", f"journeys/{journey_id}/commit", {"committed_on": "2026-03-19"}).status_code == 422
