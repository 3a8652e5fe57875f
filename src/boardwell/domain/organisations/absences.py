"""Stretches of days on which somebody does not work, as they are kept in JSON; pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

MOST = 100
"""Stretches of one person or account."""
MOST_DAYS = 400
"""Days of one stretch."""


@dataclass(frozen=True, slots=True, order=True)
class Absence:
    """From the first to the last day, both included. `words` say why, `side` whose it is where that can be more than one's."""

    first_on: date
    last_on: date
    words: str = ""
    side: str = ""

    def holds(self, day: date) -> bool:
        """Whether the day is one of them."""
        return self.first_on <= day <= self.last_on

    @property
    def kept(self) -> dict[str, str]:
        """As JSON keeps it; `absences_from` reads it."""
        found = {"first_on": self.first_on.isoformat(), "last_on": self.last_on.isoformat(), "words": self.words}
        return {**found, "side": self.side} if self.side else found


def absences_from(kept: Iterable[Mapping[str, Any]]) -> tuple[Absence, ...]:
    """The stretches that a column keeps, the earliest first."""
    found = (
        Absence(date.fromisoformat(one["first_on"]), date.fromisoformat(one["last_on"]), one.get("words", ""), one.get("side", ""))
        for one in kept
    )
    return tuple(sorted(found))


@lru_cache(maxsize=4096)
def absences_in(text: str) -> tuple[Absence, ...]:
    """The stretches in a column's JSON text; read once for each text."""
    return absences_from(json.loads(text))


def absences_of(column: Any) -> tuple[Absence, ...]:
    """The stretches in a column as a statement of ours gives it: JSON text, or what was read from it; nothing for None."""
    return absences_in(column) if isinstance(column, str) else absences_from(column or ())


def kept_from(absences: Iterable[Absence]) -> list[dict[str, str]]:
    """What a column keeps of them, the earliest first."""
    return [one.kept for one in sorted(absences)]


def days_in(absences: Iterable[Absence]) -> list[str]:
    """Every day of them as ISO text, in order, each once."""
    return sorted(
        {(one.first_on + timedelta(days=number)).isoformat() for one in absences for number in range((one.last_on - one.first_on).days + 1)}
    )
