"""Kills one business operation at its every write to disk or network, and looks at what is left: all of it or nothing, and a retry makes it one.

A zygote loads the house once; each trial copies the prepared folder, forks, and lets strace kill the child (or fail its call) at
exactly one system call. Usage: drive.py [--most N] [--modes KILL,EIO,ENOSPC] [OPERATION…]; prints one JSON line an operation.
"""

import argparse
import ctypes
import json
import logging
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

VAR = Path(os.environ.setdefault("BOARDWELL_VAR", tempfile.mkdtemp(prefix="boardwell-crash-")))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "boardwell.config.settings")
os.environ |= {"BOARDWELL_DATABASE_URL": "", "BOARDWELL_ALLOWED_HOSTS": "testserver"}
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
SYSCALLS = "write,pwrite64,pwritev,writev,fsync,fdatasync,ftruncate,rename,renameat,renameat2,unlink,unlinkat,sendto"
MODES = {"KILL": "signal=SIGKILL", "EIO": "error=EIO", "ENOSPC": "error=ENOSPC"}
QUIET = {"django_session", "kernel_cache", "kernel_ratebucket", "sqlite_sequence", "kernel_recurringwork", "django_migrations"}
WORDS = ("state", "dispatched_at IS NULL", "next_row", "rows_created", "attempts")


class Stub(threading.Thread):
    """An SMTP server that keeps each message under its Message-ID, as a careful server does; `seen` counts every delivery."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.seen: Counter[str] = Counter()

    def run(self) -> None:
        while True:
            try:
                peer, _address = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(peer,), daemon=True).start()

    def _talk(self, peer: socket.socket) -> None:
        try:
            with peer, peer.makefile("rwb") as file:
                self._session(file)
        except OSError:
            pass

    def _session(self, file: Any) -> None:
        def say(line: bytes) -> None:
            file.write(line + b"\r\n")
            file.flush()

        say(b"220 stub")
        while line := file.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                say(b"354 go on")
                text = b""
                while (part := file.readline()) not in (b".\r\n", b""):
                    text += part
                if part:
                    self.seen[re.search(rb"(?mi)^Message-ID:\s*(\S+)", text)[1].decode()] += 1  # type: ignore[index]
                    say(b"250 kept")
            elif verb == b"QUIT":
                say(b"221 bye")
                return
            else:
                say(b"250 ok")


def database() -> Path:
    return VAR / "boardwell.sqlite3"


def snapshot() -> dict[str, Any]:
    """Every table's number of rows, and how many are in which state: what a transaction must move as one."""
    found: dict[str, Any] = {}
    with sqlite3.connect(f"file:{database()}?mode=ro", uri=True, timeout=10) as lite:
        for (table,) in lite.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            if table in QUIET:
                continue
            columns = {row[1] for row in lite.execute(f'PRAGMA table_info("{table}")')}
            found[table] = lite.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]
            for word in WORDS:
                if word.split()[0] in columns:
                    rows = lite.execute(f'SELECT {word}, count(*) FROM "{table}" GROUP BY 1 ORDER BY 1').fetchall()
                    found[f"{table}.{word}"] = [list(row) for row in rows]
    lite.close()
    return found


def in_child(work: Callable[[], Any]) -> Any:
    """Runs work in a fork and returns what it returned, as JSON."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        try:
            told = json.dumps({"ok": work()})
        except BaseException as problem:
            import traceback

            told = json.dumps({"error": f"{type(problem).__name__}: {problem}", "where": traceback.format_exc()[-1500:]})
        os.write(write, told.encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as told_file:
        raw = told_file.read()
    os.waitpid(child, 0)
    return json.loads(raw) if raw else {"error": "died"}


# --- the operations ---------------------------------------------------------------------------------------------------


def prepare() -> None:
    """The house in which all operations happen; written down in VAR/world.json."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    from boardwell.domain.journeys.actions.import_accounts import start_import, upload_import
    from boardwell.kernel.tasks.worker import run_until_idle
    from tests.hostile.world import Filled

    house = Filled("acme", "alpha")
    with house.as_owner():
        rows = "".join(f"Imported {number},p{number}@imported.example\n" for number in range(12))
        run_until_idle()
        run_id = upload_import(BytesIO(b"Name,Contact email\n" + rows.encode()), "rows.csv")
        start_import(run_id, mapping={"name": "Name", "contact_email": "Contact email"})
    (VAR / "world.json").write_text(
        json.dumps({
            "slug": house.slug, "organisation": house.organisation_id, "journey": house.journey_id, "account": house.account_id,
            "owner": house.owner.id, "secret": house.secret, "contact_person": str(house.contact.person_id), "run": run_id,
        })
    )  # fmt: skip


def world() -> dict[str, str]:
    return json.loads((VAR / "world.json").read_text())  # type: ignore[no-any-return]


def by_api(path: str, body: dict[str, Any]) -> int:
    from django.test import Client

    client = Client(headers={"Authorization": f"Bearer {world()['secret']}", "Idempotency-Key": "once"})
    answer = client.post(f"/api/v1/{path}", json.dumps(body), content_type="application/json")
    if answer.status_code not in {200, 409}:
        raise RuntimeError(f"answered {answer.status_code}: {answer.content[:200]!r}")
    return answer.status_code


