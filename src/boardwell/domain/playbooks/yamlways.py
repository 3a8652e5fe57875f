"""The replacements that turn one part of a YAML text into another value, as few and small as can be; pure."""

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from boardwell.domain.playbooks import yamltext
from boardwell.domain.playbooks.yamlfile import Path
from boardwell.domain.playbooks.yamlparts import EditError, Splice, Text, column_of, in_brackets, key_of, keys_of, plain_of, same


def anew(text: Text, path: Path, node: Node, value: Any) -> Iterator[Splice]:
    """Writes whatever stands at a path anew, the whole text for the empty path."""
    if not path:
        yield Splice(0, len(text.source), "\n".join(yamltext.block(value, 0)) + "\n")
    else:
        yield from replaced(text, path, node, value)


def replaced(text: Text, path: Path, node: Node, value: Any) -> Iterator[Splice]:
    """Writes the value of an entry or an item anew."""
    parent = text.node(path[:-1])
    if isinstance(parent, MappingNode):
        key = next(one for one, inner in parent.value if inner is node)
        yield from _value(text, parent, key, node, value)
    else:
        yield from _item(text, parent, path[-1], node, value)  # type: ignore[arg-type]  # a list's part is a number


def become_within(text: Text, node: Node, value: Any, column: int) -> Iterator[Splice]:
    """Replacements that turn a collection into `value`; `column` is where its entries stand."""
    if isinstance(node, MappingNode) and isinstance(value, dict):
        yield from _mapping(text, node, value)
    elif isinstance(node, SequenceNode) and isinstance(value, list):
        yield from _sequence(text, node, value)
    else:
        raise EditError(f"a part of another shape at column {column}")


def _below(text: Text, parent: MappingNode, key: Node, node: Node, value: Any) -> Iterator[Splice]:
    """One value of a mapping: changed within where its shape stays, else replaced."""
    if same(plain_of(node), value):
        return
    if isinstance(node, MappingNode) and isinstance(value, dict) and any(name in value for name in map(key_of, keys_of(node))):
        yield from _mapping(text, node, value)
    elif isinstance(node, SequenceNode) and isinstance(value, list) and value and node.value and (in_brackets(node) or _kept(node, value)):
        yield from _sequence(text, node, value)
    else:
        yield from _value(text, parent, key, node, value)


def _kept(node: SequenceNode, value: list[Any]) -> bool:
    return len(node.value) == len(value) or any(same(plain_of(one), other) for one in node.value for other in value)


def _value(text: Text, parent: MappingNode, key: Node, node: Node, value: Any) -> Iterator[Splice]:
    """Writes the value of one key anew."""
    if in_brackets(parent):
        new = yamltext.inline(value) if isinstance(value, dict | list) else _like(node, value, flow=True)
        start, end = node.start_mark.index, text.end(node)
        yield Splice(start, end, new if start < end or text.source[start - 1 : start] == " " else " " + new)
        return
    colon = text.source.index(":", key.end_mark.index) + 1
    simple = (isinstance(node, ScalarNode) and node.style not in ("|", ">")) or in_brackets(node)
    new = yamltext.after_key(value, column_of(parent))
    if simple and not new.startswith("\n") and "\n" not in new and node.start_mark.index < text.end(node):
        yield Splice(node.start_mark.index, text.end(node), new[1:] if isinstance(value, dict | list) else _like(node, value, flow=False))
    else:
        yield Splice(colon, max(colon, text.end(node)), new)


def _like(node: Node, value: Any, *, flow: bool) -> str:
    quote = node.style if isinstance(node, ScalarNode) and node.style in ("'", '"') and isinstance(value, str) else ""
    return yamltext.scalar(value, flow=flow, quote=quote)


def _item(text: Text, parent: SequenceNode, index: int, node: Node, value: Any) -> Iterator[Splice]:
    """Writes one item of a list anew."""
    if in_brackets(parent):
        new = yamltext.inline(value) if isinstance(value, dict | list) else _like(node, value, flow=True)
        yield Splice(node.start_mark.index, text.end(node), new)
        return
    dash = text.dash(parent, index)
    lines = yamltext.item(value, column_of(parent), tall=not in_brackets(node) and isinstance(node, MappingNode))
    yield Splice(dash, max(dash + 1, text.end(node)), "\n".join(lines)[column_of(parent) :])


def _mapping(text: Text, node: MappingNode, value: dict[Any, Any]) -> Iterator[Splice]:
    names = [key_of(key) for key, _inner in node.value]
    if len(set(names)) != len(names):
        raise EditError("a key that stands there twice")
    kept = [index for index, name in enumerate(names) if name in value]
    if not kept:
        raise EditError("nothing is left of it")
    for index in kept:
        key, inner = node.value[index]
        yield from _below(text, node, key, inner, value[names[index]])
    yield from _drop(text, node, kept)
    anchors = {names[index]: index for index in kept}
    anchor = kept[0]
    for name, inner in value.items():
        if name in anchors:
            anchor = anchors[name]
        elif in_brackets(node):
            end = max(map(text.end, node.value[anchor]))
            yield Splice(end, end, f", {yamltext.scalar(name, flow=True)}: {yamltext.inline(inner)}")
        else:
            entry = " " * column_of(node) + yamltext.scalar(name) + ":" + yamltext.after_key(inner, column_of(node))
            yield _after(text, max(map(text.end, node.value[anchor])), entry)


