"""Starts the demo again without reading the whole house first: nothing has changed since it was prepared."""

import json
import os
import socket
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parents[2]


def folder() -> Path:
    """Where the demo keeps everything; the same as `config.settings` reads, without the settings."""
    return Path(os.environ.get("BOARDWELL_VAR", "var")).resolve()


def fingerprint() -> str:
    """Changes whenever the tables might: names, sizes and times of all migrations and models."""
    found = sha256()
    for path in sorted([*PACKAGE.rglob("migrations/*.py"), *PACKAGE.rglob("models.py")]):
        seen = path.stat()
        found.update(f"{path.relative_to(PACKAGE)} {seen.st_size} {seen.st_mtime_ns}\n".encode())
    return found.hexdigest()


def command_line(port: int, host: str = "127.0.0.1", threads: int = 8) -> list[str]:
    """How the server is started: one process that serves pages, runs background work and the clock.

    So many threads, because those who write to SQLite at once share a flush (decision 20).
    """
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port), "--workers", "1",
        "--blocking-threads", str(threads), "--no-log", "--respawn-failed-workers", "boardwell.config.wsgi:application",
    ]  # fmt: skip


def is_free(port: int) -> bool:
    """Whether nobody listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def serve(command: list[str]) -> None:
    """Becomes the server."""
    os.environ["BOARDWELL_SERVING"] = "1"
    os.execv(command[0], command)  # noqa: S606 - our own interpreter and arguments


def remember(welcome: str) -> None:
    """Notes that the demo is whole, and what it says at its start; `welcome` has {port} where the port stands."""
    (folder() / "demo.json").write_text(json.dumps({"fingerprint": fingerprint(), "welcome": welcome}), encoding="utf-8")


def remembered() -> dict[str, Any] | None:
    """What was noted, when it is still true."""
    try:
        kept = json.loads((folder() / "demo.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    whole = isinstance(kept, dict) and kept.get("fingerprint") == fingerprint() and (folder() / "boardwell.sqlite3").is_file()
    return kept if whole else None


def start_again(arguments: Sequence[str]) -> None:
    """Becomes the server when the demo was prepared by this very code; else returns, and the long way begins.

    Only the plain call is known here: `demo`, or `demo --port N`. The long way knows the rest, and every error.
    """
    if os.environ.get("BOARDWELL_DATABASE_URL") or len(arguments) not in {0, 2} or (arguments and arguments[0] != "--port"):
        return
    text = arguments[1] if arguments else "8000"
    kept = remembered()
    if kept is None or not text.isascii() or not text.isdigit() or not 0 < int(text) < 65_536 or not is_free(int(text)):
        return
    os.environ["BOARDWELL_BASE_URL"] = f"http://localhost:{text}"
    print(kept["welcome"].replace("{port}", text), flush=True)
    serve(command_line(int(text)))
