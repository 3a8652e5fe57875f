"""10,000 running journeys dated anew in the background after a day off was added, beside one transaction for each; and the load of the team."""

import os
import random
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import report  # noqa: E402
import scratch  # noqa: E402

MANY = int(os.environ.get("BENCH_ROWS", "10000"))
ALONE = min(MANY, 200)
STEPS = 20
NEEDS: dict[int, list[int]] = {number: [max(1, number - 2), max(1, number - 1)] if number > 2 else [1] for number in range(2, STEPS + 1)}
COUNTRIES = ("US", "BD", "MN", "AZ", "IN", "MY", "US", "US")
SQLITE, POSTGRES_PORT = "sqlite", 18437


def fill(owners: list[str]) -> None:
    """Accounts in several countries, each with a journey; kick-offs from eight weeks ago to four ahead, the first steps done."""
    from boardwell.domain.accounts.actions.save_account import create_account
    from boardwell.domain.journeys.actions.start_journey import start_journey
    from boardwell.domain.journeys.models import Step
    from boardwell.domain.journeys.orders import StartOrder
    from boardwell.kernel.clock import now
    from boardwell.kernel.models import OutboxEvent

    dice, today = random.Random(7), now().date()
    for number in range(MANY):
        account_id = create_account(name=f"Firm {number:06}", country=dice.choice(COUNTRIES))
        kickoff = today + timedelta(days=dice.randrange(-56, 28))
        start_journey(
            StartOrder(playbook_key="bench", account_id=account_id, owner_id=dice.choice(owners), kickoff_on=kickoff, welcome=False)
        )
    Step.objects.filter(side="ours").update(effort_minutes=90)
    OutboxEvent.objects.all().delete()  # what starting sets off is not what is measured


def redate(day: Any) -> dict[str, Any]:
    """Adds a day off and works until every journey has followed; how long that took, and the longest turn."""
    from boardwell.domain.journeys.actions import follow_calendar
    from boardwell.domain.organisations.actions.change_settings import save_calendar
    from boardwell.domain.organisations.models import WorkCalendar
    from boardwell.kernel.tasks.worker import run_until_idle

    calendar = WorkCalendar.objects.get(is_default=True)
    turns: list[float] = []
    follow = follow_calendar.follow

    def timed(ids: Any) -> Any:
        began = time.perf_counter()
        turn = follow(ids)
        turns.append(time.perf_counter() - began)
        return turn

    follow_calendar.follow = timed
    off = sorted({*calendar.days_off, day.isoformat()})
    began, used = time.perf_counter(), time.process_time()
    save_calendar(
        calendar_id=calendar.id, name=calendar.name, country=calendar.country, weekdays=calendar.weekdays, days_off=off, is_default=True
    )
    run_until_idle()
    took, cpu = time.perf_counter() - began, time.process_time() - used
    follow_calendar.follow = follow
    calendar.refresh_from_db()
    assert calendar.journeys_done == calendar.journeys_total == MANY, (calendar.journeys_done, calendar.journeys_total)
    assert calendar.followed_at is not None
    return {"seconds": took, "cpu": cpu, "moved": calendar.steps_moved, "turns": len(turns), "longest": max(turns)}


def alone(day: Any) -> float:
    """Milliseconds for each journey when every one has a transaction of its own."""
    from boardwell.domain.journeys.actions import follow_calendar
    from boardwell.domain.journeys.models import Journey
    from boardwell.domain.organisations.models import WorkCalendar

    calendar = WorkCalendar.objects.get(is_default=True)
    calendar.days_off = sorted({*calendar.days_off, day.isoformat()})
    calendar.save()
    ids = list(Journey.objects.order_by("id").values_list("id", flat=True)[:ALONE])
    began = time.perf_counter()
    for journey_id in ids:
        follow_calendar.follow([journey_id])
    return (time.perf_counter() - began) * 1000 / len(ids)


def load() -> tuple[float, float]:
    """Milliseconds of processor for the whole team's load and for one member's, the middle of five."""
    from boardwell.domain.journeys.queries.load import member_load, team_load

    def middle(act: Any) -> float:
        took = []
        for _round in range(5):
            began = time.process_time()
            act()
            took.append((time.process_time() - began) * 1000)
        return sorted(took)[2]

    members = team_load().members
    return middle(team_load), middle(lambda: member_load(members[0].id))


def main() -> None:
    """On SQLite, or on the PostgreSQL that BENCH_DATABASE_URL names."""
    path = scratch.folder("redate")
    try:
        scratch.use(path, os.environ.get("BENCH_DATABASE_URL", ""))
        from boardwell.domain.people.actions.invite_member import invite_member
        from boardwell.domain.people.queries import member_by_id
        from boardwell.domain.people.roles import actor_for_member
        from boardwell.kernel import tenancy
        from boardwell.kernel.clock import now

        organisation_id, owner_id = scratch.found_house(STEPS, NEEDS)
        with tenancy.acting_for(organisation_id):
            owners = [owner_id, *(invite_member(email=f"m{n}@bench.example", name=f"Member {n}", role="manager") for n in range(99))]
            actor = actor_for_member(member_by_id(owner_id))
        with tenancy.acting_for(organisation_id, actor):
            began = time.perf_counter()
            fill(owners)
            print(f"{MANY:,} journeys started in {time.perf_counter() - began:.0f} s", file=sys.stderr)
            monday = now().date() + timedelta(days=7 - now().weekday())
            team, one = load()
            far = redate(monday + timedelta(days=1_400))
            near = redate(monday + timedelta(days=8))
            each = alone(monday + timedelta(days=9))
    finally:
        scratch.drop(path)
    note = (
        f"{near['moved']:,} steps moved, {near['cpu']:.0f} s of processor, longest turn {near['longest'] * 1000:.0f} ms of {near['turns']}"
    )
    report.publish(
        "redate",
        [
            report.row(
                f"{MANY:,} journeys, a day off in a week", near["seconds"] * 1000 / MANY, each, "one at a time", "ms a journey",
                less_is_better=True, note=note,
            ),
            report.row(f"{MANY:,} journeys, a day off in a week", near["seconds"], 150, "the former estimate", "s", less_is_better=True),
            report.row(f"{MANY:,} journeys, a day that touches none", far["seconds"], near["seconds"], "one that does", "s", less_is_better=True),
            report.row(f"the load of 100 members, {MANY:,} journeys", team, 0, "", "ms", note=f"one member {one:.1f} ms"),
        ],
    )  # fmt: skip


main()
