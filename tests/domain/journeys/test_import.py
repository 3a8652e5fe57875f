"""Importing accounts: good rows come in, bad ones are named, a second load makes no doubles, a killed run goes on."""

import csv
import io
import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest
from django.db import connection

from boardwell.domain.accounts.models import Account
from boardwell.domain.journeys.actions import import_accounts
from boardwell.domain.journeys.actions.import_accounts import ADDED_COLUMNS, cancel_import, refused_rows, start_import, upload_import
from boardwell.domain.journeys.csvfile import guessed_mapping, rows_of
from boardwell.domain.journeys.models import ImportProblem, ImportRun, Journey
from boardwell.kernel.errors import Conflict, Invalid
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


def file_of(run: ImportRun) -> str:
    header, batches = refused_rows(run.id)
    text = io.StringIO()
    csv.writer(text).writerows([header, *(row for batch in batches for row in batch)])
    return text.getvalue()


def test_the_file_of_refused_rows_holds_them_whole_and_is_loaded_again_once_put_right(house) -> None:
    with house.as_owner():
        run = load(CSV)
        text = file_of(run)
        assert list(csv.reader(io.StringIO(text))) == [
            [*ADDED_COLUMNS, "Company", "CRM id", "Country", "E-mail"],
            ["3", "Country", "Use the country's two-letter code, such as MN.", "Beta", "2", "Britain", ""],
            ["4", "Company", "The account's name is missing.", "", "3", "GB", ""],
            ["5", "E-mail", "This is not an e-mail address.", "Gamma", "4", "GB", "not-an-address"],
        ]
        fixed = text.replace("Britain", "GB").replace(",,3,", ",Epsilon,3,").replace("not-an-address", "g@gamma.example")
        again = load(fixed)
        assert again.mapping == run.mapping
        assert again.options["remembered"] is True
        assert (again.rows_created, again.rows_updated, again.rows_refused) == (3, 0, 0)
        assert Account.objects.filter(source="csv").count() == 5


def test_a_formula_that_was_made_inert_comes_back_as_it_was(house) -> None:
    with house.as_owner():
        load("Name,Id\n'=cmd,7\n'quoted,8\n")
        assert set(Account.objects.filter(source="csv").values_list("name", flat=True)) == {"=cmd", "'quoted"}


def test_the_mapping_that_somebody_chose_is_remembered_for_the_same_columns(house) -> None:
    text = "Firma,Kennung\nAlpha,1\n"
    with house.as_owner():
        run_id = upload_import(io.BytesIO(text.encode()), "a.csv")
        assert ImportRun.objects.get(pk=run_id).mapping == {}
        start_import(run_id, mapping={"name": "Firma", "external_id": "Kennung"})
        second = ImportRun.objects.get(pk=upload_import(io.BytesIO(text.encode()), "b.csv"))
        assert second.mapping == {"name": "Firma", "external_id": "Kennung"}
        assert second.options["sample"] == [["Alpha", "1"]]


def test_owners_take_turns_and_a_second_load_takes_nobodys_accounts_away(house) -> None:
    members = sorted([house.owner, house.member("manager")], key=lambda member: (member.name, member.id))
    text = "Name,Id,Owner\nA,1,\nB,2,\nC,3,\nD,4,owner@acme.example\n"
    with house.as_owner():
        load(text, playbook_key="small", owner_ids=[member.id for member in members], kickoff_on=date(2026, 12, 1))
        owners = dict(Account.objects.filter(source="csv").values_list("name", "owner_id"))
        first, second = members[0].id, members[1].id
        assert owners == {"A": first, "B": second, "C": first, "D": house.owner.id}
        assert dict(Journey.objects.values_list("account__name", "owner_id")) == owners
        assert set(Journey.objects.values_list("kickoff_on", flat=True)) == {date(2026, 12, 1)}
        load(text)
        assert dict(Account.objects.filter(source="csv").values_list("name", "owner_id")) == owners


@pytest.mark.parametrize(
    ("more", "field"),
    [({"playbook_key": "unknown"}, "playbook_key"), ({"owner_ids": ["mem_nobody"]}, "owner_ids"), ({"mapping": {}}, "name"),
     ({"mapping": {"name": "Name", "city": "Id", "country": "Id"}}, "city")],
)  # fmt: skip
def test_what_cannot_be_started_is_refused_before_a_row_comes_in(house, more: dict[str, object], field: str) -> None:
    with house.as_owner():
        run_id = upload_import(io.BytesIO(b"Name,Id\nA,1\n"), "a.csv")
        with pytest.raises(Invalid) as refused:
            start_import(run_id, **{"mapping": {"name": "Name"}, **more})
        assert field in refused.value.fields
        assert ImportRun.objects.get(pk=run_id).state == "mapping"
        run_until_idle()
        assert Account.objects.filter(source="csv").count() == 0


def test_a_stopped_run_keeps_what_came_in_and_goes_no_further(house) -> None:
    text = "Name,Id\n" + "".join(f"Company {n},{n}\n" for n in range(120))
    with house.as_owner():
        run_id = upload_import(io.BytesIO(text.encode()), "accounts.csv")
        start_import(run_id, mapping={"name": "Name", "external_id": "Id"})
        Worker().run_inside()
        cancel_import(run_id)
        run_until_idle()
        run = ImportRun.objects.get(pk=run_id)
        assert (run.state, run.next_row) == ("cancelled", import_accounts.ROWS_A_TURN)
        assert Account.objects.filter(source="csv").count() == import_accounts.ROWS_A_TURN
        with pytest.raises(Conflict):
            cancel_import(run_id)


WORKER = "import django; django.setup()\nfrom boardwell.kernel.tasks.worker import run_forever\nrun_forever()\n"


@pytest.mark.django_db(transaction=True)
def test_after_kill_nine_every_row_is_in_once(house, tmp_path: Path) -> None:
    text = "Name,Id\n" + "".join(f"Company {n},{n}\n" for n in range(200))
    with house.as_owner():
        run_id = upload_import(io.BytesIO(text.encode()), "accounts.csv")
        start_import(run_id, mapping={"name": "Name", "external_id": "Id"}, playbook_key="small")
    name = str(connection.settings_dict["NAME"])
    url = f"sqlite:///{name}" if connection.vendor == "sqlite" else os.environ["BOARDWELL_DATABASE_URL"].rsplit("/", 1)[0] + f"/{name}"
    env = {
        **os.environ, "DJANGO_SETTINGS_MODULE": "boardwell.config.settings", "BOARDWELL_DATABASE_URL": url, "BOARDWELL_VAR": str(tmp_path),
    }  # fmt: skip
    seen = []
    for _kill in range(2):
        process = subprocess.Popen([sys.executable, "-c", WORKER], env=env)
        deadline = time.monotonic() + 120
        with house.as_owner():
            before = ImportRun.objects.get(pk=run_id).next_row
            while time.monotonic() < deadline and ImportRun.objects.get(pk=run_id).next_row == before:
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
            process.wait()
            seen.append(ImportRun.objects.get(pk=run_id).next_row)
    assert 0 < seen[0] <= seen[1] < 200
    run_until_idle()
    with house.as_owner():
        run = ImportRun.objects.get(pk=run_id)
        assert (run.state, run.rows_created, run.rows_updated, run.rows_refused) == ("done", 200, 0, 0)
        assert Account.objects.filter(source="csv").count() == Journey.objects.count() == 200
