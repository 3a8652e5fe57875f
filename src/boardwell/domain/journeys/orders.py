"""What start_journey and complete_step are told: plain values without a database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class StartOrder:
    """Start one account on the latest published version of a playbook.

    `roles` maps a role of the playbook to a member (mem_…) or contact (con_…); what is missing falls to the owner
    (our roles) or the account's first contact (the customer's). `external_id` within `source` makes it repeatable.
    """

    playbook_key: str
    account_id: str
    owner_id: str
    kickoff_on: date | None = None
    title: str = ""
    roles: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    external_id: str = ""
    committed_live_on: date | None = None
    value_minor: int | None = None
    currency: str = ""
    welcome: bool = True
    welcome_words: str = ""
    """What the welcome mail says instead of our own paragraph; in the words of whoever starts."""


@dataclass(frozen=True, slots=True)
class Started:
    """The journey, and whether this call made it (False: the external id had one already)."""

    journey_id: str
    created: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a step ended. `answers` feed conditions later, `measures` feed insights, `facts` are recorded with provenance."""

    word: str = "done"
    answers: Mapping[str, Any] = field(default_factory=dict)
    measures: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """What is kept with the step; empty parts are left out."""
        kept: dict[str, Any] = {"word": self.word}
        if self.answers:
            kept["answers"] = dict(self.answers)
        if self.measures:
            kept["measures"] = dict(self.measures)
        if self.note:
            kept["note"] = self.note
        return kept
