"""Requests and durable completions per second through the server as `boardwell serve` starts it, beside a plain view and raw floors."""

import os
import signal
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import cpu  # noqa: E402
import floor  # noqa: E402
import load  # noqa: E402
import report  # noqa: E402
import scratch  # noqa: E402

NEEDS = {
    1: [], 2: [1], 3: [1], 4: [1], 5: [2, 3, 4], 6: [5], 7: [6], 8: [5], 9: [8], 10: [5], 11: [7, 9, 10], 12: [11], 13: [12], 14: [12],
    15: [13, 14], 16: [15], 17: [15], 18: [15], 19: [16, 17, 18], 20: [19],
}  # fmt: skip
"""The process of the engine's bench."""
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "3"))
JOURNEYS_A_ROUND = int(max(150, 120 * SECONDS))
"""Twenty completions each: more than the fastest side can do in a round."""
PORT = 18090
CORE = 0
"""Where the server runs; the load comes from the other one."""


class House:
    """What the requests are about: journeys to look at and to complete, a signed-in contact and member, an API key."""

    def __init__(self) -> None:
        from django.test import Client

        from boardwell.domain.accounts.actions.save_account import create_account
        from boardwell.domain.accounts.actions.save_contact import add_contact
        from boardwell.domain.people.actions.manage_api_keys import create_api_key
        from boardwell.domain.people.models import Person
        from boardwell.domain.people.queries import member_by_id
        from boardwell.domain.people.roles import PERMISSIONS, actor_for_member
        from boardwell.domain.playbooks.actions.write_playbook import import_playbook
        from boardwell.kernel import tenancy

        self.organisation_id, self.owner_id = scratch.found_house(20, NEEDS)
        with tenancy.acting_for(self.organisation_id):
            self.actor = actor_for_member(member_by_id(self.owner_id))
        with tenancy.acting_for(self.organisation_id, self.actor):
            from boardwell.domain.journeys.kinds import kind_rules

            self.account_id = create_account(name="Gobi Textile")
            add_contact(self.account_id, name="Sarnai Dorj", email="sarnai@gobi.example", role="admin")
            shipped = (scratch.ROOT / "playbooks" / "four-steps.yaml").read_text(encoding="utf-8")
            self.shipped_key = import_playbook(shipped, kind_rules()) and "four-steps"
            import_playbook(scratch.playbook(200).replace("key: bench", "key: large"), kind_rules())
            self.shipped, self.large = self.start("four-steps"), self.start("large")
            _key_id, self.secret = create_api_key(name="Bench", scopes=list(PERMISSIONS))
        self.cookies = {}
        for email in ("sarnai@gobi.example", "anna@bench.example"):
            client = Client()
            client.force_login(Person.objects.get(email=email), backend="allauth.account.auth_backends.AuthenticationBackend")
            self.cookies[email] = client.cookies["session"].value
        self.customer, self.member = self.cookies.values()

    def start(self, key: str) -> str:
        """A new journey."""
        from boardwell.domain.journeys.actions.start_journey import start_journey
        from boardwell.domain.journeys.orders import StartOrder

        order = StartOrder(playbook_key=key, account_id=self.account_id, owner_id=self.owner_id, welcome=False)
        return start_journey(order).journey_id

    def journeys(self, count: int) -> list[str]:
        """New journeys of the twenty-step process, their events delivered."""
        from boardwell.kernel import tenancy
        from boardwell.kernel.tasks.worker import run_until_idle

        with tenancy.acting_for(self.organisation_id, self.actor):
            made = [self.start("bench") for _ in range(count)]
        run_until_idle()
        return made


def done_steps() -> int:
    """Steps that the database says are done."""
    from boardwell.domain.journeys.models import Step
    from boardwell.kernel import tenancy

    with tenancy.unscoped("bench"):
        return Step.objects.filter(state="done").count()


class Running(NamedTuple):
    """A server: where it listens and who it is."""

    port: int
    pid: int

    def fire(self, requests: list[bytes], seconds: float) -> dict[str, Any]:
        """Sends the requests; adds the processor's milliseconds for each answer (0 where they cannot be read)."""
        before = cpu.cpu_seconds(self.pid)
        found = load.fire(self.port, requests, seconds, 1 - CORE)
        after = cpu.cpu_seconds(self.pid)
        spent = (after - before) * 1000 / max(1, found["answers"]) if before is not None and after is not None else 0.0
        return {**found, "cpu_ms": spent}


@contextmanager
def server(target: str, place: Path, threads: int | None = None, **env: str) -> Iterator["Running"]:
    """The server, started exactly as `boardwell serve` starts it, with another application where `target` says so."""
    from boardwell.doors.console.again import command_line

    port = PORT
    command = command_line(port) if threads is None else command_line(port, threads=threads)
    command[-1] = target
    here = {
        **os.environ, "BOARDWELL_SERVING": "1", "BOARDWELL_API_REQUESTS_PER_MINUTE": "0", "PYTHONPATH": str(HERE), "BOARDWELL_BASE_URL": f"http://localhost:{port}", **env,
    }  # fmt: skip
    with (place / "server.log").open("ab") as out:
        process = subprocess.Popen(["taskset", "-c", str(CORE), *command], env=here, stdout=out, stderr=out, start_new_session=True)
    try:
        for _ in range(400):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz/", timeout=2).read()
                break
            except OSError:
                time.sleep(0.05)
        else:
            raise RuntimeError((place / "server.log").read_text()[-2000:])
        yield Running(port, process.pid)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        time.sleep(0.3)


