"""Importing accounts: good rows come in, bad ones are named, a second load makes no doubles, a killed run goes on."""

import io
from pathlib import Path

import pytest

from boardwell.domain.accounts.models import Account
from boardwell.domain.journeys.actions import import_accounts
from boardwell.domain.journeys.actions.import_accounts import start_import, upload_import
from boardwell.domain.journeys.csvfile import guessed_mapping, rows_of
from boardwell.domain.journeys.models import ImportProblem, ImportRun, Journey
from boardwell.kernel.errors import Invalid
from boardwell.kernel.models import BackgroundTask
from boardwell.kernel.tasks.worker import Worker, run_until_idle

REAL = Path(__file__).resolve().parents[4] / "shared" / "data" / "accounts" / "sp500-constituents.csv"
CSV = "Company,CRM id,Country,E-mail\nAlpha,1,GB,a@alpha.example\nBeta,2,Britain,\n,3,GB,\nGamma,4,GB,not-an-address\nDelta,5,MN,d@delta.example\n"


def load(text: str, **more: object) -> ImportRun:
    run_id = upload_import(io.BytesIO(text.encode()), "accounts.csv")
    run = ImportRun.objects.get(pk=run_id)
    start_import(run_id, mapping=run.mapping, **more)
    run_until_idle()
    return ImportRun.objects.get(pk=run_id)


def test_bad_rows_are_named_with_row_column_reason_and_value_and_the_rest_comes_in(house) -> None:
    with house.as_owner():
        run = load(CSV)
        assert (run.state, run.rows_created, run.rows_updated, run.rows_refused) == ("done", 2, 0, 3)
        assert list(ImportProblem.objects.order_by("row").values_list("row", "column", "value")) == [
            (3, "Country", "Britain"), (4, "Company", ""), (5, "E-mail", "not-an-address"),
        ]  # fmt: skip
        assert set(Account.objects.filter(source="csv").values_list("name", "external_id")) == {("Alpha", "1"), ("Delta", "5")}


def test_the_corrected_file_makes_no_doubles(house) -> None:
    with house.as_owner():
        load(CSV)
        fixed = CSV.replace("Britain", "GB").replace(",3,", "Epsilon,3,").replace("not-an-address", "g@gamma.example")
        run = load(fixed)
        assert (run.rows_created, run.rows_updated, run.rows_refused) == (3, 2, 0)
        assert Account.objects.filter(source="csv").count() == 5


def test_a_journey_is_started_for_each_once(house) -> None:
    with house.as_owner():
        load(CSV, playbook_key="small")
        load(CSV, playbook_key="small")
        assert Journey.objects.count() == 2


def test_a_run_that_dies_in_the_middle_goes_on_where_it_was(house, monkeypatch) -> None:
    text = "Name,Id\n" + "".join(f"Company {n},{n}\n" for n in range(120))
    with house.as_owner():
        run_id = upload_import(io.BytesIO(text.encode()), "accounts.csv")
        start_import(run_id, mapping={"name": "Name", "external_id": "Id"})
        worker = Worker()
        worker.run_inside()
        worker.run_inside()
        done = ImportRun.objects.get(pk=run_id).next_row
        assert 0 < done < 120
        real, calls = import_accounts.upsert_account, []

        def dies(**values: object) -> object:
            calls.append(values)
            if len(calls) == 10:
                raise KeyboardInterrupt
            return real(**values)

        monkeypatch.setattr(import_accounts, "upsert_account", dies)
        with pytest.raises(KeyboardInterrupt):
            worker.run_inside()
        assert ImportRun.objects.get(pk=run_id).next_row == done
        monkeypatch.undo()
        BackgroundTask.objects.filter(state="running").update(state="waiting")
        run_until_idle()
        run = ImportRun.objects.get(pk=run_id)
        assert (run.state, run.rows_created, run.rows_updated) == ("done", 120, 0)
        assert Account.objects.filter(source="csv").count() == 120


@pytest.mark.skipif(not REAL.exists(), reason="the real list lies beside the project")
def test_a_real_list_with_its_own_column_names_comes_in_whole(house) -> None:
    text = REAL.read_text(encoding="utf-8")
    headers, rows = rows_of(text)
    assert guessed_mapping(headers) == {
        "name": "Security",
        "external_id": "Symbol",
        "industry": "GICS Sector",
        "city": "Headquarters Location",
    }
    total = sum(1 for _row in rows)
    with house.as_owner():
        run = load(text)
        assert (run.rows_total, run.rows_created, run.rows_refused) == (total, total, 0)


@pytest.mark.parametrize("text", ["", "\n\n", "\x00\x00"])
def test_what_is_no_table_is_refused_and_nothing_is_kept(house, text: str) -> None:
    with house.as_owner():
        with pytest.raises(Invalid):
            upload_import(io.BytesIO(text.encode()), "accounts.csv")
        assert ImportRun.objects.count() == 0
