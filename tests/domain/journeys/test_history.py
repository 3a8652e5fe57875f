"""Past cases from elsewhere: read in turns, faults named, learnt from with their number shown, never among journeys, taken away whole."""

import json
from datetime import date
from io import BytesIO
from xml.etree import ElementTree as ET

import pytest
from django.test import Client

from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.journeys.actions.assign_step import assign_step
from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.actions.import_log import (
    CASES_A_TURN,
    cancel_log_import,
    guessed_steps,
    remove_log,
    start_log_import,
    survey_log,
    take_cases,
    upload_log,
)
from boardwell.domain.journeys.actions.skip_step import skip_step
from boardwell.domain.journeys.actions.undo import undo
from boardwell.domain.journeys.eventlogs.reading import rows_in, survey
from boardwell.domain.journeys.eventlogs.tracing import traces_of
from boardwell.domain.journeys.models import Journey, LogFault, LogImport, PastCase
from boardwell.domain.journeys.outlooks import house_on, look_ahead
from boardwell.domain.journeys.queries.eventlog import log_in_pieces
from boardwell.domain.journeys.queries.history import left_out
from boardwell.domain.journeys.queries.lists import Filters
from boardwell.domain.journeys.queries.outlook import outlook_for
from boardwell.domain.playbooks.document import parse
from boardwell.domain.vault.models import StoredFile
from boardwell.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from boardwell.kernel.tasks.worker import run_until_idle
from tests.conftest import SMALL

MAPPING = {"case": "Case", "activity": "Activity", "at": "Done"}
STEPS = {"Welcome call": "welcome", "Needs": "needs"}


def past(cases: int, *, more: str = "") -> BytesIO:
    """Cases of which each has a welcome call on a Monday and its needs known on the Friday after."""
    lines = [f"{n},Welcome call,2025-03-03 09:00\n{n},Needs,2025-03-07 09:00\n{n},Lunch,2025-03-10 12:00" for n in range(cases)]
    return BytesIO(("Case,Activity,Done\n" + "\n".join(lines) + "\n" + more).encode())


def imported(cases: int, *, more: str = "") -> str:
    run_id = upload_log(past(cases, more=more), "past.csv")
    survey_log(run_id, mapping=MAPPING, playbook_key="small")
    start_log_import(run_id, steps=STEPS)
    return run_id


def test_cases_come_in_by_turns_and_what_is_left_out_is_named(house) -> None:
    with house.as_owner():
        run_id = imported(CASES_A_TURN + 10, more="9,Needs,some day\n,Needs,2025-03-03\n")
        take_cases.func(run_id)
        half = LogImport.objects.get(pk=run_id)
        assert (half.state, half.next_case, half.cases_total, PastCase.objects.count()) == (
            "running",
            CASES_A_TURN,
            CASES_A_TURN + 10,
            CASES_A_TURN,
        )
        run_until_idle()
        whole = LogImport.objects.get(pk=run_id)
        assert (whole.state, whole.next_case, whole.events_taken, whole.events_refused) == ("done", 260, 780, 2)
        assert [(one.row, one.why, one.value) for one in left_out(run_id)] == [
            (782, "Its time cannot be read.", "some day"),
            (783, "It names no case.", ""),
        ]
        assert (PastCase.objects.count(), Journey.objects.count()) == (260, 0)
        verbs = AuditEntry.objects.filter(verb__startswith="history.").order_by("position").values_list("verb", flat=True)
        assert list(verbs) == ["history.started", "history.ended"]


