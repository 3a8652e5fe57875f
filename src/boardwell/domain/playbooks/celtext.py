"""Reads the text of a condition: the tokens and grammar of CEL without macros, bounded, every part with its column; pure."""

import re
from dataclasses import dataclass
from typing import Any, NoReturn

MOST_CHARACTERS = 500
DEEPEST = 24
_LARGEST = 2**63 - 1

FUNCTIONS = {"has": 1, "size": 1}
MORE_FUNCTIONS = {**FUNCTIONS, "sum": 1, "min": 1, "max": 1, "round": 2, "today": 0}
"""What expressions of a form know besides: over the column of a table, and the day of today."""
TODAY = "@today"
METHODS = {"startsWith": 1, "endsWith": 1, "contains": 1, "size": 0}
_NO_SUCH_FUNCTION = frozenset({"all", "exists", "exists_one", "map", "filter", "matches"})
_RESERVED = frozenset(
    [
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "package",
        "namespace",
        "return",
        "var",
        "void",
        "while",
    ]
)


class ConditionError(ValueError):
    """A condition that cannot be used. `column` counts from 1 within the expression; `code` and `params` name the fault."""

    def __init__(self, message: str, column: int = 1, code: str = "syntax", **params: Any) -> None:
        super().__init__(message)
        self.column, self.code, self.params = column, code, params


@dataclass(frozen=True, slots=True)
class Node:
    """One part of an expression. `op` is lit, fact, list, not, neg, if, call or an operator; `column` counts from 1.

    The value of a fact is its name; of what stands below another root, `root.name`, which no fact can be called; of one column
    of an answer `answers.name.column`.
    """

    op: str
    column: int
    args: tuple["Node", ...] = ()
    value: Any = None


