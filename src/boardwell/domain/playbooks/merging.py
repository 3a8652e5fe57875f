"""Puts together what two people made out of one text, line by line, and marks where both changed the same; pure."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import NamedTuple

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
BEGINS, BETWEEN, ENDS = "<<<<<<<", "=======", ">>>>>>>"
"""How the lines begin that mark a place which both changed: mine after the first, theirs after the second."""


class Merged(NamedTuple):
    """The text with the changes of both, and in how many places it holds both because they are not the same."""

    text: str
    conflicts: int


def merge(base: str, mine: str, theirs: str, *, me: str, them: str) -> Merged:
    """A three-way merge by lines. Nothing that either of them wrote is left out; `me` and `them` name the sides in the marks.

    Without a base, what both have in common is taken for it.
    """
    ours, others = _LINE.findall(mine), _LINE.findall(theirs)
    lines = _LINE.findall(base) or _common(ours, others)
    found: list[str] = []
    conflicts = 0
    at = at_ours = at_others = 0
    for begin, end, begin_ours, begin_others in _agreed(lines, ours, others):
        was, here, there = lines[at:begin], ours[at_ours:begin_ours], others[at_others:begin_others]
        if here in (there, was):
            found += there
        elif there == was:
            found += here
        else:
            conflicts += 1
            found += _marked(here, there, me, them)
        found += lines[begin:end]
        at, at_ours, at_others = end, begin_ours + end - begin, begin_others + end - begin
    return Merged("".join(found), conflicts)


def _blocks(one: list[str], other: list[str]) -> list[tuple[int, int, int]]:
    """Where both have the same lines; their common beginning and end are found first, the rest is rarely long."""
    head = next((at for at, (left, right) in enumerate(zip(one, other, strict=False)) if left != right), min(len(one), len(other)))
    most = min(len(one), len(other)) - head
    tail = next((at for at in range(most) if one[-1 - at] != other[-1 - at]), most)
    inner = SequenceMatcher(None, one[head : len(one) - tail], other[head : len(other) - tail]).get_matching_blocks()[:-1]
    return [
        (0, 0, head), *((block.a + head, block.b + head, block.size) for block in inner), (len(one) - tail, len(other) - tail, tail),
        (len(one), len(other), 0),
    ]  # fmt: skip


def _common(one: list[str], other: list[str]) -> list[str]:
    return [line for at, _other, size in _blocks(one, other) for line in one[at : at + size]]


def _agreed(base: list[str], ours: list[str], others: list[str]) -> Iterator[tuple[int, int, int, int]]:
    """Stretches of the base that both kept: where each begins and ends there, and begins in the two; the end of all comes last."""
    left, right = _blocks(base, ours), _blocks(base, others)
    while left and right:
        (at_left, at_ours, size_left), (at_right, at_others, size_right) = left[0], right[0]
        begin, end = max(at_left, at_right), min(at_left + size_left, at_right + size_right)
        if begin < end:
            yield begin, end, at_ours + begin - at_left, at_others + begin - at_right
        (left if at_left + size_left <= at_right + size_right else right).pop(0)
    yield len(base), len(base), len(ours), len(others)


def _marked(here: list[str], there: list[str], me: str, them: str) -> list[str]:
    blocks = _blocks(here, there)
    head, tail = blocks[0][2], blocks[-2][2]
    ends = "\r\n" if any(line.endswith("\r\n") for line in [*here, *there]) else "\n"
    return [
        *here[:head], f"{BEGINS} {me}{ends}", *_whole(here[head : len(here) - tail], ends), f"{BETWEEN}{ends}",
        *_whole(there[head : len(there) - tail], ends), f"{ENDS} {them}{ends}", *here[len(here) - tail :],
    ]  # fmt: skip


def _whole(lines: list[str], ends: str) -> list[str]:
    """The same lines, of which the last ends too: a mark begins a line."""
    return [*lines[:-1], lines[-1] + ends] if lines and not lines[-1].endswith("\n") else lines