def get(running: Running, path: str, seconds: float, **headers: str) -> dict[str, Any]:
    """One page again and again."""
    request = load.request_bytes("GET", path, running.port, headers)
    running.fire([request], 2)
    found = running.fire([request], seconds)
    if found["refused"]:
        raise RuntimeError(f"{path}: {found['refused']} of {found['answers']} refused")
    return found


FLOOR_THREADS = 8
"""The best for the floors, whatever `boardwell serve` takes: with sixteen they lose a quarter to waiting at SQLite's lock."""
FLOORS = {"raw own commit": "django_floor:application", "bare": "floor:application"}
"""Name and WSGI application of each floor of a completion."""


def completions(running: Running, house: House, how: str) -> dict[str, Any]:
    """Every step of many journeys in order; counted in the database afterwards."""
    ids = house.journeys(JOURNEYS_A_ROUND)
    requests = []
    for number in NEEDS:
        for journey in ids:
            if how == "api":
                headers = {"Authorization": f"Bearer {house.secret}", "Content-Type": "application/json"}
                path = f"/api/v1/journeys/{journey}/steps/s{number}/complete"
                requests.append(load.request_bytes("POST", path, running.port, headers, b"{}"))
            else:
                token = "b" * 32
                headers = {
                    "Cookie": f"session={house.member}; csrf={token}", "Content-Type": "application/x-www-form-urlencoded",
                }  # fmt: skip
                path = f"/bench/journeys/{journey}/steps/s{number}/"
                requests.append(load.request_bytes("POST", path, running.port, headers, f"csrfmiddlewaretoken={token}&verb=done".encode()))
    before = done_steps()
    found = running.fire(requests, SECONDS)
    done = done_steps() - before
    if found["refused"] > found["answers"] / 50:
        raise RuntimeError(f"{found['refused']} of {found['answers']} completions refused ({how})")
    return {**found, "rate": done / found["seconds"]}


def floor_completions(running: Running, journeys: int) -> dict[str, Any]:
    """The same on the floor."""
    requests = [load.request_bytes("POST", f"/?j={j}&n={n}", running.port, {}) for n in NEEDS for j in range(1, journeys + 1)]
    found = running.fire(requests, SECONDS)
    if found["refused"] > found["answers"] / 50:  # a writer that SQLite let wait too long may overtake what it waits for
        raise RuntimeError(f"{found['refused']} of {found['answers']} refused by the floor: too few journeys")
    return found


def one_round(place: Path, house: House, number: int) -> dict[str, dict[str, Any]]:
    """Each measurement once, in one order for all rounds."""
    found: dict[str, dict[str, Any]] = {}
    customer, member = f"session={house.customer}", f"session={house.member}"
    with server("boardwell.config.wsgi:application", place, DJANGO_SETTINGS_MODULE="plain_settings") as running:
        found["plain"] = get(running, "/who/", SECONDS, Cookie=customer)
    with server("boardwell.config.wsgi:application", place) as running:
        found["portal home"] = get(running, f"/p/{house.shipped}/", SECONDS, Cookie=customer)
        found["portal home, 200 steps"] = get(running, f"/p/{house.large}/", SECONDS, Cookie=customer)
        found["journey page"] = get(running, f"/bench/journeys/{house.shipped}/", SECONDS, Cookie=member)
        found["API get"] = get(running, f"/api/v1/journeys/{house.shipped}", SECONDS, Authorization=f"Bearer {house.secret}")
        found["completions by API"] = completions(running, house, "api")
        found["completions by form"] = completions(running, house, "form")
    for name, target in FLOORS.items():
        path, journeys = str(place / f"{name}-{number}.sqlite3"), int(400 * SECONDS)
        floor.prepare(path, journeys, NEEDS)
        with server(target, place, FLOOR_THREADS, BENCH_FLOOR=path) as running:
            found[name] = floor_completions(running, journeys)
    return found


PAIRS = (
    ("complete a step over the API", "completions by API", "raw own commit", "Django view, raw own commit"),
    ("complete a step by the workspace's form", "completions by form", "raw own commit", "Django view, raw own commit"),
    ("complete a step over the API", "completions by API", "bare", "bare WSGI, raw own commit"),
    ("portal home (four-steps)", "portal home", "plain", "plain view, same middleware"),
    ("portal home (200 steps)", "portal home, 200 steps", "plain", "plain view, same middleware"),
    ("journey page of the workspace", "journey page", "plain", "plain view, same middleware"),
    ("API: one journey with its plan", "API get", "plain", "plain view, same middleware"),
)


def main() -> None:
    """Both sides in every round; medians of the rounds."""
    place = scratch.folder("http")
    try:
        scratch.use(place)
        house = House()
        rounds = [one_round(place, house, number) for number in range(ROUNDS)]
    finally:
        scratch.drop(place)
    rows = []
    for name, ours_name, other_name, label in PAIRS:
        ours = statistics.median(found[ours_name]["rate"] for found in rounds)
        other = statistics.median(found[other_name]["rate"] for found in rounds)
        spent, theirs = (statistics.median(found[one]["cpu_ms"] for found in rounds) for one in (ours_name, other_name))
        note = f"{load.CONNECTIONS} connections of {load.client()}; processor {spent:.2f} ms, other {theirs:.2f} ms"
        each = report.row(name, ours, other, label, "per second", note=note)
        each["ratio"] = statistics.median(found[ours_name]["rate"] / found[other_name]["rate"] for found in rounds)
        rows.append(each)
    report.publish("http", rows)


if __name__ == "__main__":
    main()
