"""Writes plain values as YAML text, the way people write it in playbooks; pure."""

import re
from typing import Any

from boardwell.domain.playbooks.yamlfile import resolved

WIDEST = 110
"""A mapping or list that fits into so many characters is written on one line."""

_PLAIN_END = re.compile(r":(?=\W|$)|\s#|[\s:]$")
_FLOW_SIGNS = re.compile(r"[,\[\]{}?]")


def scalar(value: Any, *, flow: bool = False, quote: str = "") -> str:
    """One scalar on one line; `quote` is the quote that stood there before, kept where it can be."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return str(value)
    if quote == "'" and _single(value):
        return "'" + value.replace("'", "''") + "'"
    if quote != '"' and _plain(value, flow=flow):
        return value
    if quote != '"' and _single(value) and "'" not in value:
        return f"'{value}'"
    return '"' + "".join(_escaped(letter) for letter in value) + '"'


def _plain(value: str, *, flow: bool) -> bool:
    if not value or not (value[0].isalnum() or value[0] == "_") or not value.isprintable():
        return False
    if _PLAIN_END.search(value) or (flow and _FLOW_SIGNS.search(value)):
        return False
    return isinstance(resolved(value), str)


def _single(value: str) -> bool:
    return value.isprintable()


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return "\\" + letter
    if letter == "\n":
        return "\\n"
    if letter.isprintable():
        return letter
    return f"\\u{ord(letter):04x}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08x}"


def inline(value: Any) -> str:
    """Any value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key, flow=True)}: {inline(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(inline(inner) for inner in value) + "]"
    return scalar(value, flow=True)


def fits(value: Any) -> bool:
    """Whether people would write it on one line."""
    if isinstance(value, dict | list) and value:
        inner = list(value.values()) if isinstance(value, dict) else value
        if any(isinstance(one, str) and "\n" in one for one in inner):
            return False
        return len(inline(value)) <= WIDEST and all(fits(one) for one in inner)
    return not (isinstance(value, str) and _literal(value))


def _literal(text: str) -> bool:
    """Whether a text can be written below `|` as it is."""
    lines = text.removesuffix("\n").split("\n")
    return (
        len(lines) > 1 and not lines[0].startswith((" ", "\n")) and lines[0] != "" and lines[-1] != "" and all(map(str.isprintable, lines))
    )


def after_key(value: Any, column: int) -> str:
    """What follows `key:` in a block mapping that stands at `column`: on the same line, or on lines of its own."""
    if isinstance(value, str) and _literal(value):
        return " " + literal(value, column + 2)
    if fits(value) or not isinstance(value, dict | list):
        return " " + (inline(value) if isinstance(value, dict | list) else scalar(value))
    return "\n" + "\n".join(block(value, column + 2))


def literal(text: str, column: int) -> str:
    """A text below `|`, its lines at `column`."""
    lines = text.removesuffix("\n").split("\n")
    head = "|" if text.endswith("\n") else "|-"
    return "\n".join([head, *(" " * column + one if one else "" for one in lines)])


def block(value: Any, column: int) -> list[str]:
    """Lines of a block mapping or list at `column`. A list's items that are mappings stand below each other."""
    margin = " " * column
    if isinstance(value, dict):
        return [line for key, inner in value.items() for line in (margin + scalar(key) + ":" + after_key(inner, column)).split("\n")]
    return [line for inner in value for line in item(inner, column)]


def item(value: Any, column: int, *, tall: bool = False) -> list[str]:
    """Lines of one list item whose dash stands at `column`; `tall` puts each key of a mapping on a line of its own."""
    margin = " " * column
    if isinstance(value, dict | list) and value and (tall or not fits(value)):
        first, *rest = block(value, column + 2)
        return [margin + "- " + first[column + 2 :], *rest]
    text = literal(value, column + 2) if isinstance(value, str) and _literal(value) else inline(value)
    return (margin + "- " + text).split("\n")