def as_customer(path: str, values: dict[str, Any]) -> int:
    from django.test import Client

    from boardwell.domain.people.models import Person

    client = Client()
    client.force_login(Person.objects.get(pk=world()["contact_person"]), backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = client.post(f"/p/{world()['journey']}/{path}", values)
    if answer.status_code not in {200, 302, 422}:  # 422: the retry finds it done; what is there is checked apart
        raise RuntimeError(f"answered {answer.status_code}")
    return answer.status_code


def work(*rounds: str) -> Callable[[], Any]:
    """One turn of the worker's rounds."""

    def run() -> Any:
        from boardwell.kernel.tasks.worker import Worker

        worker = Worker("crash")
        return [getattr(worker, one)() for one in rounds]

    return run


def keep_file() -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from boardwell.domain.vault.models import StoredFile
    from boardwell.kernel import tenancy

    with tenancy.unscoped("crash: a person looks whether their file is there before sending it again"):
        if StoredFile.objects.filter(name="deed.txt").exists():
            return 0
    return as_customer("files/", {"files": SimpleUploadedFile("deed.txt", b"x" * 300_000)})


def later(run: Callable[[], Any]) -> Callable[[], Any]:
    """The same, after every lease has run out."""

    def shifted() -> Any:
        import time_machine

        with time_machine.travel(time.time() + 120, tick=True):
            return run()

    return shifted


def mail_waits() -> None:
    from boardwell.kernel import tenancy
    from boardwell.kernel.outgoing.mail import OutgoingMail, post

    with tenancy.acting_for(world()["organisation"]):
        post(OutgoingMail(recipient="lead@example.com", subject="Once", text="Only once.", key="crash"))


FORM = {"f_text": "a", "f_seats": "60", "f_day": "2026-12-24", "verb": "complete"}
OPERATIONS: dict[str, tuple[Callable[[], Any], Callable[[], Any] | None, Callable[[], Any] | None]] = {
    # name: (the operation, what puts it in place before, how it is tried again when not simply once more)
    "complete a step": (lambda: by_api(f"journeys/{world()['journey']}/steps/ours/complete", {}), None, None),
    "start a journey": (
        lambda: by_api("journeys", {"playbook": "every-kind", "account_id": world()["account"], "owner_id": world()["owner"], "external_id": "9"}),
        None, None,
    ),
    "accept a form": (lambda: as_customer("steps/questions/", FORM), None, None),
    "keep an uploaded file": (keep_file, None, None),
    "import a batch of rows": (work("run_inside"), None, None),
    "deliver events": (
        work("deliver_events"), lambda: by_api(f"journeys/{world()['journey']}/steps/ours/complete", {}), None,
    ),
    "deliver mail": (work("run_outside"), mail_waits, later(work("run_outside"))),
}  # fmt: skip


# --- the trials -------------------------------------------------------------------------------------------------------


def reset(template: Path) -> None:
    for path in VAR.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    shutil.copytree(template, VAR, dirs_exist_ok=True)


def traced(run: Callable[[], Any], *strace: str) -> tuple[int, str]:
    """Runs in a fork under strace; (exit status, what strace wrote)."""
    go_read, go_write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(go_write)
        ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1), 0, 0, 0)  # PR_SET_PTRACER: anybody, so that no root is needed
        os.read(go_read, 1)
        code = 0
        try:
            run()
        except BaseException:
            code = 3
        os._exit(code)
    os.close(go_read)
    log = VAR.parent / f"{VAR.name}.strace"
    tracer = subprocess.Popen(["strace", "-f", "-o", str(log), *strace, "-p", str(child)], stderr=subprocess.PIPE, text=True)
    assert tracer.stderr is not None
    said = tracer.stderr.readline()
    if "attached" not in said:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise SystemExit(f"strace cannot attach: {said.strip()}")
    os.write(go_write, b"!")
    os.close(go_write)
    _pid, status = os.waitpid(child, 0)
    tracer.wait()
    tracer.stderr.close()
    text = log.read_text(errors="replace") if log.exists() else ""
    log.unlink(missing_ok=True)
    return status, text


