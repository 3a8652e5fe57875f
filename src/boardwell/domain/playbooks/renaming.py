"""Renames facts and steps within the text of a condition, touching nothing else; pure."""

import re
from collections.abc import Iterator

from boardwell.domain.playbooks.celtext import ConditionError, Node, read
from boardwell.domain.playbooks.document import GATE_ROOTS


def condition_renamed(text: str, was: str, now: str) -> str:
    """The condition with another name for a fact, or for a step: `was` is a fact's key, or steps.KEY. Unchanged when it cannot be read."""
    try:
        tree = read(text, GATE_ROOTS)
    except ConditionError:
        return text
    plain_name = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", now) is not None
    for column in sorted(_columns_of(tree, was), reverse=True):
        root, key = ("steps", was.removeprefix("steps.")) if was.startswith("steps.") else ("facts", was)
        for written in (f"{root}.{key}", f'{root}["{key}"]', f"{root}['{key}']"):
            if text.startswith(written, column - 1):
                name = f"{root}.{now}" if plain_name else f'{root}["{now}"]'
                text = text[: column - 1] + name + text[column - 1 + len(written) :]
                break
    return text


def _columns_of(node: Node, fact: str) -> Iterator[int]:
    if node.op == "fact" and node.value == fact:
        yield node.column
    for inner in node.args:
        yield from _columns_of(inner, fact)