_TOKEN = re.compile(
    r"""[ \t\r\n\f]+ | //[^\n]*
    | (?P<number>0[xX][0-9a-fA-F]+[uU]? | (?:\d+\.\d+|\.\d+|\d+)(?:[eE][+-]?\d+)?[uU]?)
    | (?P<text>[rR]?(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))
    | (?P<name>[_a-zA-Z][_a-zA-Z0-9]*)
    | (?P<sign>&&|\|\||[<>=!]=|[-+*/%<>!?:.,()\[\]])""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2}|.)", re.DOTALL)
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"} | {sign: sign for sign in "\\'\"`?"}

type _Token = tuple[str, str, int]

type Roots = tuple[tuple[str, frozenset[str] | None], ...]
"""What an expression may look at: each root such as `facts`, with the names that it has; None: any name."""
FACTS: Roots = (("facts", None),)
"""All that a condition of a playbook looks at."""


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            if text[at] in "\"'":
                raise ConditionError("This text has no closing quote.", at + 1, "unclosed_text")
            raise ConditionError(f"“{text[at]}” has no meaning here.", at + 1, "character", character=text[at])
        if match.lastgroup:
            found.append((match.lastgroup, match.group(), at + 1))
        at = match.end()
    return [*found, ("end", "", len(text) + 1)]


def read(text: object, roots: Roots = FACTS) -> Node:
    """The tree of an expression over `roots`. Raises ConditionError. Time is linear in the text, which has at most 500 characters."""
    if not isinstance(text, str):
        raise ConditionError("A condition is a text such as: facts.seats > 50", 1, "not_text")
    if len(text) > MOST_CHARACTERS:
        message = f"Longer than {MOST_CHARACTERS} characters."
        raise ConditionError(message, MOST_CHARACTERS + 1, "too_long", most=MOST_CHARACTERS)
    return _Reader(_tokens(text), roots).whole()


_LEVELS: tuple[frozenset[str], ...] = (
    frozenset({"||"}),
    frozenset({"&&"}),
    frozenset({"<", "<=", ">", ">=", "==", "!=", "in"}),
    frozenset({"+", "-"}),
    frozenset({"*", "/", "%"}),
)
_PRECEDENCE = {sign: level for level, signs in enumerate(_LEVELS) for sign in signs}


class _Reader:
    def __init__(self, tokens: list[_Token], roots: Roots) -> None:
        self.tokens, self.at, self.depth, self.roots = tokens, 0, 0, dict(roots)
        self.functions = MORE_FUNCTIONS if "answers" in self.roots else FUNCTIONS

    @property
    def next(self) -> _Token:
        return self.tokens[self.at]

    def take(self, sign: str) -> bool:
        if self.next[1] == sign and self.next[0] in {"sign", "name"}:
            self.at += 1
            return True
        return False

    def want(self, sign: str) -> None:
        if not self.take(sign):
            self.stop(sign)

    def stop(self, wanted: str = "") -> NoReturn:
        kind, text, column = self.next
        if kind == "end":
            raise ConditionError("The condition ends too early.", column, "ends_early")
        if wanted:
            raise ConditionError(f"“{wanted}” is missing before “{text}”.", column, "missing_sign", wanted=wanted, text=text)
        raise ConditionError(f"“{text}” is not expected here.", column, "unexpected", text=text)

    def whole(self) -> Node:
        node = self.expression()
        if self.next[0] != "end":
            self.stop()
        return node

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise ConditionError("Nested too deeply.", self.next[2], "too_deep")

    def expression(self) -> Node:
        self.deeper()
        node = self.binary(0)
        if self.next[1] == "?":
            column = self.next[2]
            self.at += 1
            yes = self.binary(0)
            self.want(":")
            node = Node("if", column, (node, yes, self.expression()))
        self.depth -= 1
        return node

    def binary(self, lowest: int) -> Node:
        """Climbs by precedence; a long run of equal operators is a loop, so only brackets and signs make it deep."""
        left = self.unary()
        while True:
            kind, sign, column = self.next
            level = _PRECEDENCE.get(sign, -1) if kind in {"sign", "name"} else -1
            if level < lowest:
                return left
            self.at += 1
            left = Node(sign, column, (left, self.binary(level + 1)))

    def unary(self) -> Node:
        kind, sign, column = self.next
        if kind == "sign" and sign in "!-":
            self.at += 1
            self.deeper()
            inner = self.unary()
            self.depth -= 1
            if sign == "-" and inner.op == "lit" and isinstance(inner.value, int | float) and not isinstance(inner.value, bool):
                return Node("lit", column, value=-inner.value)
            return Node("not" if sign == "!" else "neg", column, (inner,))
        return self.member()

    def member(self) -> Node:
        node = self.primary()
        while self.next[1] in {".", "["} and self.next[0] == "sign":
            column = self.next[2]
            if self.take("["):
                raise ConditionError("Only facts can be looked into.", column, "no_parts")
            self.at += 1
            kind, name, column = self.next
            if kind != "name":
                self.stop()
            self.at += 1
            if self.next[1] != "(":
                raise ConditionError(f"Facts have no parts such as “{name}”.", column, "no_parts")
            node = self.call(name, column, METHODS, node)
        return node

    def call(self, name: str, column: int, known: dict[str, int], subject: Node | None) -> Node:
        if name not in known:
            message = f"{name}() is not available in conditions."
            raise ConditionError(message, column, "no_macro" if name in _NO_SUCH_FUNCTION else "no_function", name=name)
        self.want("(")
        given: list[Node] = []
        while not self.take(")"):
            if given:
                self.want(",")
            given.append(self.expression())
        if len(given) != known[name]:
            raise ConditionError(f"{name}() takes {known[name]} value(s).", column, "arguments", name=name, count=known[name])
        if name == "has" and given[0].op != "fact":
            raise ConditionError("has() asks for a fact: has(facts.seats).", column, "has_fact")
        if name == "today":
            return Node("fact", column, value=TODAY)
        return Node("call", column, (subject, *given) if subject is not None else tuple(given), name)

    def primary(self) -> Node:
        kind, text, column = self.next
        self.at += 1
        if kind == "number":
            return Node("lit", column, value=_number(text, column))
        if kind == "text":
            return Node("lit", column, value=_unquoted(text, column))
        if kind == "name":
            return self.name(text, column)
        if text == "(" and kind == "sign":
            node = self.expression()
            self.want(")")
            return node
        if text == "[" and kind == "sign":
            items: list[Node] = []
            while not self.take("]"):
                if items:
                    self.want(",")
                items.append(self.expression())
            return Node("list", column, tuple(items))
        self.at -= 1
        return self.stop()

    def name(self, text: str, column: int) -> Node:
        if text in {"true", "false", "null"}:
            return Node("lit", column, value={"true": True, "false": False, "null": None}[text])
        if text in _RESERVED:
            self.at -= 1
            self.stop()
        if text in self.roots:
            return self.part(text, column)
        if self.next[1] == "(":
            return self.call(text, column, self.functions, None)
        message = f"“{text}” is not known here; facts are written facts.{text}."
        raise ConditionError(message, column, "not_a_fact", name=text)

    def part(self, root: str, column: int) -> Node:
        """`root.name` or `root["a name"]`."""
        name = self.part_name(root, column)
        known = self.roots[root]
        if known is not None and name not in known:
            listed = ", ".join(sorted(known))
            message = f"“{root}” has no “{name}”. It has: {listed}."
            raise ConditionError(message, column, "unknown_part", root=root, name=name[:60], known=listed)
        if root == "answers" and self.next[1] in {".", "["} and self.next[0] == "sign" and self.has_column():
            name = f"{name}.{self.part_name(root, column)}"
        return Node("fact", column, value=name if root == "facts" else f"{root}.{name}")

    def has_column(self) -> bool:
        """Whether a name follows that is no method: the column of a table, as in `answers.owners.share`."""
        kind, _name, _column = self.tokens[self.at + 1]
        return kind == "text" or (kind == "name" and self.tokens[self.at + 2][1] != "(")

    def part_name(self, root: str, column: int) -> str:
        if self.take("."):
            kind, name, _column = self.next
            if kind == "name":
                self.at += 1
                if self.next[1] == "(" and name in METHODS.keys() | _NO_SUCH_FUNCTION:
                    self.bare(root, column)
                return name
        elif self.take("["):
            kind, name, inside = self.next
            if kind == "text":
                self.at += 1
                self.want("]")
                return _unquoted(name, inside)
        if self.next[0] == "end":
            self.stop()
        return self.bare(root, column)

    def bare(self, root: str, column: int) -> NoReturn:
        if root == "facts":
            raise ConditionError("Write facts.seats for a fact called seats.", column, "bare_facts")
        raise ConditionError(f"Say what of it is meant, such as {root}.key.", column, "bare_root", root=root)


def _number(text: str, column: int) -> int | float:
    bare = text.rstrip("uU")
    if bare[:2].lower() == "0x":
        number: int | float = int(bare, 16)
    elif bare.isdigit():
        number = int(bare)
    else:
        number = float(bare)
    if not -_LARGEST <= number <= _LARGEST:
        raise ConditionError("This number is too large.", column, "number")
    return number


def _unquoted(text: str, column: int) -> str:
    if text[0] in "rR":
        return text[2:-1]

    def plain(match: re.Match[str]) -> str:
        escape = match.group(1)
        if len(escape) == 1 and escape in _ESCAPES:
            return _ESCAPES[escape]
        if escape[0] in "xuU" and len(escape) > 1 and int(escape[1:], 16) <= 0x10FFFF:
            return chr(int(escape[1:], 16))
        if len(escape) == 3:
            return chr(int(escape, 8))
        raise ConditionError(f"“\\{escape}” is no escape.", column + 1 + match.start(), "escape", text=escape)

    return _ESCAPE.sub(plain, text[1:-1])