def test_forecasts_learn_from_them_say_so_and_forget_them_when_they_are_taken_away(house) -> None:
    journey_id = house.start()
    with house.as_owner():
        today = date(2026, 3, 2)
        assert house_on(today).is_thin
        run_id = imported(40)
        run_until_idle()
        learnt = house_on(today)
        assert (learnt.is_thin, learnt.journeys, learnt.imported, learnt.steps) == (False, 0, 40, 80)
        book = LogImport.objects.get(pk=run_id).playbook_id
        assert learnt.counts == {f"{book}/welcome": 40, f"{book}/needs": 40}
        chances = learnt.chances(f"{book}/needs", "customer", 2)
        assert (chances[3] < 0.2, chances[4] > 0.85) == (True, True)  # Monday to Friday: five working days
        look_ahead(journey_id)
        seen = outlook_for(journey_id)
        assert (seen.imported, seen.journeys, seen.end is not None) == (40, 0, True)
        client = Client()
        client.force_login(house.owner.person)
        page = client.get(f"/{house.slug}/journeys/{journey_id}/dates/").content.decode()
        assert "Learnt from 40 imported cases, 0 finished onboardings of your own" in page
        kept = LogImport.objects.get(pk=run_id).file_id
        remove_log(run_id)
        assert house_on(today).is_thin
        assert (PastCase.objects.count(), StoredFile.objects.filter(pk=kept, removed_at=None).count()) == (0, 0)
        with pytest.raises(Conflict):
            remove_log(run_id)


def test_what_was_not_known_yet_is_not_learnt(house) -> None:
    with house.as_owner():
        imported(40)
        run_until_idle()
        early = house_on(date(2025, 3, 5))
        assert (early.imported, early.steps) == (0, 40)  # the calls were over, the needs were still open


def test_activities_are_guessed_by_key_and_by_title_in_any_language() -> None:
    document = parse(SMALL.replace("{en: Welcome}", "{en: Welcome, ms: Selamat datang}"))
    assert guessed_steps(["welcome", "SELAMAT DATANG", "Sign off", "Lunch"], document) == {
        "welcome": "welcome", "SELAMAT DATANG": "welcome", "Sign off": "signoff",
    }  # fmt: skip


def test_what_is_not_right_is_refused_and_nothing_begins(house, other) -> None:
    with house.as_owner():
        with pytest.raises(Invalid, match="broken"):
            upload_log(BytesIO(b"<log xes.version='1.0'><trace>"), "log.xes")
        run_id = upload_log(past(2), "past.csv")
        with pytest.raises(Invalid) as refused:
            survey_log(run_id, mapping={"case": "Case", "activity": "Case", "at": "gone"}, playbook_key="")
        assert sorted(refused.value.fields) == ["activity", "at", "case", "playbook_key"]
        with pytest.raises(Conflict, match="Say first"):
            start_log_import(run_id, steps=STEPS)
        survey_log(run_id, mapping=MAPPING, playbook_key="small")
        with pytest.raises(Invalid, match="at least one"):
            start_log_import(run_id, steps={"Needs": "absent", "Nothing": "needs"})
        assert (LogImport.objects.get(pk=run_id).state, PastCase.objects.count(), LogFault.objects.count()) == ("mapping", 0, 0)
        cancel_log_import(run_id)
        with pytest.raises(Conflict):
            start_log_import(run_id, steps=STEPS)
    with other.as_owner(), pytest.raises(NotFound):
        start_log_import(run_id, steps=STEPS)
    with house.as_contact(), pytest.raises(NotAllowed):
        upload_log(past(2), "past.csv")


def test_the_pages_lead_from_a_file_to_what_was_learnt(house, client) -> None:
    client.force_login(house.owner.person)
    address = f"/{house.slug}/history/"
    wrong = BytesIO(b"<xes/>")
    wrong.name = "wrong.xml"
    refused = client.post(address, {"file": wrong})
    assert (refused.status_code, "neither XES nor OCEL" in refused.content.decode()) == (422, True)
    sent = past(3, more="1,Needs,some day\n")
    sent.name = "past.csv"
    where = client.post(address, {"file": sent}).url
    assert client.post(where, {"verb": "survey", **MAPPING}).status_code == 422
    assert client.post(where, {"verb": "survey", **MAPPING, "playbook_key": "small"}).status_code == 302
    text = client.get(where).content.decode()
    assert ('<option value="needs" selected>' in text, "Welcome call" in text) == (True, True)
    assert client.post(where, {"verb": "start"}).status_code == 422
    assert client.post(where, {"verb": "start", "step.0": "needs", "step.1": "welcome"}).status_code == 302
    run_until_idle()
    text = client.get(where).content.decode()
    assert ("Learnt from" in text, "some day" in text) == (True, True)
    assert client.post(f"{where}do/", {"verb": "remove"}).status_code == 302
    with house.as_owner():
        assert PastCase.objects.count() == 0


