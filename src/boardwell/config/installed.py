"""Finds the capabilities: every folder under capabilities/, and every package that announces itself."""

from importlib.metadata import entry_points
from pathlib import Path

ENTRY_POINT_GROUP = "boardwell.capabilities"


def capability_apps() -> list[str]:
    """Dotted AppConfig paths of all capabilities, in alphabetical order, ours first."""
    root = Path(__file__).resolve().parent.parent / "capabilities"
    ours = sorted(folder.name for folder in root.iterdir() if (folder / "apps.py").is_file())
    theirs = sorted(point.value for point in entry_points(group=ENTRY_POINT_GROUP))
    return [f"boardwell.capabilities.{name}" for name in ours] + theirs


def listener_apps() -> list[str]:
    """Dotted paths of all listeners."""
    root = Path(__file__).resolve().parent.parent / "listeners"
    return [f"boardwell.listeners.{folder.name}" for folder in sorted(root.iterdir()) if (folder / "apps.py").is_file()]
