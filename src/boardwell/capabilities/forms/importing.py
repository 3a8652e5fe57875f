"""Makes a form's settings out of a JSON Schema, and says what of it does not come along; pure.

Comes along: an object's properties with title, description, required; string (enum, oneOf with const, format date, email, uri,
minLength, maxLength), number and integer (minimum, maximum), boolean, arrays of texts, of enums and of objects, nested objects as
sections, and `$ref` to `$defs` or `definitions` of the same schema.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MOST_CHARACTERS = 200_000
_MOST_QUESTIONS = 200
_DEEPEST = 20
_FORMATS = {"date": "date", "email": "email", "idn-email": "email", "uri": "url", "url": "url", "iri": "url", "textarea": "long_text"}
_SAID = frozenset({
    "$schema", "$id", "$comment", "$defs", "definitions", "$anchor", "type", "title", "description", "properties", "required", "enum", "const", "oneOf",
    "items", "format", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "examples", "$ref",
})  # fmt: skip


class NoSchema(ValueError):  # noqa: N818 - it says what the text is not
    """The text is no JSON Schema of an object with properties."""


@dataclass(slots=True)
class Imported:
    """The settings, and what was left behind: where in the schema, and which keyword or type."""

    settings: dict[str, Any] = field(default_factory=dict)
    left: list[tuple[str, str]] = field(default_factory=list)


def read_json_schema(text: str, language: str) -> Imported:
    """The form that a JSON Schema (draft 4 to 2020-12) describes, its words in one language. Raises NoSchema."""
    if len(text) > MOST_CHARACTERS:
        raise NoSchema
    try:
        root = json.loads(text)
    except (ValueError, RecursionError):
        raise NoSchema from None
    if not isinstance(root, dict) or not isinstance(root.get("properties"), dict) or not root["properties"]:
        raise NoSchema
    return _Import(root, language).run()


class _Import:
    def __init__(self, root: Mapping[str, Any], language: str) -> None:
        self.root, self.language = root, language
        self.found = Imported()
        self.keys: set[str] = set()

    def run(self) -> Imported:
        fields: list[dict[str, Any]] = []
        sections: list[dict[str, Any]] = []
        self._leave(self.root, "#")
        required = _names(self.root.get("required"))
        for name, given in self.root["properties"].items():
            path = f"#/properties/{name}"
            schema = self._resolved(given, path)
            if schema.get("type") == "object" and isinstance(schema.get("properties"), dict):
                if section := self._section(str(name), schema, path):
                    sections.append(section)
            elif one := self._question(str(name), schema, path, self.keys, required=name in required):
                fields.append(one)
            if len(self.keys) >= _MOST_QUESTIONS:
                self._left("#/properties", "more than 200 questions")
                break
        self.found.settings = {**({"fields": fields} if fields else {}), **({"sections": sections} if sections else {})}
        if not self.found.settings:
            raise NoSchema
        return self.found

    def _left(self, path: str, what: str) -> None:
        self.found.left.append((path[:200], what[:80]))

    def _leave(self, schema: Mapping[str, Any], path: str) -> None:
        for keyword in schema:
            if keyword not in _SAID and not str(keyword).startswith("x-"):
                self._left(path, str(keyword))

    def _resolved(self, given: Any, path: str) -> Mapping[str, Any]:
        """The schema itself, or what its local $ref names."""
        schema: Any = given
        for _step in range(_DEEPEST):
            if not isinstance(schema, Mapping) or not isinstance(reference := schema.get("$ref"), str):
                break
            schema = self._at(reference)
            if schema is None:
                self._left(path, f"$ref {reference}")
        if not isinstance(schema, Mapping) or "$ref" in schema:
            return {}
        self._leave(schema, path)
        if isinstance(types := schema.get("type"), list):  # such as ["string", "null"]
            real = [one for one in types if one != "null"]
            return {**schema, "type": real[0] if len(real) == 1 else None}
        return schema

    def _at(self, reference: str) -> Any:
        if not reference.startswith("#/"):
            return None
        found: Any = self.root
        for part in reference[2:].split("/"):
            found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
        return found

    def _section(self, name: str, schema: Mapping[str, Any], path: str) -> dict[str, Any] | None:
        required = _names(schema.get("required"))
        key = self._key(name, self.keys)
        fields = []
        for inner, given in schema["properties"].items():
            where = f"{path}/properties/{inner}"
            if one := self._question(str(inner), self._resolved(given, where), where, self.keys, required=inner in required):
                fields.append(one)
        if not fields:
            return None
        section: dict[str, Any] = {"key": key, "title": self._words(schema.get("title") or name)}
        if isinstance(schema.get("description"), str) and schema["description"].strip():
            section["help"] = self._words(schema["description"])
        return {**section, "fields": fields}

    def _question(
        self, name: str, schema: Mapping[str, Any], path: str, keys: set[str], *, required: bool, in_row: bool = False
    ) -> dict[str, Any] | None:  # fmt: skip
        shape = self._shape(schema, path, in_row=in_row)
        if shape is None:
            self._left(path, str(schema.get("type") or "type"))
            return None
        question: dict[str, Any] = {
            "key": self._key(name, keys),
            "type": shape.pop("type"),
            "label": self._words(schema.get("title") or name),
        }
        if isinstance(schema.get("description"), str) and schema["description"].strip():
            question["hint"] = self._words(schema["description"])
        if required:
            question["required"] = True
        return {**question, **shape}

    def _shape(self, schema: Mapping[str, Any], path: str, *, in_row: bool) -> dict[str, Any] | None:
        if (choices := self._choices(schema)) is not None:
            return {"type": "choice", "choices": choices}
        kind = schema.get("type")
        if kind == "boolean":
            return {"type": "yes_no"}
        if kind in ("number", "integer"):
            return {"type": "number", **_limits(schema, minimum="min", maximum="max")}
        if kind == "string":
            word = schema.get("format")
            if word is not None and word not in _FORMATS:
                self._left(path, f"format {word}")
            typed = _FORMATS.get(str(word), "long_text" if _number(schema.get("maxLength"), 0) > 200 else "text")
            return {"type": typed, **(_limits(schema, minLength="min", maxLength="max") if typed == "text" else {})}
        if kind == "array":
            return self._array(schema, path, in_row=in_row)
        return None

    def _array(self, schema: Mapping[str, Any], path: str, *, in_row: bool) -> dict[str, Any] | None:
        items = self._resolved(schema.get("items"), f"{path}/items")
        if (choices := self._choices(items)) is not None:
            return {"type": "choices", "choices": choices}
        if items.get("type") == "string":
            return {"type": "list"}
        if items.get("type") != "object" or not isinstance(items.get("properties"), Mapping) or in_row:
            return None
        keys: set[str] = set()
        required = _names(items.get("required"))
        columns = []
        for inner, given in list(items["properties"].items())[:12]:
            where = f"{path}/items/properties/{inner}"
            one = self._question(str(inner), self._resolved(given, where), where, keys, required=inner in required, in_row=True)
            if one:
                columns.append(one)
        if len(items["properties"]) > 12:
            self._left(path, "more than 12 columns")
        return {"type": "table", "columns": columns, **_limits(schema, minItems="min", maxItems="max")} if columns else None

    def _choices(self, schema: Mapping[str, Any]) -> dict[str, Any] | None:
        listed = schema.get("enum")
        if isinstance(listed, list) and listed and all(isinstance(one, str | int) for one in listed):
            return {str(one): self._words(str(one)) for one in listed}
        options = schema.get("oneOf")
        if (
            isinstance(options, list)
            and options
            and all(isinstance(one, Mapping) and isinstance(one.get("const"), str | int) for one in options)
        ):
            return {str(one["const"]): self._words(str(one.get("title") or one["const"])) for one in options}
        return None

    def _words(self, text: Any) -> dict[str, str]:
        return {self.language: str(text).strip()[:2000] or "?"}

    def _key(self, name: str, keys: set[str]) -> str:
        bare = re.sub(r"[^a-z0-9_-]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()).strip("_-")[:50]
        bare = bare if re.match("[a-z]", bare) else f"q_{bare}".rstrip("_")
        key, number = bare, 2
        while key in keys:
            key, number = f"{bare}_{number}", number + 1
        keys.add(key)
        return key


def _names(value: Any) -> set[str]:
    return {one for one in value if isinstance(one, str)} if isinstance(value, list) else set()


def _number(value: Any, otherwise: float) -> float:
    return value if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15 else otherwise


def _limits(schema: Mapping[str, Any], **names: str) -> dict[str, Any]:
    """Keywords of the schema by the settings that they become."""
    return {ours: schema[theirs] for theirs, ours in names.items() if _number(schema.get(theirs), -1e16) > -1e16}