def _after(text: Text, end: int, entry: str) -> Splice:
    """Puts lines below the line on which something ends."""
    at = text.line_end(end)
    whole = text.source[at - 1 : at] == "\n"
    return Splice(at, at, entry + "\n" if whole else "\n" + entry)


def _drop(text: Text, node: Node, kept: list[int]) -> Iterator[Splice]:
    """Takes out the entries or items that are not kept (at least one is)."""
    spans = [
        (one[0].start_mark.index, max(map(text.end, one))) if isinstance(node, MappingNode) else (one.start_mark.index, text.end(one))
        for one in node.value
    ]
    for index in range(len(spans)):
        if index in kept:
            continue
        if in_brackets(node):
            yield (
                Splice(spans[index - 1][1], spans[index][1], "") if index > kept[0] else Splice(spans[index][0], spans[index + 1][0], "")
            )
        elif isinstance(node, MappingNode):
            if index == 0 and not text.alone(spans[0][0]):
                yield Splice(spans[0][0], spans[1][0], "")  # the first key stands behind a dash: the next takes its place
            else:
                yield Splice(*text.entry_lines(node, index), "")
        else:
            yield Splice(*text.item_lines(node, index), "")


def _sequence(text: Text, node: SequenceNode, value: list[Any]) -> Iterator[Splice]:
    if not value or not node.value:
        raise EditError("a list that is or becomes empty")
    old = [plain_of(child) for child in node.value]
    if len(old) == len(value):
        for index, (child, inner) in enumerate(zip(node.value, value, strict=True)):
            if same(old[index], inner):
                continue
            if isinstance(child, MappingNode) and isinstance(inner, dict) and any(name in inner for name in map(key_of, keys_of(child))):
                yield from _mapping(text, child, inner)
            else:
                yield from _item(text, node, index, child, inner)
        return
    kept: list[int] = []
    added: list[tuple[int, Any]] = []
    for verb, start, end, new_start, new_end in SequenceMatcher(
        None, list(map(repr, old)), list(map(repr, value)), autojunk=False
    ).get_opcodes():
        if verb == "equal":
            kept += range(start, end)
        else:
            added += [(start, one) for one in value[new_start:new_end]]
    if not kept:
        raise EditError("nothing is left of it")
    yield from _drop(text, node, kept)
    for before, one in added:
        after = [index for index in kept if index < before]
        if in_brackets(node):
            at = text.end(node.value[after[-1]]) if after else node.value[kept[0]].start_mark.index
            yield Splice(at, at, f", {yamltext.inline(one)}" if after else f"{yamltext.inline(one)}, ")
        else:
            lines = "\n".join(yamltext.item(one, column_of(node)))
            if after:
                yield _after(text, text.item_lines(node, after[-1])[1] - 1, lines)
            else:
                at = text.item_lines(node, kept[0])[0]
                yield Splice(at, at, lines + "\n")


def inserted(text: Text, path: Path, index: int, lines: Any, value: Any) -> Iterator[Splice]:
    """Puts an item into a list. `lines` gives the item's lines for the column of the dash."""
    holder = text.node(path[:-1])
    node = (
        next((inner for key, inner in holder.value if key_of(key) == path[-1]), None)
        if isinstance(holder, MappingNode)
        else text.node(path)
    )
    if isinstance(node, SequenceNode) and node.value:
        if in_brackets(node):
            at = node.value[index].start_mark.index if index < len(node.value) else text.end(node.value[-1])
            yield Splice(at, at, f"{yamltext.inline(value)}, " if index < len(node.value) else f", {yamltext.inline(value)}")
        elif index < len(node.value):
            at = text.item_lines(node, index)[0]
            yield Splice(at, at, "\n".join(lines(column_of(node))) + "\n")
        else:
            yield _after(text, text.item_lines(node, len(node.value) - 1)[1] - 1, "\n".join(lines(column_of(node))))
    elif isinstance(holder, MappingNode) and not in_brackets(holder):
        column = column_of(holder)
        body = "\n".join(lines(column + 2))
        if node is None:
            end = max(map(text.end, holder.value[-1]))
            yield _after(text, end, f"{' ' * column}{yamltext.scalar(path[-1])}:\n{body}")
        else:
            key = next(key for key, inner in holder.value if inner is node)
            colon = text.source.index(":", key.end_mark.index) + 1
            yield Splice(colon, max(colon, text.end(node)), f"\n{body}")
    else:
        raise EditError("an empty list inside braces")
