"""Reads the audit log."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.audit.words import sentence
from boardwell.kernel import tenancy
from boardwell.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as a person reads it."""

    position: int
    at: datetime
    actor_name: str
    actor_kind: str
    verb: str
    words: str
    label: str
    why: str
    before: dict[str, Any]
    after: dict[str, Any]
    object_kind: str
    object_id: str
    journey_id: str
    leaf_hash: str


def _lines(rows: QuerySet[AuditEntry], most: int) -> list[Line]:
    return [_line(entry) for entry in rows[:most]]


def _line(entry: AuditEntry) -> Line:
    try:
        body = json.loads(entry.body)
        name, label = str(body["actor"]["name"]), str(body["object"].get("label", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        # Somebody has been at the row: the page still opens, and `boardwell verify` names the entry.
        body, name, label = {}, entry.actor_id, _("This entry cannot be read. Ask whoever runs this installation to verify the log.")
    return Line(
        entry.position, entry.at, name, entry.actor_kind, entry.verb, sentence(entry.verb), label, body.get("why", ""),
        body.get("before") or {}, body.get("after") or {}, entry.object_kind, entry.object_id, entry.journey_id,
        bytes(entry.leaf_hash).hex(),
    )  # fmt: skip


def _insiders_only() -> None:
    """Entries name what a customer may not see (internal steps, notes, colleagues), also on the customer's own journey."""
    if not tenancy.current().actor.is_insider:
        raise NotFound(_("There is nothing here."))


def entries_for_object(object_id: str, *, most: int = 50) -> list[Line]:
    """What happened to one object, newest first; for the team only."""
    _insiders_only()
    return _lines(AuditEntry.objects.filter(object_id=object_id).order_by("-position"), most)


def entries_for_journey(journey_id: str, *, most: int = 300) -> list[Line]:
    """What happened in a journey, newest first; for the team only."""
    _insiders_only()
    return _lines(AuditEntry.objects.filter(journey_id=journey_id).order_by("-position"), most)


def log(
    *,
    before_position: int | None = None,
    verb: str = "",
    words: str = "",
    actor_id: str = "",
    journey_id: str = "",
    most: int = 100,
) -> list[Line]:
    """The organisation's log, newest first. The last line's position is the cursor of the next page."""
    tenancy.require("audit:view")
    rows = AuditEntry.objects.order_by("-position")
    if before_position is not None:
        rows = rows.filter(position__lt=before_position)
    exact = {"verb": verb, "actor_id": actor_id, "journey_id": journey_id}
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if words:
        rows = rows.filter(Q(body__icontains=words) | Q(object_id=words))
    return _lines(rows, most)
