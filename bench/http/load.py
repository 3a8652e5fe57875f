"""Sends prepared requests over kept-alive connections: by wrk when it is installed, else by threads of this file in a process of its own."""

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

CONNECTIONS = 16
_LUA = """
local requests = {}
local file = io.open("%s", "rb")
local all = file:read("*a")
file:close()
local at = 1
while at <= #all do
  local size = tonumber(all:sub(at, at + 7))
  table.insert(requests, all:sub(at + 8, at + 7 + size))
  at = at + 8 + size
end
local index = 0
request = function()
  index = index %% #requests + 1
  return requests[index]
end
done = function(summary, latency, all_requests)
  local broken = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format('RESULT {"answers": %%d, "refused": %%d, "seconds": %%f, "p50_ms": %%f, "p95_ms": %%f, "broken": %%d}\\n',
    summary.requests, summary.errors.status, summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(95) / 1000, broken))
end
"""


def client() -> str:
    """Who sends."""
    return "wrk" if shutil.which("wrk") else "the Python client"


def request_bytes(method: str, path: str, port: int, headers: dict[str, str], body: bytes = b"") -> bytes:
    """One HTTP/1.1 request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: localhost:{port}", *(f"{name}: {value}" for name, value in headers.items())]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def fire(port: int, requests: list[bytes], seconds: float, core: int) -> dict[str, Any]:
    """Sends the requests in order, again from the start when there are no more; answers a second, latency in ms, 4xx and 5xx."""
    with tempfile.TemporaryDirectory() as place:
        packed = Path(place) / "requests"
        packed.write_bytes(b"".join(b"%08d" % len(one) + one for one in requests))
        pinned = ["taskset", "-c", str(core)] if shutil.which("taskset") else []
        if client() == "wrk":
            script = Path(place) / "requests.lua"
            script.write_text(_LUA % packed)
            command = [
                "wrk",
                "-t1",
                "--timeout",
                "30s",
                f"-c{CONNECTIONS}",
                f"-d{seconds:.0f}s",
                "-s",
                str(script),
                f"http://127.0.0.1:{port}/",
            ]
        else:
            command = [sys.executable, __file__, str(port), str(packed), str(seconds)]
        out = subprocess.run([*pinned, *command], capture_output=True, text=True, check=True).stdout
    found: dict[str, Any] = json.loads(out.split("RESULT ", 1)[1].splitlines()[0])
    if found["broken"]:
        raise RuntimeError(f"{found['broken']} connections broke")
    return {**found, "rate": (found["answers"] - found["refused"]) / found["seconds"]}


def _send(port: int, requests: list[bytes], seconds: float) -> dict[str, Any]:
    lock, taken = threading.Lock(), [0]
    latencies: list[float] = []
    refused = [0]
    until = time.monotonic() + seconds

    def one_connection() -> None:
        line = socket.create_connection(("127.0.0.1", port))
        answers = line.makefile("rb")
        while time.monotonic() < until:
            with lock:
                request = requests[taken[0] % len(requests)]
                taken[0] += 1
            began = time.perf_counter()
            line.sendall(request)
            status = int(answers.readline().split()[1])
            size = 0
            while (header := answers.readline()) not in {b"\r\n", b""}:
                if header.lower().startswith(b"content-length:"):
                    size = int(header.split(b":")[1])
            answers.read(size)
            with lock:
                latencies.append((time.perf_counter() - began) * 1000)
                refused[0] += status >= 400
        line.close()

    threads = [threading.Thread(target=one_connection) for _ in range(CONNECTIONS)]
    began = time.monotonic()
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    latencies.sort()
    return {
        "answers": len(latencies), "refused": refused[0], "seconds": time.monotonic() - began, "broken": 0,
        "p50_ms": latencies[len(latencies) // 2], "p95_ms": latencies[int(len(latencies) * 0.95)],
    }  # fmt: skip


def _unpacked(packed: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(packed):
        size = int(packed[at : at + 8])
        found.append(packed[at + 8 : at + 8 + size])
        at += 8 + size
    return found


if __name__ == "__main__":
    print("RESULT", json.dumps(_send(int(sys.argv[1]), _unpacked(Path(sys.argv[2]).read_bytes()), float(sys.argv[3]))))
