"""Where the parts of a YAML text begin and end, with the comments that belong to them; pure."""

from dataclasses import dataclass
from typing import Any

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from boardwell.domain.playbooks.yamlfile import Path, load, resolved


class EditError(ValueError):
    """The edit cannot be made in this text; the text is as it was."""


@dataclass(frozen=True, slots=True)
class Splice:
    """One replacement: the text from start to end gives way."""

    start: int
    end: int
    text: str


class Text:
    """A text with its nodes, and where lines, entries and items begin and end."""

    def __init__(self, source: str) -> None:
        self.source = source
        loaded = load(source)
        self.plain = loaded.plain
        if loaded.node is None:
            raise EditError("empty")
        self.root: Node = loaded.node

    def node(self, path: Path) -> Node:
        """The node at a path, or EditError."""
        node = self.root
        for part in path:
            if isinstance(node, MappingNode):
                found = [value for key, value in node.value if key_of(key) == part]
                if not found:
                    raise EditError(f"there is no {part!r}")
                node = found[-1]
            elif isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
            else:
                raise EditError(f"there is no {part!r}")
        return node

    def end(self, node: Node) -> int:
        """Where the content of a node ends: before comments and blank lines that follow."""
        if isinstance(node, ScalarNode):
            if node.style in ("|", ">"):
                return int(node.start_mark.index) + len(self.source[node.start_mark.index : node.end_mark.index].rstrip())
            return int(node.end_mark.index)
        if in_brackets(node):
            return int(node.end_mark.index)
        last = node.value[-1]
        if isinstance(node, MappingNode):
            key, value = last
            return max(self.end(value), self.end(key))
        # An empty last item ends at its dash.
        return self.end(last)

    def line_start(self, at: int) -> int:
        """The beginning of the line."""
        return self.source.rfind("\n", 0, at) + 1

    def line_end(self, at: int) -> int:
        """The beginning of the next line."""
        found = self.source.find("\n", at)
        return len(self.source) if found < 0 else found + 1

    def alone(self, at: int) -> bool:
        """Whether nothing but spaces stands before `at` on its line."""
        return not self.source[self.line_start(at) : at].strip()

    def with_comments(self, start: int, floor: int) -> int:
        """The start of the comment lines that stand directly above a line, not above `floor`."""
        while start > floor:
            above = self.line_start(start - 1)
            if above < floor or not self.source[above:start].lstrip().startswith("#"):
                break
            start = above
        return start

    def lines(self, start: int, content_end: int, floor: int) -> tuple[int, int]:
        """The whole lines of something that begins at `start`, with the comments above it."""
        return self.with_comments(self.line_start(start), floor), self.line_end(content_end)

    def dash(self, sequence: Node, index: int) -> int:
        """Where the dash of an item stands."""
        if index == 0:
            return int(sequence.start_mark.index)
        column = column_of(sequence)
        at = self.line_end(self.end(sequence.value[index - 1]))
        limit = int(sequence.value[index].start_mark.index)
        while at <= limit and at < len(self.source):
            if not self.source[at : at + column].strip() and self.source[at + column : at + column + 1] == "-":
                return at + column
            at = self.line_end(at)
        raise EditError("no dash")

    def item_lines(self, sequence: Node, index: int) -> tuple[int, int]:
        """The whole lines of a list item, with the comments above it."""
        dash = self.dash(sequence, index)
        if not self.alone(dash):
            raise EditError("an item that begins in the middle of a line")
        floor = self.line_end(self.end(sequence.value[index - 1])) if index else self.line_end(self._before(dash))
        return self.lines(dash, max(self.end(sequence.value[index]), dash), floor)

    def _before(self, at: int) -> int:
        """The last character of content before the line of `at` that is no comment."""
        start = self.line_start(at)
        while start > 0:
            above = self.line_start(start - 1)
            stripped = self.source[above:start].strip()
            if stripped and not stripped.startswith("#"):
                return above
            start = above
        return -1

    def entry_lines(self, mapping: MappingNode, index: int) -> tuple[int, int]:
        """The whole lines of an entry of a mapping, with the comments above it."""
        key, value = mapping.value[index]
        start = int(key.start_mark.index)
        if not self.alone(start):
            raise EditError("an entry that begins in the middle of a line")
        floor = self.line_end(self._end_of_entry(mapping, index - 1)) if index else self.line_end(self._before(start))
        return self.lines(start, max(self.end(value), self.end(key)), floor)

    def _end_of_entry(self, mapping: MappingNode, index: int) -> int:
        key, value = mapping.value[index]
        return max(self.end(value), self.end(key))


def in_brackets(node: Node) -> bool:
    """Whether a collection stands in brackets or braces."""
    return bool(getattr(node, "flow_style", False))


def key_of(node: Node) -> Any:
    """What a key node says, as `load` reads it."""
    if not isinstance(node, ScalarNode):
        return str(node.tag)
    key = str(node.value) if node.style is not None else resolved(str(node.value))
    return key if isinstance(key, str | int) and not isinstance(key, bool) else str(node.value)


def same(one: Any, other: Any) -> bool:
    """Equal in value and type; the order of keys does not count."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)


def column_of(node: Node) -> int:
    """Where the entries or dashes of a collection stand."""
    return int(node.start_mark.column)


def keys_of(node: MappingNode) -> list[Node]:
    """The key nodes of a mapping."""
    return [key for key, _value in node.value]


def plain_of(node: Node) -> Any:
    """The plain value of a node, as `load` reads it."""
    if isinstance(node, MappingNode):
        return {key_of(key): plain_of(value) for key, value in node.value}
    if isinstance(node, SequenceNode):
        return [plain_of(child) for child in node.value]
    text = str(node.value)
    return text if getattr(node, "style", None) is not None else resolved(text)
