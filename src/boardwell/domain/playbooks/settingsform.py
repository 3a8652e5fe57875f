"""A form for the settings of a kind, drawn from their JSON Schema and read back into plain values; pure.

Texts, words, numbers, choices, lists and lists of described things become fields; whatever the schema says beyond that
becomes a small YAML field, so that every kind can be edited. What is typed wrong is kept as typed: the linter names it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from boardwell.domain.playbooks import yamltext
from boardwell.domain.playbooks.edits import free_key
from boardwell.domain.playbooks.faults import LANGUAGES
from boardwell.domain.playbooks.yamlfile import YamlProblem, load

type Posted = Mapping[str, Sequence[str]]

_WHOLE = re.compile(r"[-+]?[0-9]{1,18}")
_FRACTION = re.compile(r"[-+]?[0-9]{1,15}\.[0-9]{1,15}")


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `name` is the path in the settings with dots, also the name in the HTML form; `kind` says how it is drawn.

    Kinds: texts, text, number, choice, flag, picks, words, rows, pairs, yaml. `rows` hold the fields of each row, the last
    row is blank; `label` is the name of the setting, for whoever has words for it; `rare` is what its schema marks so.
    """

    name: str
    kind: str
    label: str
    value: Any = None
    options: tuple[str, ...] = ()
    required: bool = False
    rows: tuple[tuple["Field", ...], ...] = field(default=())
    rare: bool = False

    @property
    def is_set(self) -> bool:
        """Whether anything stands in it."""
        return self.value not in (None, "", [], {}, ())


def draw(schema: Mapping[str, Any], value: Any, name: str = "settings") -> list[Field]:
    """The fields of an object's properties, with what stands in `value`."""
    known = value if isinstance(value, dict) else {}
    needed = schema.get("required", ())
    properties = schema.get("properties", {})
    drawn = [_drawn(inner, known.get(key), f"{name}.{key}", key, required=key in needed) for key, inner in properties.items()]
    return [replace(one, rare=bool(inner.get("x-rare"))) for one, inner in zip(drawn, properties.values(), strict=True)]


def _drawn(schema: Mapping[str, Any], value: Any, name: str, label: str, *, required: bool) -> Field:
    kind = _kind(schema)
    if kind == "texts":
        return Field(
            name, kind, label, value if isinstance(value, dict) else {"en": value} if isinstance(value, str) else {}, required=required
        )
    if kind == "choice":
        return Field(name, kind, label, _shown(value), tuple(map(str, schema["enum"])), required)
    if kind == "picks":
        chosen = tuple(map(str, value)) if isinstance(value, list) else ()
        return Field(name, kind, label, chosen, tuple(map(str, schema["items"]["enum"])), required)
    if kind == "words":
        return Field(name, kind, label, "\n".join(map(str, value)) if isinstance(value, list) else _shown(value), required=required)
    if kind == "rows":
        items = [*(value if isinstance(value, list) else []), {}]
        rows = tuple(tuple(draw(schema["items"], item, f"{name}.{number}")) for number, item in enumerate(items))
        return Field(name, kind, label, value, required=required, rows=rows)
    if kind == "pairs":
        pairs = [*(value.items() if isinstance(value, dict) else ()), ("", {})]
        rows = tuple(
            (
                Field(f"{name}.{n}.word", "text", "word", _shown(key)),
                Field(f"{name}.{n}.texts", "texts", "texts", words if isinstance(words, dict) else {"en": _shown(words)}),
            )
            for n, (key, words) in enumerate(pairs)
        )
        return Field(name, kind, label, value, required=required, rows=rows)
    if kind == "yaml":
        text = "" if value is None else "\n".join(yamltext.block(value, 0)) if isinstance(value, dict | list) else yamltext.scalar(value)
        return Field(name, kind, label, text, required=required)
    if kind == "flag":
        return Field(name, kind, label, {True: "true", False: "false"}.get(value, _shown(value)), required=required)
    return Field(name, kind, label, _shown(value), required=required)


def _kind(schema: Mapping[str, Any]) -> str:
    what = schema.get("type")
    if "enum" in schema:
        return "choice" if all(isinstance(one, str) for one in schema["enum"]) else "yaml"
    if what == "object":
        names = schema.get("propertyNames", {}).get("enum", ())
        if names and set(names) <= set(LANGUAGES):
            return "texts"
        inner = schema.get("additionalProperties")
        return "pairs" if isinstance(inner, dict) and not schema.get("properties") and _kind(inner) == "texts" else "yaml"
    if what == "array" and isinstance(items := schema.get("items"), dict):
        if "enum" in items:
            return "picks" if all(isinstance(one, str) for one in items["enum"]) else "yaml"
        if items.get("type") == "object" and items.get("properties") and not isinstance(items.get("additionalProperties"), dict):
            return "rows"
        return "words" if items.get("type") == "string" else "yaml"
    return {"string": "text", "integer": "number", "number": "number", "boolean": "flag"}.get(str(what), "yaml")


def _shown(value: Any) -> str:
    return "" if value is None else str(value)


