"""Runs a function of ours over untrusted bytes in a process of its own, with little time, little memory and no way to write files."""

import importlib
import resource
import subprocess
import sys
from typing import Any, BinaryIO

import msgspec

SECONDS = 20
MEMORY_BYTES = 1_500_000_000
_START = "import sys; from boardwell.kernel.confined import serve; serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))"


class Overrun(Exception):  # noqa: N818 - the house's own word
    """The work took more than it was given, or the process died of what it read."""


class Failed(Exception):  # noqa: N818 - the house's own word
    """The function raised ValueError; the text is its own."""


def confined(place: str, *, seconds: int = SECONDS, memory_bytes: int = MEMORY_BYTES, **given: Any) -> Any:
    """What `module:function` returns for the keyword arguments, which must be plain values, as must the answer. Raises Overrun, Failed.

    The module must be pure: the process knows no settings, no database and no environment. Starting it costs some 0.2 s.
    """
    command = [sys.executable, "-c", _START, place, str(seconds), str(memory_bytes)]
    try:
        ran = subprocess.run(
            command, input=msgspec.msgpack.encode(given), capture_output=True, timeout=3 * seconds, check=False, env={"PATH": ""}, cwd="/",
        )  # fmt: skip
    except subprocess.TimeoutExpired as problem:
        raise Overrun(place) from problem
    if ran.returncode != 0:
        raise Overrun(f"{place}: {ran.stderr[-300:].decode(errors='replace')}")
    word, answer = msgspec.msgpack.decode(ran.stdout)
    if word == "failed":
        raise Failed(answer)
    return answer


def serve(place: str, seconds: int, memory_bytes: int) -> None:
    """The other side: limits first, then the function, whose answer goes to standard output."""
    for what, most in (
        (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, memory_bytes), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0),
    ):  # fmt: skip
        resource.setrlimit(what, (most, most))
    out: BinaryIO = sys.stdout.buffer
    sys.stdout = sys.stderr  # libraries that print must not disturb the answer
    module, _, name = place.partition(":")
    try:
        answer = ["done", getattr(importlib.import_module(module), name)(**msgspec.msgpack.decode(sys.stdin.buffer.read()))]
    except ValueError as problem:
        answer = ["failed", str(problem)]
    out.write(msgspec.msgpack.encode(answer))
    out.flush()
