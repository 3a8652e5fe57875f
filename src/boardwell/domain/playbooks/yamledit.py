"""Changes a YAML text in place: what an edit does not touch keeps its bytes, comments and order; pure.

The text is read by ruamel.yaml, which says where each value begins and ends; an edit is a few replacements of parts of
the text. Afterwards the text is read again: if it does not mean exactly what was asked, the nearest part around it is
written anew, so an edit is right or is refused.
"""

import copy
from collections.abc import Iterator
from typing import Any

from ruamel.yaml.nodes import MappingNode

from boardwell.domain.playbooks import yamltext
from boardwell.domain.playbooks.yamlfile import Path, YamlProblem, load
from boardwell.domain.playbooks.yamlparts import EditError, Splice, Text, column_of, in_brackets, key_of, same
from boardwell.domain.playbooks.yamlways import anew, become_within, inserted, replaced

# --- what is asked for --------------------------------------------------------------------------------------------


def become(source: str, path: Path, value: Any) -> str:
    """The text in which `value` stands at `path`; parts of it that stand there already keep their bytes.

    Keys of mappings on the way are made when missing. Raises EditError, YamlProblem for a text that is none.
    """
    text = Text(source)
    wanted = copy.deepcopy(text.plain)
    path, value = _made(wanted, path, value)
    if not path:
        return _checked(source, (), value, lambda: become_within(text, text.root, value, 0))
    _put(wanted, path, value)
    parent = text.node(path[:-1])
    if isinstance(parent, MappingNode):
        merged = {**_at(text.plain, path[:-1]), path[-1]: value}
        return _checked(source, path[:-1], wanted, lambda: become_within(text, parent, merged, column_of(parent)))
    return _checked(source, path, wanted, lambda: become_within(text, text.node(path), value, column_of(parent)))


def remove(source: str, path: Path) -> str:
    """The text without the entry or item at `path`, and without the comments directly above it."""
    text = Text(source)
    wanted = copy.deepcopy(text.plain)
    holder = _at(wanted, path[:-1])
    del holder[path[-1]]
    parent = text.node(path[:-1])
    return _checked(source, path[:-1], wanted, lambda: become_within(text, parent, holder, column_of(parent)))


def insert(source: str, path: Path, index: int, value: Any) -> str:
    """The text with a new item before the `index`th of the list at `path`; a mapping gets a line for each key."""
    text = Text(source)
    wanted = copy.deepcopy(text.plain)
    _list(wanted, path).insert(index, value)
    return _checked(
        source, path, wanted, lambda: inserted(text, path, index, lambda column: yamltext.item(value, column, tall=True), value)
    )


def move(source: str, path: Path, to: Path, index: int) -> str:
    """The text with the item at `path` taken out and put in as the `index`th of the list at `to`, with its comments."""
    return _carried(source, path, to, index, keep=False)


def duplicate(source: str, path: Path, to: Path, index: int) -> str:
    """The text with a copy of the item at `path` put in as the `index`th of the list at `to`, byte for byte."""
    return _carried(source, path, to, index, keep=True)


def rename(source: str, path: Path, key: str) -> str:
    """The text in which the entry at `path` is called `key`; what is below it keeps its bytes."""
    text = Text(source)
    wanted = copy.deepcopy(text.plain)
    holder = _at(wanted, path[:-1])
    if key in holder:
        raise EditError(f"there is {key!r} already")
    entries = [(key if name == path[-1] else name, value) for name, value in holder.items()]
    holder.clear()
    holder.update(entries)
    parent = text.node(path[:-1])
    node = next(one for one, _value in parent.value if key_of(one) == path[-1])

    def splices() -> Iterator[Splice]:
        yield Splice(node.start_mark.index, node.end_mark.index, yamltext.scalar(key, flow=in_brackets(parent)))

    return _checked(source, path[:-1], wanted, splices)


# --- how it is done -----------------------------------------------------------------------------------------------


