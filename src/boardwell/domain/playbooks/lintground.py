"""What every check of the linter stands on: the document's values, their places, and the list of what was found; pure."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from boardwell.domain.playbooks.faults import KEY_PATTERN, LANGUAGES, KindRules, Problem
from boardwell.domain.playbooks.yamlfile import Loaded, Path

_KEY = re.compile(KEY_PATTERN)


class Ground:
    """One run of the linter. `steps` are those with a key of their own: where each stands, and its values."""

    def __init__(self, loaded: Loaded, kinds: Mapping[str, KindRules] | None) -> None:
        self.loaded, self.kinds = loaded, kinds
        self.found: list[Problem] = []
        self.steps: dict[str, tuple[Path, dict[str, Any]]] = {}
        self.languages: list[str] = ["en"]
        self.roles: dict[str, Any] = {}
        self.facts: dict[str, Any] = {}
        self.never: set[str] = set()
        """Steps that cannot come or cannot end."""
        self.used_facts: list[tuple[Path, str, int]] = []
        """Facts that a condition or a date hangs on: path, name, and the character of the text at which it is named."""

    def say(self, path: Path, fault: str, severity: str = "error", *, at_character: int = 0, **params: str | int) -> None:
        """Notes a fault at a path; with `at_character`, at that character (from 1) of the text that stands there."""
        mark = self.loaded.inside(path, at_character) if at_character else self.loaded.place(path)
        self.found.append(Problem(mark.line, mark.column, fault, path, severity, tuple(params.items())))

    def warn(self, path: Path, fault: str, *, at_character: int = 0, **params: str | int) -> None:
        """Notes what is allowed but seldom meant."""
        self.say(path, fault, "warning", at_character=at_character, **params)

    def say_unknown(self, path: Path, fault: str, name: object, known: Iterable[str], *, at_character: int = 0) -> None:
        """Notes a name that is not known, with the nearest one that is."""
        near = difflib.get_close_matches(str(name), sorted(known), n=1)
        if near:
            self.say(path, f"{fault}.near", at_character=at_character, name=short(name), near=near[0])
        else:
            self.say(path, fault, at_character=at_character, name=short(name))

    def known(self, path: Path, value: dict[str, Any], allowed: set[str], needed: tuple[str, ...]) -> None:
        """Notes keys that have no meaning here, and those that are missing."""
        for key in value:
            if key not in allowed:
                self.say_unknown((*path, key), "unknown_key", key, allowed)
        for key in needed:
            if value.get(key) in (None, "", [], {}):
                self.say(path, "missing_key", name=key)

    def key(self, path: Path, key: object) -> None:
        """Notes a key that could not stand in a path or a condition."""
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            self.say(path, "bad_key", name=short(key))

    def mapping(self, root: dict[str, Any], name: str) -> dict[str, Any]:
        """The described things below `name`; what is none is noted and left out."""
        value = root.get(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.say((name,), "shape.mapping", name=name)
            return {}
        good = {}
        for key, inner in value.items():
            self.key((name, key), key)
            if isinstance(inner, dict):
                good[str(key)] = inner
            else:
                self.say((name, key), "shape.described", name=short(key))
        return good

    def texts(self, path: Path, holder: Mapping[Any, Any], name: Any) -> None:
        """Notes languages that a text should have and has not."""
        value = holder.get(name)
        here = (*path, name)
        if value is None:
            return
        if isinstance(value, str):
            value = {"en": value}
        if not isinstance(value, dict) or not all(isinstance(words, str) for words in value.values()):
            self.say(here, "shape.texts", name=short(name))
            return
        for language in value:
            if language not in LANGUAGES:
                self.say((*here, language), "language.unknown", name=short(language), known=", ".join(LANGUAGES))
        missing = [language for language in self.languages if not str(value.get(language, "")).strip()]
        if missing:
            self.say(here, "missing_translation", name=short(name), languages=", ".join(missing))

    def settings_texts(self, path: Path, value: Any) -> None:
        """Wherever settings hold a mapping whose keys are languages, all languages must be there."""
        if isinstance(value, dict):
            if value and set(map(str, value)) <= set(LANGUAGES):
                self.texts(path[:-1], {path[-1]: value}, path[-1])
                return
            for key, inner in value.items():
                self.settings_texts((*path, key), inner)
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                self.settings_texts((*path, index), inner)

    def recorded(self, path: Path, step: dict[str, Any]) -> Iterator[tuple[Path, str]]:
        """Where the settings of a step name a fact that the step records, and its name."""
        rules = (self.kinds or {}).get(str(step.get("kind")), KindRules())
        for pattern in rules.records:
            for at, name in _at((*path, "settings"), step.get("settings"), pattern.split(".")):
                if isinstance(name, str):
                    yield at, name


def _at(path: Path, value: Any, parts: list[str]) -> Iterator[tuple[Path, Any]]:
    if not parts:
        yield path, value
    elif parts[0] == "*":
        inner = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
        for key, child in inner:
            yield from _at((*path, key), child, parts[1:])
    elif isinstance(value, dict) and parts[0] in value:
        yield from _at((*path, parts[0]), value[parts[0]], parts[1:])


def short(value: object) -> str:
    """A value as it can stand in a message."""
    return str(value)[:80]
