"""What the linter says: a fault by name, with its place and what it is about; the words are elsewhere; pure."""

from collections.abc import Callable, Iterable, Mapping
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
class Declared:
    """What the settings of a step may refer to: the playbook's facts and roles as written, and whose step it is and who sees it."""

    facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    roles: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    side: str = ""
    visibility: str = "shared"


@dataclass(frozen=True, slots=True)
class SettingFault:
    """What a kind finds wrong with its settings. `path` is within them; `code` one of the kind's `fault_words`.

    With `is_ours` False the code is one of the linter's own, such as `condition.syntax`.
    """

    path: Path
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)
    severity: str = "error"
    at_character: int = 0
    is_ours: bool = True


@dataclass(frozen=True, slots=True)
class KindRules:
    """What the linter needs to know of a kind.

    `schema` is the JSON Schema of its settings; `records` are the places in them that name a fact, such as
    `fields.*.fact`. `check` finds what a schema cannot say, in settings that fit it.
    """

    schema: Mapping[str, Any] = field(default_factory=dict)
    records: tuple[str, ...] = ("fields.*.fact",)
    check: Callable[[Mapping[str, Any], Declared], Iterable[SettingFault]] | None = None


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
