"""Whether a value can be a fact of a type, so that no condition ever meets what it cannot compare; pure."""

from datetime import date
from typing import Any

LARGEST = 2**53
MOST_CHARACTERS = 10_000
MOST_ITEMS = 200


def fits(kind: str, value: Any, choices: frozenset[str] = frozenset()) -> bool:
    """True when the value has the fact's type: text, number, date, yes_no, choice, choices or list; None takes a fact back."""
    if value is None:
        return True
    match kind:
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST
        case "yes_no":
            return isinstance(value, bool)
        case "date":
            return isinstance(value, date) or _is_day(value)
        case "choice":
            return _is_text(value) and (not choices or value in choices)
        case "choices":
            return isinstance(value, list) and all(_is_text(one) and (not choices or one in choices) for one in value)
        case "list":
            return isinstance(value, list) and len(value) <= MOST_ITEMS and all(_is_text(one) for one in value)
        case _:  # a form's number may be kept as words
            return _is_text(value) or (isinstance(value, int | float) and abs(value) <= LARGEST)


def _is_text(value: Any) -> bool:
    """Text that every database keeps: no NUL, no lone surrogate, bounded."""
    return (
        isinstance(value, str)
        and len(value) <= MOST_CHARACTERS
        and "\x00" not in value
        and not any("\ud800" <= letter <= "\udfff" for letter in value)
    )


def _is_day(value: Any) -> bool:
    if not isinstance(value, str) or len(value) != 10:
        return False
    try:
        return 1900 <= date.fromisoformat(value).year <= 2200
    except ValueError:
        return False