def lived(house) -> str:
    journey_id = house.start(kickoff_on=date(2026, 3, 2))
    with house.as_owner():
        assign_step(journey_id, "welcome", member_id=house.owner.id)
        complete_step(journey_id, "welcome")
        skip_step(journey_id, "needs", reason="Known")
        undo(journey_id, AuditEntry.objects.filter(verb="step.skipped").latest("position").position)
    return journey_id


def test_history_goes_out_as_xes_with_ids_or_names_and_what_was_taken_back_is_not_there(house, other) -> None:
    journey_id = lived(house)
    other.start()
    with house.as_owner():
        raw = "".join(log_in_pieces("xes", Filters(state=""), name="acme")).encode()
        traces, faults = traces_of(rows_in(BytesIO(raw), {}))
        assert ([trace.key for trace in traces], faults) == ([journey_id], [])
        rows = [(row.activity, row.transition) for row in rows_in(BytesIO(raw), {})]
        assert ("Onboarding", "start") in rows
        assert [row for row in rows if row[0] == "Welcome"] == [("Welcome", "schedule"), ("Welcome", "assign"), ("Welcome", "complete")]
        assert ("Needs", "manualskip") not in rows
        assert house.owner.name.encode() not in raw
        assert house.owner.id.encode() in raw
        named = "".join(log_in_pieces("xes", Filters(state=""), name="acme", named=True))
        assert f'key="org:resource" value="{house.owner.name}"' in named
        assert "".join(log_in_pieces("xes", Filters(state="closed"), name="acme")).count("<trace>") == 0
    with house.as_contact(), pytest.raises(NotAllowed):
        next(log_in_pieces("xes", Filters(state=""), name="acme"))


def test_history_goes_out_as_ocel_with_every_object_that_an_event_concerns(house) -> None:
    journey_id = lived(house)
    with house.as_owner():
        plain = json.loads("".join(log_in_pieces("ocel_json", Filters(state=""), name="acme")))
        objects = {one["id"]: one["type"] for one in plain["objects"]}
        assert (objects[journey_id], objects[house.account_id], objects[house.owner.id]) == ("onboarding", "account", "person")
        assert {one["objectId"] for event in plain["events"] for one in event["relationships"]} <= set(objects)
        assert {event["type"] for event in plain["events"]} <= {one["name"] for one in plain["eventTypes"]}
        assert len({event["id"] for event in plain["events"]}) == len(plain["events"])
        xml = "".join(log_in_pieces("ocel_xml", Filters(state=""), name="acme"))
        assert len(ET.fromstring(xml).findall("events/event")) == len(plain["events"])
        assert survey(BytesIO(xml.encode())).objects == {"onboarding": 1, "account": 1, "person": 1, "step": 4}


def test_who_takes_history_out_is_written_down_and_others_cannot(house, client) -> None:
    lived(house)
    client.force_login(house.owner.person)
    answer = client.post(f"/{house.slug}/history/export/", {"format": "xes", "playbook_key": "small"})
    assert (".xes" in answer["Content-Disposition"], b"".join(answer.streaming_content).count(b"<trace>")) == (True, 1)
    assert client.post(f"/{house.slug}/history/export/", {"format": "exe"}).status_code == 404
    with house.as_owner():
        entry = AuditEntry.objects.get(verb="list.exported", object_id="history")
        assert '"playbook_key": "small"' in entry.body or '"playbook_key":"small"' in entry.body
    client.force_login(house.member("viewer").person)
    assert client.post(f"/{house.slug}/history/export/", {"format": "xes"}).status_code == 404
    assert client.post(f"/{house.slug}/history/", {}).status_code == 404
