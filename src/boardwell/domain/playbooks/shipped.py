"""The playbooks that come with Boardwell: files to start from; pure."""

from pathlib import Path


def folder() -> Path:
    """Where they lie: beside the package in a wheel, at the top of a checkout."""
    package = Path(__file__).resolve().parents[2]
    inside = package / "playbooks"
    return inside if inside.is_dir() else package.parents[1] / "playbooks"


def shipped() -> dict[str, str]:
    """The sources by file name without ending, in the order of names; empty when the folder is not there."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder().glob("*.yaml"))}
