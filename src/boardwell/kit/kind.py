"""The class that every kind of step inherits."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from boardwell.domain.journeys.kinds import Held
from boardwell.kit.faults import Declared, SettingFault
from boardwell.kit.handle import StepHandle
from boardwell.kit.screens import Screen
from boardwell.kit.words import Invalid

__all__ = ["KEY", "TEXTS", "Held", "Kind", "settings_of"]

TEXTS: dict[str, Any] = {
    "type": "object",
    "minProperties": 1,
    "propertyNames": {"enum": ["en", "hi", "bn", "az", "ms", "mn"]},
    "additionalProperties": {"type": "string"},
}
"""JSON Schema of a text in several languages."""

KEY: dict[str, Any] = {"type": "string", "pattern": "^[a-z][a-z0-9_-]{0,59}$"}
"""JSON Schema of a key."""


def settings_of(properties: Mapping[str, Any], required: tuple[str, ...] = ()) -> dict[str, Any]:
    """A strict JSON Schema of settings: an unknown setting is refused by name."""
    return {"type": "object", "properties": dict(properties), "required": list(required), "additionalProperties": False}


class Kind(ABC):
    """One thing a step can be. Stateless: what it knows is in the handle."""

    word: ClassVar[str]
    icon: ClassVar[str]
    settings_schema: ClassVar[Mapping[str, Any]] = settings_of({})
    text_paths: ClassVar[tuple[str, ...]] = ()
    fact_paths: ClassVar[tuple[str, ...]] = ()
    """Places in the settings that name a fact which the step records, such as `fields.*.fact`."""
    fault_words: ClassVar[Mapping[str, Any]] = {}
    """Words (lazily translated) for the codes that `check_settings` gives."""
    acts_on_open: ClassVar[bool] = False
    """Whether `on_open` does anything; worked out when the class is made."""
    imports: ClassVar[str] = ""
    """What `import_settings` takes, as people call it; empty when it takes nothing."""
    asks: ClassVar[bool] = False
    """Whether its answers can be taken out as a table; `answer_cells` then gives them."""
    acts_on_left_out: ClassVar[bool] = False
    """Whether `on_left_out` does anything; worked out when the class is made."""
    screen: ClassVar[Screen]

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        cls.acts_on_open = cls.on_open is not Kind.on_open
        cls.acts_on_left_out = cls.on_left_out is not Kind.on_left_out

    @property
    @abstractmethod
    def label(self) -> str:
        """What people call it, translated."""

    def settings_words(self) -> Mapping[str, str]:
        """What people call the settings, translated: `fields.label`, or `fields.type=date` for one choice. The rest has the house's words."""
        return {}

    def check_settings(self, settings: Mapping[str, Any], declared: Declared) -> Iterable[SettingFault]:
        """What is wrong with settings that fit the schema; codes have their words in `fault_words`."""
        return ()

    def import_settings(self, text: str, language: str) -> tuple[dict[str, Any], list[str]]:
        """Settings made of a foreign description, its words in one language, and what was left behind, in words. Raises Invalid."""
        raise Invalid(_("This kind of step cannot be imported."))

    def on_open(self, handle: StepHandle) -> None:  # noqa: B027 - most kinds wait for somebody
        """The step has opened. Must be safe to repeat. Most kinds wait for somebody to act."""

    def on_left_out(self, handle: StepHandle) -> None:  # noqa: B027 - for most kinds nothing hangs on the step
        """The step was skipped or taken out of the plan. Must be safe to repeat."""

    def answers_of(self, handle: StepHandle) -> list[tuple[str, str]]:
        """Label and words of what was answered, for whoever looks at the ended step."""
        return []

    def held_by(self, member_id: str) -> list[Held]:
        """What of this kind is a member's beside the steps that are theirs: it is handed over with them when they leave."""
        return []

    def pass_on(self, member_id: str, to: Mapping[str, str]) -> list[str]:
        """Gives what a member holds to other members, by its id; what cannot be given stays. Returns the ids of what was given."""
        return []

    def answer_cells(
        self, settings: Mapping[str, Any], facts: Mapping[str, Any], answers: Mapping[str, Any]
    ) -> list[tuple[str, str, str | int | float]]:  # fmt: skip
        """(key, question, answer as one cell of a table) for everything that it can ask, answered or not."""
        return []
