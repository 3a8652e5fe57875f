"""What the YAML library complains of, named so that the house can say it in its own words, in any language; pure."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError


class SyntaxFault(NamedTuple):
    """A fault of YAML itself: its code, where it stands (from 1), and what its words need."""

    code: str
    line: int
    column: int
    params: Mapping[str, str | int]


class _Rule(NamedTuple):
    """When the library's context and problem look so, the fault is called so; `begins`: it stands where its context begins."""

    context: str
    problem: str
    code: str
    begins: bool = False


_RULES = tuple(
    _Rule(*rule)
    for rule in (
        ("", r"found character '(?P<character>.*)' that cannot start", "character"),
        ("", r"mapping keys are not allowed here", "question_here"),
        ("simple key", r"could not find expected ':'", "no_colon", True),
        ("", r"sequence entries are not allowed here", "item_here"),
        ("", r"mapping values are not allowed here|found unexpected ':'", "colon_here"),
        ("quoted scalar", r"end of stream|document separator", "open_quote", True),
        ("double-quoted", r"found unknown escape character '(?P<character>.*)'|hexdecimal", "escape"),
        ("flow sequence", r"", "open_list", True),
        ("flow mapping", r"", "open_mapping", True),
        ("block mapping", r"found '<scalar>'", "after_text"),
        ("block (?:collection|mapping|sequence)", r"", "indent"),
        ("", r"more indented follow up line", "indent"),
        ("block scalar", r"", "block_text", True),
        ("anchor|alias", r"", "alias", True),
        ("", r"undefined alias", "alias"),
        ("directive|tag", r"", "tag", True),
        ("", r"directive|tag handle|incompatible YAML", "tag"),
        ("", r"expected '<document start>'|document end marker|another document", "second_document"),
        ("node", r"expected the node content", "no_value"),
        ("", r"maximum depth", "too_deep"),
    )
)


def fault_of(problem: YAMLError, source: str) -> SyntaxFault:
    """Which fault the library means, and where; `unreadable` for what it never said before."""
    if isinstance(problem, ReaderError):
        before = source[: problem.position]
        return SyntaxFault("half", before.count("\n") + 1, problem.position - before.rfind("\n"), {})
    if not isinstance(problem, MarkedYAMLError):
        return SyntaxFault("unreadable", 1, 1, {})
    for rule in _RULES:
        found = re.search(rule.problem, str(problem.problem or ""), re.DOTALL)
        if found and re.search(rule.context, str(problem.context or "")):
            mark = (rule.begins and problem.context_mark) or problem.problem_mark or problem.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            if rule.code == "escape":
                return SyntaxFault("escape", line, column, {"character": found["character"] or "x"})
            params = {name: _plain(value) for name, value in found.groupdict().items()}
            return SyntaxFault(rule.code, line, column, params)
    mark = problem.problem_mark or problem.context_mark
    return SyntaxFault("unreadable", mark.line + 1 if mark else 1, mark.column + 1 if mark else 1, {})


def _plain(shown: str) -> str:
    """The character itself, which the library shows as Python would write it."""
    return shown.replace("\\\\", "\\")
