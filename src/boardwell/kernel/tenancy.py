"""Who acts, and for which organisation: an explicit context without which no tenant row can be read or written."""

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation import gettext as _

from boardwell.kernel import rowlevel
from boardwell.kernel.errors import NotAllowed


class NoContext(RuntimeError):  # noqa: N818 - the house's own word
    """A tenant row was asked for without `acting_for`: a programming error, never a default."""


class Trespass(RuntimeError):  # noqa: N818 - the house's own word
    """A row of another organisation or account was hydrated: the tripwire. Doors answer 404."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody or something that does things.

    `kind` is member, contact, api_key or system; `id` the row's id (mem_…, con_…, key_…) or "system".
    `account_ids` is None for insiders; for outsiders the accounts whose rows they may ever see.
    `looker_id` names the member who looks through a contact's eyes: such an actor reads, and leaves no trace in the contact's name.
    """

    kind: str
    id: str
    name: str = ""
    person_id: str | None = None
    role: str = ""
    permissions: frozenset[str] = field(default_factory=frozenset)
    account_ids: frozenset[str] | None = None
    looker_id: str = ""

    @property
    def is_insider(self) -> bool:
        """True for members, API keys and the system itself."""
        return self.kind != "contact"

    def may(self, permission: str) -> bool:
        """Whether the role carries the permission; the system may do everything."""
        return self.kind == "system" or permission in self.permissions


SYSTEM = Actor(kind="system", id="system", name="Boardwell")


@dataclass(frozen=True, slots=True)
class Context:
    """One organisation, one actor, and optionally the request; `cause` names what set it off where that was no person."""

    organisation_id: str
    actor: Actor
    request_id: str = ""
    cause: str = ""


_context: ContextVar[Context | None] = ContextVar("context", default=None)
_unscoped: ContextVar[str | None] = ContextVar("unscoped", default=None)


@contextmanager
def acting_for(organisation_id: str, actor: Actor = SYSTEM, request_id: str = "", cause: str = "") -> Iterator[Context]:
    """Everything inside sees this organisation only, also inside `unscoped`; restores the outer state on the way out.

    Without a `cause` of its own it keeps the one of the context around it.
    """
    if not organisation_id or organisation_id == rowlevel.EVERYBODY:
        raise NoContext("acting_for needs an organisation's id")
    outer = _context.get()
    context = Context(organisation_id, actor, request_id, cause or (outer.cause if outer else ""))
    narrowed = _unscoped.set(None)
    token = _context.set(context)
    announced = rowlevel.announce(organisation_id)
    try:
        yield context
    finally:
        rowlevel.withdraw(announced)
        _context.reset(token)
        _unscoped.reset(narrowed)


@contextmanager
def unscoped(reason: str) -> Iterator[None]:
    """Lets the few places that serve all organisations (sign-in, the worker, verify) see every row.

    Callers are counted by tests/architecture; the reason is for the reader, and must be given.
    """
    if not reason:
        raise ValueError("unscoped needs a reason")
    token = _unscoped.set(reason)
    announced = rowlevel.announce(rowlevel.EVERYBODY)
    try:
        yield
    finally:
        rowlevel.withdraw(announced)
        _unscoped.reset(token)


def current() -> Context:
    """The context, or NoContext."""
    context = _context.get()
    if context is None:
        raise NoContext("no organisation: wrap the call in acting_for(…)")
    return context


def current_or_none() -> Context | None:
    """The context when there is one; for logs and the tripwire."""
    return _context.get()


def is_unscoped() -> bool:
    """True inside `unscoped`."""
    return _unscoped.get() is not None


def require(permission: str) -> Actor:
    """The current actor when the role carries the permission, else NotAllowed."""
    actor = current().actor
    if not actor.may(permission):
        raise NotAllowed(_("Your role does not allow this. Ask an administrator of your organisation."))
    return actor


@dataclass(frozen=True, slots=True, order=True)
class UnscopedUse:
    """One place in the code that looks across organisations."""

    module: str
    function: str
    reason: str


def unscoped_uses(source_root: Path, package: str = "boardwell") -> list[UnscopedUse]:
    """Every call of `unscoped` below a package's folder, read from the source; a test holds the list fixed."""
    found: list[UnscopedUse] = []
    for path in sorted(source_root.rglob("*.py")):
        module = ".".join([package, *path.relative_to(source_root).with_suffix("").parts])
        found += _uses_in(ast.parse(path.read_text(encoding="utf-8")), module, "")
    return found


def _uses_in(node: ast.AST, module: str, function: str) -> list[UnscopedUse]:
    found: list[UnscopedUse] = []
    if isinstance(node, ast.Call):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called == "unscoped":
            reason = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else ""
            found.append(UnscopedUse(module, function, str(reason)))
    inside = node.name if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) else function
    for child in ast.iter_child_nodes(node):
        found += _uses_in(child, module, inside)
    return found
