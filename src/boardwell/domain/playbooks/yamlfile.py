"""Reads YAML 1.2 safely, with the line and column of every key and value; pure."""

import math
import re
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from boardwell.domain.playbooks.merging import BEGINS, BETWEEN, ENDS
from boardwell.domain.playbooks.yamlsyntax import fault_of

MOST_BYTES = 1_000_000
MOST_NODES = 60_000
DEEPEST = 20

_HALF = re.compile(r"[\ud800-\udfff]")  # half of a surrogate pair: no text, and not storable

_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")  # nor does PostgreSQL take a NUL in a text

_MARKS = (BEGINS, BETWEEN, ENDS)

type Path = tuple[str | int, ...]


class YamlProblem(ValueError):  # noqa: N818 - a problem of the text, in the words of the house
    """The text is not acceptable YAML. `line` and `column` count from 1; `code` and `params` name the fault."""

    def __init__(self, message: str, line: int = 1, column: int = 1, code: str = "unreadable", **params: str | int) -> None:
        super().__init__(message)
        self.line, self.column, self.code, self.params = line, column, code, params


@dataclass(frozen=True, slots=True)
class Mark:
    """Where something stands: line and column count from 1, the index into the text from 0."""

    line: int
    column: int
    index: int = 0


@dataclass(slots=True)
class Loaded:
    """Plain values, and where each path of them stands (`marks` of the value, `key_marks` of its key).

    Shared by all who read the same text: never change it.
    """

    plain: Any
    source: str = ""
    node: Node | None = None
    marks: dict[Path, Mark] = field(default_factory=dict)
    key_marks: dict[Path, Mark] = field(default_factory=dict)
    doubled: list[tuple[Path, Mark]] = field(default_factory=list)

    def with_value(self, path: Path, value: Any) -> "Loaded":
        """The same document as if `value` stood at `path`, which must exist up to its last part; places stay as they were."""
        if not path:
            return replace(self, plain=value)
        plain = copy(self.plain)
        holder = plain
        for part in path[:-1]:
            holder[part] = copy(holder[part])
            holder = holder[part]
        holder[path[-1]] = value
        return replace(self, plain=plain)

    def place(self, path: Path) -> Mark:
        """The best known place: the path itself, else the nearest thing around it."""
        for length in range(len(path), -1, -1):
            mark = self.key_marks.get(path[:length]) or self.marks.get(path[:length])
            if mark is not None:
                return mark
        return Mark(1, 1)

    def inside(self, path: Path, character: int) -> Mark:
        """Where a character (from 1) of the text at `path` stands; where the text begins when it is folded or has escapes."""
        mark = self.marks.get(path)
        if mark is None:
            return self.place(path)
        text = self.plain
        for part in path:
            text = text[part]
        for quote in (0, 1):
            if self.source.startswith(str(text), mark.index + quote):
                return Mark(mark.line, mark.column + quote + character - 1)
        return mark


def broken_character(source: str) -> tuple[int, int] | None:
    """Line and column of the first half of a surrogate pair, which no database and no file takes."""
    half = _HALF.search(source)
    if half is None:
        return None
    before = source[: half.start()]
    return before.count("\n") + 1, half.start() - before.rfind("\n")


@lru_cache(maxsize=6)  # a large playbook takes a second to read; lint, edit and page read the same text
def load(source: str) -> Loaded:
    """Plain dicts, lists and scalars. Raises YamlProblem: bad YAML, anchors (no bombs), too large, too deep."""
    if len(source.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise YamlProblem(f"the file is larger than {MOST_BYTES // 1000} kB", code="too_large", most=MOST_BYTES // 1000)
    if place := broken_character(source):
        raise YamlProblem("a character here is broken (half of a pair)", *place, "half")
    reader = YAML(typ="safe", pure=True)
    reader.allow_duplicate_keys = True
    try:
        for number, text in enumerate(source.splitlines(), 1):
            if text[: len(text) - len(text.lstrip())].count("\t"):
                raise YamlProblem("a tab indents this line; YAML wants spaces", number, 1, "tab")
            if text.startswith(_MARKS):
                raise YamlProblem("a place that two people changed stands here twice", number, 1, "conflict")
        node = reader.compose(source)
    except YAMLError as problem:
        fault = fault_of(problem, source)
        raise YamlProblem(str(problem), fault.line, fault.column, fault.code, **fault.params) from problem
    except RecursionError as problem:
        raise YamlProblem("nested too deeply", code="too_deep") from problem
    except ValueError as problem:  # an escape for a character that there is not, a version of a thousand digits
        if isinstance(problem, YamlProblem):
            raise
        raise YamlProblem("not readable as YAML text") from problem
    if node is None:
        raise YamlProblem("the file is empty", code="empty")
    loaded = Loaded(None, source, node)
    counter = iter(range(MOST_NODES))
    loaded.plain = _plain(node, (), loaded, counter, set())
    return loaded


def _mark(node: Node) -> Mark:
    return Mark(node.start_mark.line + 1, node.start_mark.column + 1, node.start_mark.index)


def _plain(node: Node, path: Path, loaded: Loaded, counter: Iterator[int], seen: set[int]) -> Any:
    if next(counter, None) is None:
        raise YamlProblem("too many values", node.start_mark.line + 1, node.start_mark.column + 1, "too_many")
    if len(path) > DEEPEST:
        raise YamlProblem("nested too deeply", node.start_mark.line + 1, node.start_mark.column + 1, "too_deep")
    if id(node) in seen:
        raise YamlProblem("aliases (*name) are not used in playbooks", node.start_mark.line + 1, node.start_mark.column + 1, "alias")
    seen.add(id(node))
    loaded.marks[path] = _mark(node)
    if isinstance(node, MappingNode):
        found: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = _scalar(key_node) if isinstance(key_node, ScalarNode) else str(key_node.tag)
            key = key if isinstance(key, str | int) and not isinstance(key, bool) else str(key_node.value)
            child = (*path, key)
            loaded.key_marks.setdefault(child, _mark(key_node))
            if key in found:
                loaded.doubled.append((child, _mark(key_node)))
            found[key] = _plain(value_node, child, loaded, counter, seen)
        return found
    if isinstance(node, SequenceNode):
        return [_plain(child, (*path, index), loaded, counter, seen) for index, child in enumerate(node.value)]
    return _scalar(node)


_WHOLE = re.compile(r"[-+]?[0-9]+")
_FRACTION = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_CORE = {"null": None, "Null": None, "NULL": None, "~": None, "": None, "true": True, "True": True, "TRUE": True,
         "false": False, "False": False, "FALSE": False}  # fmt: skip


def _scalar(node: Node) -> Any:
    text = str(node.value)
    if _UNSTORABLE.search(text):  # written as an escape, so that the source itself looks harmless
        raise YamlProblem("a character here is broken", node.start_mark.line + 1, node.start_mark.column + 1, "half")
    return text if getattr(node, "style", None) is not None else resolved(text)  # quoted and block texts are texts


def resolved(text: str) -> Any:
    """What a plain scalar means: YAML 1.2 core schema, in ASCII digits, so that `no`, `on` and `৫` stay words."""
    if text in _CORE:
        return _CORE[text]
    try:
        if _WHOLE.fullmatch(text):
            return int(text)
        if _FRACTION.fullmatch(text) and math.isfinite(number := float(text)):
            return number
    except ValueError:  # more digits than Python wants to read
        pass
    return text
