"""The demo's second start, and what is left of one that was cut short."""

import json
import socket
from pathlib import Path

import pytest

from boardwell.doors.console import again, demo


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """Commands that it would have become; the folder holds a whole demo."""
    monkeypatch.setenv("BOARDWELL_VAR", str(tmp_path))
    monkeypatch.delenv("BOARDWELL_DATABASE_URL", raising=False)
    monkeypatch.delenv("BOARDWELL_BASE_URL", raising=False)
    commands: list[list[str]] = []
    monkeypatch.setattr(again, "serve", commands.append)
    (tmp_path / "boardwell.sqlite3").touch()
    again.remember("It runs at http://localhost:{port}")
    return commands


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def test_a_demo_that_was_prepared_by_this_code_is_served_at_once(started, capsys) -> None:
    port = free_port()
    again.start_again(["--port", port])
    assert [command[command.index("--port") + 1] for command in started] == [port]
    assert capsys.readouterr().out == f"It runs at http://localhost:{port}\n"


@pytest.mark.parametrize(
    "arguments", [["--check"], ["--port"], ["--port", "x"], ["--port", "0"], ["--port", "٣"], ["--host", "a"], ["--port", "1", "--check"]]
)
def test_everything_else_takes_the_long_way(started, arguments: list[str]) -> None:
    again.start_again(arguments)
    assert started == []


def test_a_port_in_use_takes_the_long_way_which_says_so(started) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        again.start_again(["--port", str(holder.getsockname()[1])])
    assert started == []


@pytest.mark.parametrize("broken", ["", "[]", "{", json.dumps({"fingerprint": "another", "welcome": ""})])
def test_a_note_that_is_broken_or_of_another_code_counts_for_nothing(started, tmp_path: Path, broken: str) -> None:
    (tmp_path / "demo.json").write_text(broken)
    again.start_again(["--port", free_port()])
    assert started == []


def test_without_its_database_nothing_is_remembered(started, tmp_path: Path) -> None:
    (tmp_path / "boardwell.sqlite3").unlink()
    again.start_again(["--port", free_port()])
    assert started == []


def test_another_database_takes_the_long_way(started, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOARDWELL_DATABASE_URL", "postgres://a@b/c")
    again.start_again(["--port", free_port()])
    assert started == []


def test_a_demo_that_was_cut_short_leaves_nothing_behind(settings, tmp_path: Path) -> None:
    settings.VAR, settings.FILES_ROOT = tmp_path, tmp_path / "files"
    for name in ("boardwell.sqlite3", "boardwell.sqlite3-wal", "files/a", "secret-key"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    demo._clear_what_was_half_loaded()
    assert len(list(tmp_path.iterdir())) == 4
    demo.half_loaded().touch()
    demo._clear_what_was_half_loaded()
    assert [path.name for path in tmp_path.iterdir()] == ["secret-key"]
