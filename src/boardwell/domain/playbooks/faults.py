"""What the linter says: a fault by name, with its place and what it is about; the words are elsewhere; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from boardwell.domain.playbooks.yamlfile import Path

LANGUAGES = ("en", "hi", "bn", "az", "ms", "mn")
FACT_TYPES = ("text", "long_text", "number", "yes_no", "date", "choice", "choices", "country", "list")
KEY_PATTERN = "[a-z][a-z0-9_-]{0,59}"
"""Keys of roles, facts, stages and steps: they stand in paths and in conditions."""
BOOK_KEY_PATTERN = "[a-z][a-z0-9-]{0,58}"
"""The key of a playbook."""
MOST_STEPS = 500
MOST_DAYS = 1500
MOST_HOURS = 2000
"""Hours of work in one step: a year of one person."""


@dataclass(frozen=True, slots=True)
class KindRules:
    """What the linter needs to know of a kind.

    `schema` is the JSON Schema of its settings; `records` are the places in them that name a fact, such as
    `fields.*.fact`.
    """

    schema: Mapping[str, Any] = field(default_factory=dict)
    records: tuple[str, ...] = ("fields.*.fact",)


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault. `line` and `column` count from 1; `severity` is error or warning.

    `fault` names it exactly, such as `impossible_date.too_far`; `params` say what it is about; `at` is the path of the
    value in the document.
    """

    line: int
    column: int
    fault: str
    at: Path = ()
    severity: str = "error"
    params: tuple[tuple[str, str | int], ...] = ()

    @property
    def code(self) -> str:
        """The class of the fault: stable, for programs."""
        return self.fault.partition(".")[0]

    @property
    def path(self) -> str:
        """Where in the document, such as stages.0.title."""
        return ".".join(map(str, self.at))
