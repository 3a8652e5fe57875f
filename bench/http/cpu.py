"""Seconds of processor that a process and its children have used; steadier than the clock on a machine that does other things too."""

import os
from pathlib import Path


def cpu_seconds(parent: int) -> float | None:
    """Of the whole family; None where there is no /proc."""
    if not Path("/proc/self/stat").exists():
        return None
    ticks = 0
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent or int(folder.name) == parent:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
