"""The title of a part of a playbook in the making, whatever stands there."""

from typing import Any

from boardwell.kernel.texts import in_language


def title_of(value: Any, fallback: str) -> str:
    """A part's title in the reader's language, whatever stands there."""
    title = value.get("title") if isinstance(value, dict) else None
    if isinstance(title, dict):
        title = in_language({str(key): str(words) for key, words in title.items()})
    return title if isinstance(title, str) and title.strip() else fallback
