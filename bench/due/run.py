"""The due tick from 1,000 to 1,000,000 sleeping journeys: a look-up when nothing is due, 500 due steps seen to, and a full scan."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import report  # noqa: E402
import scratch  # noqa: E402

SIZES = {
    "sqlite": [int(size) for size in os.environ.get("BENCH_SIZES", "1000,10000,100000,1000000").split(",")],
    "postgres": [int(size) for size in os.environ.get("BENCH_SIZES", "1000,10000,100000").split(",")],
}
"""Journeys asleep: each waits for one open step, whose next moment lies in the future."""
DUE = 500
POSTGRES_PORT = 18432


def milliseconds(act: Callable[[], Any], times: int) -> float:
    """The best of several runs: what it costs, not what else the machine was doing."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        took.append((time.perf_counter() - began) * 1000)
    return min(took)


class Sleepers:
    """Journeys made from one that was started through the action, copied row by row inside the database."""

    def __init__(self) -> None:
        from django.db import connection

        from boardwell.domain.accounts.actions.save_account import create_account
        from boardwell.domain.journeys.actions.start_journey import start_journey
        from boardwell.domain.journeys.orders import StartOrder
        from boardwell.domain.people.queries import member_by_id
        from boardwell.domain.people.roles import actor_for_member
        from boardwell.kernel import tenancy
        from boardwell.kernel.clock import today
        from boardwell.kernel.tasks.worker import run_until_idle

        self.connection = connection
        organisation_id, owner_id = scratch.found_house(1)
        with tenancy.acting_for(organisation_id):
            actor = actor_for_member(member_by_id(owner_id))
        with tenancy.acting_for(organisation_id, actor):
            order = StartOrder(
                playbook_key="bench", account_id=create_account(name="Bench"), owner_id=owner_id, welcome=False, kickoff_on=today()
            )
            self.journey_id = start_journey(order).journey_id
        run_until_idle()
        self.made = 0

    def run(self, sql: str, values: list[Any] | None = None) -> Any:
        """One statement, across organisations."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall() if cursor.description else None

    def grow(self, size: int) -> None:
        """Makes copies until there are `size`."""
        lite = self.connection.vendor == "sqlite"
        number = "n.i" if lite else "n.i::bigint"
        numbers = (
            "(WITH RECURSIVE n(i) AS (VALUES(%s) UNION ALL SELECT i + 1 FROM n WHERE i < %s) SELECT i FROM n) n"
            if lite
            else "generate_series(%s::bigint, %s::bigint) AS n(i)"
        )
        made = {
            "journeys_journey": {"id": self._id("jrn", number)},
            "journeys_step": {"id": self._id("stp", number), "journey_id": self._id("jrn", number), "next_due_at": self._future(number)},
        }
        for table, changed in made.items():
            names = [column.name for column in self.connection.introspection.get_table_description(self.connection.cursor(), table)]
            wanted = ", ".join(changed.get(name, f"t.{name}") for name in names)
            key = "t.id" if table == "journeys_journey" else "t.journey_id"
            self.run(
                f"INSERT INTO {table} ({', '.join(names)}) SELECT {wanted} FROM {table} t, {numbers} WHERE {key} = %s",
                [self.made + 1, size, self.journey_id],
            )
        self.made = size
        self.run("ANALYZE")

    def _id(self, prefix: str, number: str) -> str:
        if self.connection.vendor == "sqlite":
            return f"printf('{prefix}_%%026d', {number})"
        return f"'{prefix}_' || lpad({number}::text, 26, '0')"

    def _future(self, number: str) -> str:
        if self.connection.vendor == "sqlite":
            return f"strftime('%%Y-%%m-%%d %%H:%%M:%%S', 'now', '+' || (86400 + {number}) || ' seconds')"
        return f"now() + interval '1 day' + {number} * interval '1 second'"

    def wake(self, many: int) -> None:
        """Makes steps of journeys all over the table due."""
        stride = max(1, self.made // many)
        past = "datetime('now', '-60 seconds')" if self.connection.vendor == "sqlite" else "now() - interval '60 seconds'"
        ids = [f"stp_{number * stride:026d}" for number in range(1, many + 1)]
        self.run(f"UPDATE journeys_step SET next_due_at = {past}, reminded = 0 WHERE id IN ({', '.join(['%s'] * many)})", ids)


def measure(vendor: str) -> list[dict[str, Any]]:
    """Every size on one database, in this process."""
    from django.db import transaction

    from boardwell.domain.journeys.tasks import due_tick
    from boardwell.kernel import schema, tenancy
    from boardwell.kernel.clock import now
    from boardwell.kernel.recurring import AGAIN
    from boardwell.kernel.sql import instant

    sleepers = Sleepers()

    def tick() -> Any:
        with transaction.atomic():
            return due_tick()

    def see_to_all() -> float:
        sleepers.wake(min(DUE, sleepers.made))
        began = time.perf_counter()
        while tick() is AGAIN:
            pass
        took = (time.perf_counter() - began) * 1000
        (left,) = sleepers.run("SELECT COUNT(*) FROM journeys_step WHERE next_due_at <= %s", [instant(now())])[0]
        assert left == 0
        return took

    def scan() -> None:
        unindexed = "next_due_at || ''" if vendor == "sqlite" else "next_due_at + interval '0'"
        sleepers.run(f"SELECT id FROM journeys_step WHERE {unindexed} <= %s", [instant(now())])

    found = []
    with tenancy.unscoped("bench"):
        for size in SIZES[vendor]:
            if vendor == "sqlite":  # what the copies hold was checked once, on their source
                sleepers.run("PRAGMA synchronous=OFF")
                schema.before_migrate("default", [True])
            sleepers.grow(size)
            if vendor == "sqlite":
                schema.enforce()
                sleepers.run("PRAGMA synchronous=FULL")
            tick()
            found.append(
                {
                    "size": size, "look": milliseconds(tick, 25), "due": min(see_to_all() for _ in range(5)),
                    "scan": milliseconds(scan, 5),
                }
            )  # fmt: skip
            print(f"{vendor} {size:,}: {found[-1]}", file=sys.stderr)
    return found


def rows_of(vendor: str, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The table's rows of one database."""
    first, last = found[0], found[-1]
    rows = [
        report.row(f"{vendor}, look-up, {each['size']:,} asleep", each["look"], each["scan"], "full scan", "ms", less_is_better=True)
        for each in found
    ]
    for what, words in (("look", "look-up"), ("due", f"{DUE} due seen to")):
        name = f"{vendor}, {words}: {last['size']:,} beside {first['size']:,}"
        rows.append(report.row(name, last[what], first[what], f"the same at {first['size']:,}", "ms", less_is_better=True))
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
    report.publish("due", rows)


def one(vendor: str) -> None:
    """What the processes do."""
    place = scratch.folder("due")
    try:
        if vendor == "sqlite":
            scratch.use(place)
            print(json.dumps(measure(vendor)))
        else:
            with scratch.postgres(place, POSTGRES_PORT) as url:
                scratch.use(place, url)
                print(json.dumps(measure(vendor)))
    finally:
        scratch.drop(place)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        one(sys.argv[1])
    else:
        main()
