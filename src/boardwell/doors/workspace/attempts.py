"""Runs an action for a page: what goes wrong becomes words beside the field, and nothing typed is lost."""

import math
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest
from django.template.loader import render_to_string

from boardwell.domain.journeys.queries.undoing import last_undoable
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


def attempt_undoable(request: HttpRequest, journey_id: str, path: str, action: Callable[[], Any], said: str) -> tuple[Any, Errors | None]:
    """Like `attempt`; the notice carries a button that takes the act back, posted to `path`, as long as it can be."""
    result, errors = attempt(request, action)
    if errors is None:
        say_undoable(request, journey_id, path, said)
    return result, errors


def say_undoable(request: HttpRequest, journey_id: str, path: str, said: str) -> None:
    """Puts a notice on the next page, with “Undo” when the newest act of this actor can be undone."""
    offer = last_undoable(journey_id)
    if offer is None:
        messages.success(request, said, extra_tags="good")
        return
    values = {"said": said, "path": path, "offer": offer}
    messages.success(request, render_to_string("layout/undo_notice.html", values, request), extra_tags="good")


def say_undo(request: HttpRequest, path: str, verb: str, said: str) -> None:
    """Puts a notice on the next page, with “Undo” that posts a verb to a path."""
    messages.success(
        request, render_to_string("layout/undo_verb.html", {"said": said, "path": path, "verb": verb}, request), extra_tags="good"
    )


def once(token: str) -> bool:
    """True the first time a form with this token is sent, false when it is sent again; kept for a day in the shared cache."""
    return bool(token) and cache.add(f"once:{token[:64]}", 1, timeout=86_400)


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


def number_from(text: str) -> float | None:
    """A number input's value, with a point or a comma; None when it is none."""
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None
