"""What a task of either side does: sixteen bytes at the end of a file, or a row in a table after some work; both can be counted."""

import os
import sqlite3
import struct
import time
from collections import Counter
from pathlib import Path

FILE = Path(os.environ.get("BENCH_EFFECTS", "effects"))
_open: dict[int, int] = {}


def append(number: int) -> None:
    """The number and the time, at the end of the file."""
    handle = _open.get(os.getpid())
    if handle is None:
        handle = _open[os.getpid()] = os.open(FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(handle, struct.pack("<Qd", number, time.time()))


def seen(file: Path) -> list[tuple[int, float]]:
    """Every (number, time) so far."""
    if not file.exists():
        return []
    return list(struct.iter_unpack("<Qd", file.read_bytes()[: file.stat().st_size // 16 * 16]))


def count(file: Path) -> int:
    """How many there are."""
    return file.stat().st_size // 16 if file.exists() else 0


def write_row(number: int, seconds: float) -> None:
    """Waits, then keeps a row by a durable commit of its own: the rival's effect under kill -9."""
    time.sleep(seconds)
    db = sqlite3.connect(f"{FILE}.sqlite3", timeout=20)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE IF NOT EXISTS effect(number INT)")
    db.execute("INSERT INTO effect VALUES(?)", [number])
    db.commit()
    db.close()


def rows(file: Path) -> Counter[int]:
    """How often each number was kept."""
    db = sqlite3.connect(f"{file}.sqlite3", timeout=20)
    try:
        return Counter(number for (number,) in db.execute("SELECT number FROM effect"))
    except sqlite3.OperationalError:
        return Counter()
    finally:
        db.close()
