"""10,000 accounts from a CSV file, each with a 20-step journey, beside csv and executemany; and a kill -9 half-way, after which it goes on."""

import csv
import io
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import floor  # noqa: E402
import report  # noqa: E402
import scratch  # noqa: E402

MANY = int(os.environ.get("BENCH_ROWS", "10000"))
KILLED = int(os.environ.get("BENCH_KILLED_ROWS", "1000"))
NEEDS = {
    1: [], 2: [1], 3: [1], 4: [1], 5: [2, 3, 4], 6: [5], 7: [6], 8: [5], 9: [8], 10: [5], 11: [7, 9, 10], 12: [11], 13: [12], 14: [12],
    15: [13, 14], 16: [15], 17: [15], 18: [15], 19: [16, 17, 18], 20: [19],
}  # fmt: skip
COLUMNS = (
    "Symbol",
    "Security",
    "GICS Sector",
    "GICS Sub-Industry",
    "Headquarters Location",
    "Date added",
    "CIK",
    "Founded",
    "Contact",
    "E-mail",
)
"""Those of a public list of companies, with a contact beside each."""
_FIRST = ("North", "Blue", "Silver", "River", "Summit", "Cedar", "Harbour", "Amber", "Meridian", "Copper", "Willow", "Granite")
_SECOND = ("Textile", "Foods", "Energy", "Logistics", "Bank", "Optics", "Paper", "Robotics", "Pharma", "Shipping", "Glass", "Media")
_SECTORS = (
    ("Industrials", "Building Products"),
    ("Energy", "Oil & Gas"),
    ("Financials", "Regional Banks"),
    ("Materials", "Paper Products"),
)
_CITIES = (
    "Saint Paul, Minnesota",
    "Ulaanbaatar, Mongolia",
    "Dhaka, Bangladesh",
    "Bakı, Azerbaijan",
    "Johor Bahru, Malaysia",
    "Lucknow, India",
)
_PEOPLE = ("Ada", "Bat", "Chitra", "Elçin", "Farida", "Nur", "Sarnai", "Tom")


def companies(many: int) -> str:
    """An invented list of companies, the same every time."""
    pick, out = random.Random(7), io.StringIO()
    sheet = csv.writer(out)
    sheet.writerow(COLUMNS)
    for number in range(many):
        sector, industry = pick.choice(_SECTORS)
        name = f"{pick.choice(_FIRST)} {pick.choice(_SECOND)} {number}"
        sheet.writerow(
            (f"C{number}", name, sector, industry, pick.choice(_CITIES), "2019-05-21", 100_000 + number, 1900 + number % 120,
             f"{pick.choice(_PEOPLE)} No{number}", f"lead@c{number}.example")
        )  # fmt: skip
    return out.getvalue()


class Importing:
    """An organisation into which files are loaded through the actions."""

    def __init__(self) -> None:
        from boardwell.domain.people.queries import member_by_id
        from boardwell.domain.people.roles import actor_for_member
        from boardwell.kernel import tenancy

        self.organisation_id, owner_id = scratch.found_house(20, NEEDS)
        with tenancy.acting_for(self.organisation_id):
            self.actor = actor_for_member(member_by_id(owner_id))

    def acting(self) -> Any:
        """As the owner."""
        from boardwell.kernel import tenancy

        return tenancy.acting_for(self.organisation_id, self.actor)

    def begin(self, text: str, name: str) -> str:
        """Uploads and starts; the worker does the rest."""
        from django.core.files.uploadedfile import SimpleUploadedFile

        from boardwell.domain.journeys.actions.import_accounts import start_import, upload_import
        from boardwell.domain.journeys.queries.imports import import_run
        from boardwell.kernel.tasks.worker import run_until_idle

        run_until_idle()
        with self.acting():
            run_id = upload_import(SimpleUploadedFile(name, text.encode()), name)
            start_import(run_id, mapping=import_run(run_id).mapping, playbook_key="bench")
        return run_id

    def seen(self, run_id: str) -> Any:
        """How far it is."""
        from boardwell.domain.journeys.queries.imports import import_run

        with self.acting():
            return import_run(run_id)

    def counts(self) -> dict[str, int]:
        """Rows by table."""
        from django.db import connection

        found = {}
        with connection.cursor() as cursor:
            for table in ("accounts_account", "accounts_contact", "journeys_journey", "journeys_step"):
                cursor.execute(f"SELECT COUNT(*) FROM {table}")
                found[table] = cursor.fetchone()[0]
        return found


def speed(importing: Importing) -> tuple[float, float]:
    """(seconds, seconds of processor) of the whole file, in this process, without the events that follow."""
    from boardwell.kernel.tasks.worker import Worker

    run_id = importing.begin(companies(MANY), "companies.csv")
    worker, began, spent = Worker("bench"), time.perf_counter(), time.process_time()
    while worker.run_inside():
        pass
    took = time.perf_counter() - began, time.process_time() - spent
    run = importing.seen(run_id)
    assert (run.state, run.rows_created, run.rows_refused) == ("done", MANY, 0), (run.state, run.rows_created, run.rows_refused)
    return took


def killed(importing: Importing) -> dict[str, int]:
    """Accounts missing and doubled after the worker was killed half-way and started again."""
    before = importing.counts()
    text = companies(MANY + KILLED)
    lines = text.splitlines(keepends=True)
    run_id = importing.begin(lines[0] + "".join(lines[1 + MANY :]), "more.csv")
    command = [str(scratch.ROOT / ".venv" / "bin" / "boardwell"), "worker"]
    for part in (0.3, 0.6, 2.0):
        worker = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        deadline = time.monotonic() + 900
        while time.monotonic() < deadline:
            run = importing.seen(run_id)
            if run.state == "done" or run.next_row >= part * KILLED:
                break
            time.sleep(0.05)
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
    run, after = importing.seen(run_id), importing.counts()
    assert (run.state, run.rows_created, run.rows_refused) == ("done", KILLED, 0), (run.state, run.rows_created, run.rows_refused)
    added = {table: after[table] - before[table] for table in after}
    wanted = {"accounts_account": KILLED, "accounts_contact": KILLED, "journeys_journey": KILLED, "journeys_step": 20 * KILLED}
    return {
        "missing": sum(max(0, wanted[table] - added[table]) for table in wanted),
        "doubled": sum(max(0, added[table] - wanted[table]) for table in wanted),
    }


def main() -> None:
    """Speed, then the kill."""
    place = scratch.folder("import")
    try:
        scratch.use(place)
        importing = Importing()
        ours, ours_cpu = speed(importing)
        other, other_cpu = floor.load(place / "floor.sqlite3", companies(MANY), NEEDS)
        fate = killed(importing)
    finally:
        scratch.drop(place)
    note = f"{MANY:,} accounts; processor {ours_cpu / MANY * 1000:.2f} ms each, floor {other_cpu / MANY * 1000:.2f} ms"
    rows = [report.row("accounts with a 20-step journey from CSV", MANY / ours, MANY / other, "csv, executemany", "per second", note=note)]
    rows += [report.row(f"rows {word} after two kill -9 of {KILLED:,} accounts", count, 0, "none", "rows") for word, count in fate.items()]
    report.publish("import", rows)


if __name__ == "__main__":
    main()
