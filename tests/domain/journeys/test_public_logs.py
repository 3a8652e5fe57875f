"""The public event logs, where they are at hand: our reader against a plain one, and into a house from end to end."""

import csv
import os
from collections import Counter
from io import BytesIO
from pathlib import Path

import pytest

from boardwell.domain.journeys.actions.import_log import start_log_import, survey_log, upload_log
from boardwell.domain.journeys.eventlogs.reading import read_log
from boardwell.domain.journeys.forecasts.eventlog import cases_of, read_csv
from boardwell.domain.journeys.models import LogImport, PastCase
from boardwell.kernel.tasks.worker import run_until_idle
from tests.conftest import ROOT

LOGS = Path(os.environ.get("BENCH_LOGS", ROOT.parent / "shared" / "data" / "eventlogs"))
needed = pytest.mark.skipif(not (LOGS / "helpdesk.csv").exists(), reason="the public logs are not at hand; set BENCH_LOGS")


@needed
@pytest.mark.parametrize("name", ["helpdesk", "bpi_12_w"])
def test_our_reader_finds_every_case_and_event_that_a_plain_one_finds(name: str) -> None:
    path = LOGS / f"{name}.csv"
    traces, faults = read_log(path)
    with path.open(newline="", encoding="utf-8") as lines:
        expected = Counter(row[0] for row in list(csv.reader(lines))[1:])
    assert faults == []
    assert {trace.key: len(trace.done) for trace in traces} == expected
    assert sorted(cases_of(traces), key=lambda case: case.key) == sorted(read_csv(path), key=lambda case: case.key)


@needed
@pytest.mark.django_db
def test_a_help_desk_of_years_comes_into_a_house_and_is_no_onboarding(house) -> None:
    with house.as_owner():
        run_id = upload_log(BytesIO((LOGS / "helpdesk.csv").read_bytes()), "helpdesk.csv")
        survey_log(run_id, mapping={"case": "CaseID", "activity": "ActivityID", "at": "CompleteTimestamp"}, playbook_key="small")
        start_log_import(run_id, steps={"8": "welcome", "6": "needs"})
        run_until_idle()
        run = LogImport.objects.get(pk=run_id)
        assert (run.state, run.cases_total, run.events_taken, run.events_refused) == ("done", 3804, 13710, 0)
        assert PastCase.objects.count() == 3804