def read(schema: Mapping[str, Any], posted: Posted, old: Any, name: str = "settings") -> dict[str, Any]:
    """The settings that were posted; keys that the schema does not know stay as they were, for the linter to name."""
    was = old if isinstance(old, dict) else {}
    properties = schema.get("properties", {})
    new = {key: value for key, value in was.items() if key not in properties}
    for key, inner in properties.items():
        value = _read(inner, posted, was.get(key), f"{name}.{key}")
        if value not in (None, "", [], {}):
            new[key] = value
    return {key: new[key] for key in [*[key for key in was if key in new], *[key for key in new if key not in was]]}


def _read(schema: Mapping[str, Any], posted: Posted, old: Any, name: str) -> Any:
    kind = _kind(schema)
    if kind == "texts":
        return read_texts(posted, name, old)
    if kind == "rows":
        return _rows(schema["items"], posted, old, name)
    if kind == "pairs":
        pairs: dict[Any, Any] = {}
        before = {str(key): key for key in old} if isinstance(old, dict) else {}
        for number in _numbers(posted, name):
            word, words = _first(posted, f"{name}.{number}.word").strip(), read_texts(posted, f"{name}.{number}.texts", None)
            if word or words:
                word = word or free_key(next(iter(words.values()), ""), map(str, pairs), word="choice")
                pairs[before.get(word, word)] = words
        return pairs
    if kind == "picks":
        chosen = [one for one in posted.get(name, ()) if one in schema["items"]["enum"]]
        return old if isinstance(old, list) and set(map(str, old)) == set(chosen) else chosen
    text = _first(posted, name).replace("\r\n", "\n")
    if kind == "words":
        return [line.strip() for line in text.split("\n") if line.strip()]
    if kind == "yaml":
        try:
            return load(text).plain if text.strip() else None
        except YamlProblem:
            return text
    if kind == "flag":
        return {"true": True, "false": False}.get(text.strip(), text.strip())
    return number_in(text) if kind == "number" else text.strip()


def _rows(schema: Mapping[str, Any], posted: Posted, old: Any, name: str) -> list[Any]:
    rows: list[Any] = []
    for number in _numbers(posted, name):
        was = old[number] if isinstance(old, list) and number < len(old) else None
        row = read(schema, posted, was, f"{name}.{number}")
        if not any(_typed(inner, row.get(key)) for key, inner in schema.get("properties", {}).items()):
            continue
        if "key" in schema.get("properties", {}) and not row.get("key"):
            words = next((value for value in row.values() if isinstance(value, dict)), {})
            row = {"key": free_key(next(iter(words.values()), ""), [str(one.get("key", "")) for one in rows], word="item"), **row}
        rows.append(row)
    return rows


def _typed(schema: Mapping[str, Any], value: Any) -> bool:
    """Whether somebody typed something: a choice that merely stands at its first option makes no row."""
    return _kind(schema) not in ("choice", "flag") and value not in (None, "", [], {})


def _numbers(posted: Posted, name: str) -> list[int]:
    pattern = re.compile(re.escape(name) + r"\.([0-9]{1,4})\.")
    return sorted({int(match.group(1)) for one in posted if (match := pattern.match(one))})


def _first(posted: Posted, name: str) -> str:
    values = posted.get(name) or ("",)
    return values[0]


def read_texts(posted: Posted, name: str, old: Any) -> dict[str, str]:
    """A text in several languages as posted; words that did not change keep their spaces and line ends."""
    was = old if isinstance(old, dict) else {}
    found: dict[str, str] = {}
    for language in [*[one for one in was if f"{name}.{one}" in posted], *[one for one in LANGUAGES if one not in was]]:
        text = _first(posted, f"{name}.{language}").replace("\r\n", "\n")
        before = was.get(language)
        text = before if isinstance(before, str) and text.rstrip("\n") == before.rstrip("\n") else text.strip()
        if text:
            found[str(language)] = text
    return found


def number_in(text: str) -> int | float | str | None:
    """The number that a text says, the text itself when it says none, None when there is none."""
    text = text.strip()
    if _WHOLE.fullmatch(text):
        return int(text)
    if _FRACTION.fullmatch(text):
        return float(text)
    return text or None


def rearranged(settings: dict[str, Any], name: str, verb: str) -> dict[str, Any]:
    """The settings with the row that `name` points to (`settings.fields.2`) taken out, or put one up or down."""
    *path, last = name.split(".")[1:]
    holder: Any = settings
    for part in path:
        holder = holder[int(part)] if isinstance(holder, list) else holder[part] if isinstance(holder, dict) else None
    pairs = isinstance(holder, dict)
    items = list(holder.items()) if pairs else holder
    if not isinstance(items, list) or not last.isdigit() or not 0 <= int(last) < len(items):
        return settings
    item = items.pop(int(last))
    if verb != "remove":
        items.insert(max(0, int(last) + (1 if verb == "down" else -1)), item)
    if pairs:
        holder.clear()
        holder.update(items)
    return settings
