"""The portfolio's first page at 1,000, 10,000 and 100,000 onboardings: time, queries, and the plan the database makes for them."""

import json
import os
import random
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import report  # noqa: E402
import scratch  # noqa: E402

SIZES = [int(size) for size in os.environ.get("BENCH_SIZES", "1000,10000,100000").split(",")]
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "7"))
POSTGRES_PORT = 18436
PAGES = {
    "first page": "state=open",
    "search: hundred of them": "state=open&search=firm+0007",
    "search: one of them": "state=open&search=000777+firm",
    "search: all of them": "state=open&search=firm",
    "accounts: search": "q=firm+0007",
    "everything: search": "q=firm+0007",
    "required steps": "",
    "required steps: waived": "look=waived",
    "off track only": "state=open&health=off_track",
    "of one owner": "state=open&owner_id={owner}",
    "by health": "state=open&sort=health",
    "by slip": "state=open&sort=-slip",
    "by name": "state=open&sort=account",
    "grouped by owner": "state=open&group=owner",
}
PLACES = {"accounts": "accounts/", "everything": "search/", "required steps": "compliance/"}
"""Where pages are found whose names begin so; the others are of the list of onboardings."""


def fill(organisation_id: str, owner_ids: list[str], start: int, size: int) -> None:
    """Accounts and journeys of every state, health and owner, in the proportions of a firm that has been at it for some years."""
    from boardwell.domain.accounts.models import Account
    from boardwell.domain.journeys.models import Journey
    from boardwell.domain.playbooks.models import PlaybookVersion
    from boardwell.kernel.clock import now
    from boardwell.kernel.wordindex import index_new

    dice, at = random.Random(start), now()
    version_id = PlaybookVersion.objects.values_list("id", flat=True)[0]
    for first in range(start, size, 5_000):
        numbers = range(first, min(first + 5_000, size))
        accounts = [Account(organisation_id=organisation_id, name=f"Firm {number:06}") for number in numbers]
        Account.objects.bulk_create(accounts)
        journeys = []
        for account in accounts:
            kickoff = at.date() - timedelta(days=dice.randrange(60))
            baseline = kickoff + timedelta(days=dice.randrange(20, 90))
            forecast = baseline + timedelta(days=dice.choice((0, 0, 0, 1, 5, 14, -3)))
            health = dice.choice(("on_track",) * 7 + ("at_risk", "at_risk", "off_track"))
            journeys.append(
                Journey(
                    organisation_id=organisation_id, account=account, version_id=version_id, title=f"{account.name} – Bench",
                    owner_id=dice.choice(owner_ids), kickoff_on=kickoff, baseline_live_on=baseline, planned_live_on=baseline,
                    committed_live_on=baseline, forecast_live_on=forecast, steps_total=20, steps_done=dice.randrange(20), stage_key="s",
                    state=dice.choice(("active",) * 6 + ("paused", "live", "closed", "closed")), health=health,
                    health_reasons=[{"code": "overdue", "steps": 2}] if health != "on_track" else [],
                    overdue_steps=0 if health == "on_track" else 2, required_total=18, required_done=dice.randrange(16),
                    required_waived=dice.choice((0, 0, 0, 1, 2)), required_late=0 if health == "on_track" else 1, waiting_side=dice.choice(("customer", "ours")), waiting_name="Anna",
                    waiting_since_at=at - timedelta(days=dice.randrange(20)), value_minor=dice.randrange(100_000, 9_000_000), currency="EUR",
                )
            )  # fmt: skip
        Journey.objects.bulk_create(journeys)
        index_new("account", [(account.id, account.name) for account in accounts])
        index_new("journey", [(journey.id, journey.title) for journey in journeys])


