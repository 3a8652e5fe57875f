"""The registry of kinds: what a step can be made of; filled by capabilities at start-up, never by hand."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from boardwell.domain.playbooks.faults import Declared, KindRules, SettingFault


class Held(NamedTuple):
    """Something of a kind that is a member's beside the steps that are theirs, such as a meeting that they host."""

    id: str
    journey_id: str
    step_key: str
    words: str


class StepKind(Protocol):
    """What the engine and the linter need to know of a kind; `kit.kind.Kind` is the class that capabilities inherit."""

    @property
    def word(self) -> str:
        """Its name in playbooks."""

    @property
    def settings_schema(self) -> Mapping[str, Any]:
        """JSON Schema of its settings."""

    @property
    def fact_paths(self) -> tuple[str, ...]:
        """Places in the settings that name a fact which the step records."""

    @property
    def icon(self) -> str:
        """Its icon."""

    @property
    def label(self) -> str:
        """What people call it, translated."""

    def settings_words(self) -> Mapping[str, str]:
        """What people call its settings, translated, by their place such as `fields.label`."""

    def check_settings(self, settings: Mapping[str, Any], declared: Declared) -> Iterable[SettingFault]:
        """What is wrong with settings that fit the schema."""

    @property
    def screen(self) -> Any:
        """How it shows itself."""

    @property
    def acts_on_open(self) -> bool:
        """Whether `on_open` does anything: most kinds wait for somebody, and need not be called."""

    @property
    def acts_on_left_out(self) -> bool:
        """Whether `on_left_out` does anything."""

    def answers_of(self, handle: Any) -> list[tuple[str, str]]:
        """Label and words of what was answered."""

    @property
    def imports(self) -> str:
        """What `import_settings` takes; empty when it takes nothing."""

    def import_settings(self, text: str, language: str) -> tuple[dict[str, Any], list[str]]:
        """Settings made of a foreign description, and what was left behind, in words."""

    @property
    def asks(self) -> bool:
        """Whether its answers can be taken out as a table."""

    def answer_cells(
        self, settings: Mapping[str, Any], facts: Mapping[str, Any], answers: Mapping[str, Any]
    ) -> list[tuple[str, str, str | int | float]]:  # fmt: skip
        """(key, question, answer) for everything that it can ask."""

    def on_open(self, handle: Any) -> None:
        """Called by a background task after the step has opened; must be safe to repeat."""

    def held_by(self, member_id: str) -> list[Held]:
        """What is a member's beside their steps."""

    def pass_on(self, member_id: str, to: Mapping[str, str]) -> list[str]:
        """Gives what a member holds to others, by its id; returns the ids of what could be given. In the caller's transaction."""

    def on_left_out(self, handle: Any) -> None:
        """Called by a background task after the step was skipped or taken out of the plan; must be safe to repeat."""


class KindRegistry:
    """Kinds by word. Registration names the offender when two capabilities claim one word."""

    def __init__(self) -> None:
        self._kinds: dict[str, StepKind] = {}

    def register(self, kind: StepKind) -> None:
        """Adds a kind; raises LookupError when the word is taken by another class."""
        known = self._kinds.get(kind.word)
        if known is not None and type(known) is not type(kind):
            raise LookupError(f"step kind {kind.word!r} is claimed by {type(known).__module__} and {type(kind).__module__}")
        self._kinds[kind.word] = kind

    def get(self, word: str) -> StepKind | None:
        """The kind, or None when its capability was removed: the step then says so and may be skipped."""
        return self._kinds.get(word)

    def all(self) -> list[StepKind]:
        """Every kind, by word."""
        return [self._kinds[word] for word in sorted(self._kinds)]


registry = KindRegistry()


def kind_rules() -> dict[str, KindRules]:
    """What the linter needs to know of every installed kind."""
    return {kind.word: KindRules(kind.settings_schema, kind.fact_paths, kind.check_settings) for kind in registry.all()}
