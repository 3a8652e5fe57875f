"""Reads the audit log."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.audit.words import sentence
from boardwell.kernel import tenancy


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
    found = []
    for entry in rows[:most]:
        body = json.loads(entry.body)
        label = body["object"].get("label", "")
        found.append(
            Line(
                entry.position, entry.at, body["actor"]["name"], entry.actor_kind, entry.verb, sentence(entry.verb), label,
                body.get("why", ""), body.get("before") or {}, body.get("after") or {}, entry.object_kind, entry.object_id,
                entry.journey_id, bytes(entry.leaf_hash).hex(),
            )
        )  # fmt: skip
    return found


def entries_for_object(object_id: str, *, most: int = 50) -> list[Line]:
    """What happened to one object, newest first."""
    return _lines(AuditEntry.objects.filter(object_id=object_id).order_by("-position"), most)


def entries_for_journey(journey_id: str, *, most: int = 300) -> list[Line]:
    """What happened in a journey, newest first."""
    return _lines(AuditEntry.objects.filter(journey_id=journey_id).order_by("-position"), most)


def log(*, before_position: int | None = None, verb: str = "", words: str = "", most: int = 100) -> list[Line]:
    """The organisation's log, newest first, from below a position."""
    tenancy.require("audit:view")
    rows = AuditEntry.objects.order_by("-position")
    if before_position is not None:
        rows = rows.filter(position__lt=before_position)
    if verb:
        rows = rows.filter(verb=verb)
    if words:
        rows = rows.filter(Q(body__icontains=words) | Q(object_id=words))
    return _lines(rows, most)