def legit(run: Callable[[], Any]) -> list[dict[str, Any]]:
    """What other processes could see in an undisturbed run: the state before, and after each commit."""
    from django.db import connection

    seen = [snapshot()]

    def look() -> None:
        if not connection.in_atomic_block and (now := snapshot()) != seen[-1]:
            seen.append(now)

    def after(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        result = execute(sql, params, many, context)
        look()
        return result

    commit = connection.commit

    def committing() -> None:
        commit()
        connection.in_atomic_block, inside = False, connection.in_atomic_block
        look()
        connection.in_atomic_block = inside

    connection.commit = committing  # type: ignore[method-assign]
    with connection.execute_wrapper(after):
        run()
    look()
    return seen


def state_of_things() -> dict[str, Any]:
    """Integrity, the logs' verdict, and the snapshot, of what a crash left."""
    from boardwell.domain.audit.verify import verify_all
    from boardwell.domain.vault.models import StoredFile
    from boardwell.kernel import storage, tenancy

    with sqlite3.connect(database()) as lite:
        intact = lite.execute("PRAGMA integrity_check").fetchone()[0]
    lite.close()
    with tenancy.unscoped("crash: every kept file has its bytes"):
        for kept in StoredFile.objects.filter(removed_at=None):
            with storage.open_stored(kept.storage_path) as stream:
                if len(stream.read()) != kept.size_bytes:
                    intact = f"{kept.name} is not whole"
    return {"intact": intact, "sound": all(report.is_sound for report in verify_all()), "snapshot": snapshot()}


def sweep(name: str, template: Path, stub: Stub, most: int, modes: list[str]) -> dict[str, Any]:
    run, before, retry = OPERATIONS[name]
    stub.seen.clear()
    if before is not None:
        reset(template)
        done = in_child(before)
        assert "ok" in done, done
        own = template.with_name(template.name + "-own")
        shutil.rmtree(own, ignore_errors=True)
        shutil.copytree(VAR, own)
        template = own
    reset(template)
    seen = in_child(lambda: legit(run))
    assert "ok" in seen, seen
    states = seen["ok"]
    reset(template)
    _status, text = traced(run, "-e", f"trace={SYSCALLS}")
    counts = Counter(re.findall(r"^\d+ +(\w+)\(", text, re.MULTILINE))
    points = [(call, number) for call in sorted(counts) for number in range(1, counts[call] + 1)]
    step = max(1, -(-len(points) * len(modes) // most)) if most else 1
    tried = [(mode, *point) for mode in modes for point in points][::step]
    faults: list[str] = []
    crashed = 0
    for mode, call, number in tried:
        reset(template)
        stub.seen.clear()
        status, _text = traced(run, "-e", f"trace={call}", "-e", f"inject={call}:{MODES[mode]}:when={number}")
        crashed += status != 0
        at = f"{mode} at {call} #{number}"
        left = in_child(state_of_things).get("ok", {})
        if (left.get("intact"), left.get("sound")) != ("ok", True):
            faults.append(f"{at}: {left.get('intact')}, logs sound: {left.get('sound')}")
        elif left["snapshot"] not in states:
            faults.append(f"{at}: half done: {difference(states, left['snapshot'])}")
        again = in_child(retry or run)
        if "ok" not in again:
            faults.append(f"{at}: the retry failed: {again}")
        final = in_child(state_of_things).get("ok", {})
        if final.get("snapshot") != states[-1] or (final.get("intact"), final.get("sound")) != ("ok", True):
            faults.append(f"{at}: after the retry: {difference(states[-1:], final.get('snapshot', {}))}")
        if name == "deliver mail" and len(stub.seen) != 1:
            faults.append(f"{at}: {len(stub.seen)} different messages arrived")
    return {
        "operation": name, "points": len(points), "tried": len(tried), "crashed": crashed, "commits": len(states) - 1,
        "moves": moves(states), "faults": faults,
    }  # fmt: skip


def difference(states: list[dict[str, Any]], found: dict[str, Any]) -> str:
    nearest = min(states, key=lambda state: sum(state[key] != found.get(key) for key in state))
    return ", ".join(f"{key} {nearest[key]} → {found.get(key)}" for key in nearest if nearest[key] != found.get(key))[:600]


def moves(states: list[dict[str, Any]]) -> list[list[str]]:
    """Which tables each commit moved: effect, log and outbox must be among those of one commit."""
    return [sorted({key.partition(".")[0] for key in after if after[key] != was[key]}) for was, after in pairwise(states)]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--most", type=int, default=0, help="at most so many trials an operation; 0 is all")
    parser.add_argument("--modes", default="KILL")
    parser.add_argument("operations", nargs="*")
    asked = parser.parse_args()
    stub = Stub()
    stub.start()
    os.environ.update(BOARDWELL_SMTP_HOST="127.0.0.1", BOARDWELL_SMTP_PORT=str(stub.port), BOARDWELL_SMTP_STARTTLS="no")
    VAR.mkdir(parents=True, exist_ok=True)
    import django
    import time_machine  # noqa: F401 - loaded once, before the forks

    django.setup()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    import boardwell.config.urls
    import boardwell.config.wsgi  # noqa: F401
    import tests.hostile.world  # noqa: F401

    made = in_child(prepare)
    if "ok" not in made:
        raise SystemExit(f"could not prepare: {made}")
    template = VAR.with_name(VAR.name + "-template")
    shutil.rmtree(template, ignore_errors=True)
    shutil.copytree(VAR, template)
    bad = 0
    try:
        for name in asked.operations or OPERATIONS:
            began = time.monotonic()
            found = sweep(name, template, stub, asked.most, asked.modes.split(","))
            bad += len(found["faults"])
            print(json.dumps({**found, "seconds": round(time.monotonic() - began, 1)}), flush=True)
    finally:
        for folder in (VAR, template, template.with_name(template.name + "-own")):
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
