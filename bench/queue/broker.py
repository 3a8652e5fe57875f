"""A throw-away RabbitMQ from Debian's package, with everything it writes below one folder."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

RABBIT = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


def get_rabbit() -> bool:
    """Whether RabbitMQ is here, or could be had from Debian's packages."""
    if not RABBIT.exists() and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "rabbitmq-server"]):
            subprocess.run(["apt-get", *command], env=quiet, capture_output=True, check=False)
    return RABBIT.exists()


@contextmanager
def rabbit(place: Path) -> Iterator[str]:
    """Its address."""
    port, epmd = free_port(), free_port()
    home = place / "rabbit"
    home.mkdir()
    env = {
        **os.environ, "HOME": str(home), "RABBITMQ_NODENAME": "boardwell-bench@localhost", "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(free_port()), "RABBITMQ_MNESIA_BASE": str(home / "data"), "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"), "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1", "ERL_EPMD_PORT": str(epmd),
        "RABBITMQ_CONFIG_FILE": str(home / "none"),
    }  # fmt: skip
    with (home / "out").open("ab") as out:
        process = subprocess.Popen([str(RABBIT)], env=env, stdout=out, stderr=out, start_new_session=True)
    try:
        if not until(lambda: _greets(port), 120, 0.5):
            raise RuntimeError(f"RabbitMQ does not start: {(home / 'out').read_text()[-800:]}")
        yield f"amqp://guest:guest@127.0.0.1:{port}//"
    finally:
        stop(process)
        subprocess.run(["epmd", "-port", str(epmd), "-kill"], env=env, capture_output=True, check=False)


def _greets(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as line:
            line.settimeout(3)
            line.sendall(b"AMQP\x00\x00\x09\x01")
            return line.recv(1) == b"\x01"
    except OSError:
        return False


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], Any], seconds: float, every: float = 0.05) -> bool:
    """Waits; whether it came true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(every)
    return bool(condition())


def stop(process: "subprocess.Popen[bytes]", number: int = signal.SIGTERM) -> None:
    """Ends a process and those it started."""
    _tell(process, number)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        _tell(process, signal.SIGKILL)
        process.wait()
    _tell(process, signal.SIGKILL)


def _tell(process: "subprocess.Popen[bytes]", number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