def measure() -> list[dict[str, Any]]:
    """Every size and page, in this process: a signed-in member, the view, the template, no network."""
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from boardwell.domain.people.actions.invite_member import invite_member
    from boardwell.domain.people.queries import member_by_id
    from boardwell.kernel import tenancy

    organisation_id, owner_id = scratch.found_house(20)
    with tenancy.acting_for(organisation_id):
        owners = [owner_id, *(invite_member(email=f"m{n}@bench.example", name=f"Member {n}", role="manager") for n in range(19))]
        person = member_by_id(owner_id).person
    client = Client(headers={"host": settings.ALLOWED_HOSTS[0].lstrip(".*") or "localhost"})
    client.force_login(person)
    found, made = [], 0
    for size in SIZES:
        with tenancy.acting_for(organisation_id):
            fill(organisation_id, owners, made, size)
            made = size
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
        for name, query in PAGES.items():
            path = f"/bench/{PLACES.get(name.partition(':')[0], 'journeys/')}?{query.format(owner=owners[3])}"
            answer = client.get(path)
            assert answer.status_code == 200, (answer.status_code, path)
            assert b"data-row" in answer.content, path
            took = []
            for _round in range(ROUNDS):
                began = time.process_time()
                client.get(path)
                took.append((time.process_time() - began) * 1000)
            with CaptureQueriesContext(connection) as queries:
                client.get(path)
            slowest = max(queries.captured_queries, key=lambda one: float(one["time"]))
            found.append(
                {"size": size, "page": name, "ms": sorted(took)[len(took) // 2], "queries": len(queries), "slowest": slowest["sql"],
                 "slowest_ms": float(slowest["time"]) * 1000}
            )  # fmt: skip
            print(f"{connection.vendor} {size:,} {name}: {found[-1]['ms']:.0f} ms, {len(queries)} queries", file=sys.stderr)
            if os.environ.get("BENCH_EXPLAIN"):
                _explain(connection, queries.captured_queries)
    return found


def _explain(connection: Any, queries: list[dict[str, str]]) -> None:
    """The plan of each slow read, for whoever wants to see which index it takes."""
    word = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    for one in queries:
        if float(one["time"]) >= 0.004 and one["sql"].startswith("SELECT"):
            with connection.cursor() as cursor:
                cursor.execute(f"{word} {one['sql'].replace('%', '%%')}", [])
                steps = [str(row[-1]) for row in cursor.fetchall()]
            print(f"    {one['time']} s {one['sql'][-200:]}", *steps, sep="\n      ", file=sys.stderr)


def rows_of(vendor: str, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The table's rows of one database: each page beside the goal, and whether the queries stay as many."""
    rows = []
    for each in found:
        name = f"{vendor}, {each['size']:,}: {each['page']}"
        rows.append(report.row(name, each["ms"], 100, "the goal", "ms", less_is_better=True, note=f"{each['queries']} queries"))
    for page in PAGES:
        assert len({each["queries"] for each in found if each["page"] == page}) == 1, f"{page}: the number of queries grows"
    return rows


def main() -> None:
    """SQLite, then PostgreSQL where its programs are; each in a process of its own, because Django knows one database."""
    rows = []
    for vendor in ("sqlite", "postgres"):
        if vendor == "postgres" and scratch.postgres_bin() is None:
            print("PostgreSQL: not available")
            continue
        done = subprocess.run([sys.executable, __file__, vendor], stdout=subprocess.PIPE, text=True, check=True)
        rows += rows_of({"sqlite": "SQLite", "postgres": "PostgreSQL"}[vendor], json.loads(done.stdout.splitlines()[-1]))
    report.publish("portfolio", rows)


def one(vendor: str) -> None:
    """What the processes do."""
    place = scratch.folder("portfolio")
    try:
        if vendor == "sqlite":
            scratch.use(place)
            print(json.dumps(measure()))
        else:
            with scratch.postgres(place, POSTGRES_PORT) as url:
                scratch.use(place, url)
                print(json.dumps(measure()))
    finally:
        scratch.drop(place)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        one(sys.argv[1])
    else:
        main()