def _checked(source: str, path: Path, wanted: Any, splices: Any) -> str:
    try:
        edited = _applied(source, list(splices()))
        if same(load(edited).plain, wanted):
            return edited
    except (EditError, YamlProblem, RecursionError):
        pass
    # The parts around are written anew, from the nearest outwards, until the text means what was asked.
    for length in range(len(path), -1, -1):
        try:
            text = Text(source)
            node, value = text.node(path[:length]), _at(wanted, path[:length])
            edited = _applied(source, list(anew(text, path[:length], node, value)))
            if same(load(edited).plain, wanted):
                return edited
        except (EditError, YamlProblem, RecursionError, KeyError, IndexError, TypeError):
            continue
    raise EditError("this cannot be written here")


def _applied(source: str, splices: list[Splice]) -> str:
    newline = "\r\n" if "\r\n" in source else "\n"
    for splice in sorted(splices, key=lambda one: (one.start, one.end), reverse=True):
        text = splice.text if newline == "\n" else splice.text.replace("\n", newline)
        source = source[: splice.start] + text + source[splice.end :]
    return source


def _at(plain: Any, path: Path) -> Any:
    for part in path:
        plain = plain[part]
    return plain


def _put(plain: Any, path: Path, value: Any) -> None:
    _at(plain, path[:-1])[path[-1]] = value


def _made(plain: Any, path: Path, value: Any) -> tuple[Path, Any]:
    """The longest part of the path that exists, and the value with what is missing put around it."""
    for length in range(len(path)):
        here = _at(plain, path[:length])
        part = path[length]
        if isinstance(here, list) and not (isinstance(part, int) and 0 <= part < len(here)):
            raise EditError(f"there is no {part!r}")
        if not isinstance(here, dict | list) or (isinstance(here, dict) and path[length] not in here and length < len(path) - 1):
            for part in reversed(path[length + 1 if isinstance(here, dict | list) else length :]):
                value = {part: value}
            return (path[: length + 1] if isinstance(here, dict | list) else path[:length]), value
    return path, value


def _list(plain: Any, path: Path) -> list[Any]:
    holder = _at(plain, path[:-1])
    if not isinstance(holder, dict | list):
        raise EditError("no list can stand here")
    found = holder.get(path[-1]) if isinstance(holder, dict) else holder[path[-1]]  # type: ignore[index]
    if not isinstance(found, list):
        if found not in (None, {}, ""):
            raise EditError("this is no list")
        found = []
        _put(plain, path, found)
    return found


def _carried(source: str, path: Path, to: Path, index: int, *, keep: bool) -> str:
    text = Text(source)
    wanted = copy.deepcopy(text.plain)
    value = copy.deepcopy(_at(wanted, path))
    if not keep and to == path[:-1] and index == path[-1]:
        return source
    if not keep:
        del _at(wanted, path[:-1])[path[-1]]
    _list(wanted, to).insert(index, value)
    parent = text.node(path[:-1])
    number = int(path[-1])

    def splices() -> Iterator[Splice]:
        if in_brackets(parent):
            raise EditError("items inside brackets are written anew")
        start, end = text.item_lines(parent, number)
        carried = text.source[start:end].rstrip("\n").replace("\r\n", "\n").split("\n")
        if not keep:
            if len(parent.value) > 1:
                yield Splice(start, end, "")
            else:
                yield from replaced(text, path[:-1], parent, [])
        # Counted in the list as it stands: behind the place that is left, everything is one further on.
        at = index + 1 if not keep and to == path[:-1] and index >= number else index
        yield from inserted(text, to, at, lambda column: _shifted(carried, column - column_of(parent)), value)

    common = 0
    while common < min(len(path) - 1, len(to)) and path[common] == to[common]:
        common += 1
    return _checked(source, to[:common], wanted, splices)


def _shifted(lines: list[str], columns: int) -> list[str]:
    if columns >= 0:
        return [" " * columns + line if line.strip() else line for line in lines]
    return [line[-columns:] if not line[:-columns].strip() else line.lstrip(" ") for line in lines]


__all__ = ["EditError", "become", "duplicate", "insert", "move", "remove", "rename", "same"]
