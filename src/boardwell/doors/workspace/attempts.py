"""Runs an action for a page: what goes wrong becomes words beside the field, and nothing typed is lost."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest

from boardwell.kernel.errors import Conflict, Invalid, NotAllowed, Unavailable

type Errors = Mapping[str, list[str]]


def attempt(request: HttpRequest, action: Callable[[], Any], said: str = "") -> tuple[Any, Errors | None]:
    """(result, None) when it worked, (None, errors by field) when not. Success is said once, on the next page."""
    try:
        result = action()
    except Invalid as problem:
        return None, problem.fields or {"": [str(problem)]}
    except (Conflict, NotAllowed, Unavailable) as problem:
        return None, {"": [str(problem)]}
    if said:
        messages.success(request, said, extra_tags="good")
    return result, None


def say_errors(request: HttpRequest, errors: Errors | None) -> None:
    """Puts errors on the next page; for verbs without a form of their own."""
    for lines in (errors or {}).values():
        for line in lines:
            messages.error(request, line, extra_tags="bad")


def day_from(text: str) -> date | None:
    """A date input's value; None when empty or no day."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def whole_number(text: str, default: int = 0) -> int:
    """A number input's value; the default when it is none."""
    try:
        return int(text.strip())
    except ValueError:
        return default
