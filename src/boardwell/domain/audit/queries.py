"""Reads the audit log."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext as _

from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.audit.words import sentence
from boardwell.kernel import tenancy
from boardwell.kernel.errors import NotFound
from boardwell.kernel.sql import as_instant, fetch_all, fetch_one, wall, written_back


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
    actor_id: str = ""


class _Row(NamedTuple):
    """An entry as a statement of ours gives it."""

    position: int
    at: datetime
    actor_kind: str
    actor_id: str
    verb: str
    object_kind: str
    object_id: str
    journey_id: str
    body: str
    leaf_hash: bytes


_COLUMNS = ", ".join(f"e.{name}" for name in _Row._fields)


def _lines(rows: QuerySet[AuditEntry], most: int) -> list[Line]:
    return [_line(entry) for entry in rows[:most]]


def _of_journey(journey_id: str) -> QuerySet[AuditEntry]:
    """The entries of a journey. The second condition repeats that of the partial index, which SQLite does not use without it."""
    return AuditEntry.objects.filter(journey_id=journey_id).exclude(journey_id="")


def _line(entry: AuditEntry | _Row) -> Line:
    try:
        body = json.loads(entry.body)
        name, label = str(body["actor"]["name"]), str(body["object"].get("label", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        # Somebody has been at the row: the page still opens, and `boardwell verify` names the entry.
        body, name, label = {}, entry.actor_id, _("This entry cannot be read. Ask whoever runs this installation to verify the log.")
    return Line(
        entry.position, entry.at, name, entry.actor_kind, entry.verb, sentence(entry.verb), label, body.get("why", ""),
        body.get("before") or {}, body.get("after") or {}, entry.object_kind, entry.object_id, entry.journey_id,
        bytes(entry.leaf_hash).hex(), entry.actor_id,
    )  # fmt: skip


def _insiders_only() -> None:
    """Entries name what a customer may not see (internal steps, notes, colleagues), also on the customer's own journey."""
    if not tenancy.current().actor.is_insider:
        raise NotFound(_("There is nothing here."))


def entries_for_object(object_id: str, *, most: int = 50) -> list[Line]:
    """What happened to one object, newest first; for the team only."""
    _insiders_only()
    return _lines(AuditEntry.objects.filter(object_id=object_id).order_by("-position"), most)


def entries_for_journey(
    journey_id: str, *, most: int = 300, before_position: int | None = None, groups: Collection[str] = (), actor_id: str = ""
) -> list[Line]:
    """What happened in a journey, newest first; for the team only. `groups` are first parts of verbs, such as step."""
    _insiders_only()
    rows = _of_journey(journey_id).order_by("-position")
    if before_position is not None:
        rows = rows.filter(position__lt=before_position)
    if groups:
        wanted = Q(verb="")
        for group in groups:
            wanted |= Q(verb__startswith=f"{group}.")
        rows = rows.filter(wanted)
    if actor_id:
        rows = rows.filter(actor_id=actor_id)
    return _lines(rows, most)


def lines_of_journeys(journey_ids: Collection[str], verbs: Collection[str]) -> list[Line]:
    """What happened in some journeys, oldest first; for the team only. One query."""
    _insiders_only()
    rows = AuditEntry.objects.filter(journey_id__in=journey_ids, verb__in=verbs).exclude(journey_id="")
    return [_line(entry) for entry in rows.order_by("position")]


def actors_of_journey(journey_id: str) -> list[tuple[str, str]]:
    """(id, name as last written) of everybody who did something in a journey; for the team only. Two queries."""
    _insiders_only()
    last = _of_journey(journey_id).values("actor_id").annotate(last=Max("position")).order_by("-last")[:200]
    rows = AuditEntry.objects.filter(position__in=[row["last"] for row in last])
    return sorted(((line.actor_id, line.actor_name) for line in map(_line, rows)), key=lambda pair: pair[1].casefold())


def openings_of_journey(journey_id: str) -> dict[str, list[Line]]:
    """Who opened which file of a journey, newest first, by file id; for the team only. One query."""
    _insiders_only()
    found: dict[str, list[Line]] = {}
    for line in _lines(_of_journey(journey_id).filter(verb="file.opened").order_by("-position"), 1_000):
        found.setdefault(line.object_id, []).append(line)
    return found


def log(
    *,
    before_position: int | None = None,
    verb: str = "",
    words: str = "",
    actor_id: str = "",
    journey_id: str = "",
    group: str = "",
    from_on: date | None = None,
    until_on: date | None = None,
    most: int = 100,
) -> list[Line]:
    """The organisation's log, newest first. The last line's position is the cursor of the next page.

    `group` is the first part of the verbs, such as step or journey; days are those of UTC, both included.
    """
    tenancy.require("audit:view")
    rows = AuditEntry.objects.order_by("-position")
    if group:
        rows = rows.filter(verb__startswith=f"{group}.")
    if from_on is not None:
        rows = rows.filter(at__gte=datetime.combine(from_on, time.min, UTC))
    if until_on is not None:
        rows = rows.filter(at__lt=datetime.combine(until_on, time.min, UTC) + timedelta(days=1))
    if before_position is not None:
        rows = rows.filter(position__lt=before_position)
    exact = {"verb": verb, "actor_id": actor_id, "journey_id": journey_id}
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if journey_id:
        rows = rows.exclude(journey_id="")  # see _of_journey
    if words:
        rows = rows.filter(Q(body__icontains=words) | Q(object_id=words))
    return _lines(rows, most)


def log_actors() -> list[tuple[str, str]]:
    """(id, name as last written) of everybody who is in the log and is or was somebody: members, contacts, keys."""
    tenancy.require("audit:view")
    last = AuditEntry.objects.exclude(actor_kind="system").values("actor_id").annotate(last=Max("position")).order_by("-last")[:200]
    rows = AuditEntry.objects.filter(position__in=[row["last"] for row in last])
    return sorted(((line.actor_id, line.actor_name) for line in map(_line, rows)), key=lambda pair: pair[1].casefold())


_IN_JOURNEY = "FROM audit_auditentry e WHERE e.journey_id = %s AND NOT (e.journey_id = '') AND "
"""See `_of_journey`. After every verb of a page somebody asks for what can be undone, so these are prepared."""


def newest_of_actor(journey_id: str, actor_id: str) -> int | None:
    """The position of the newest entry that somebody wrote in a journey; for themselves."""
    condition, values = wall("e", "account_id")
    found = fetch_one(
        f"SELECT e.position {_IN_JOURNEY}{condition} AND e.actor_id = %s ORDER BY e.position DESC LIMIT 1", [journey_id, *values, actor_id]
    )
    return found[0] if found else None


def act_at(journey_id: str, position: int) -> list[Line]:
    """Every entry that was written in one go with the one at a position, in order; for the actor's own undo, not for pages."""
    condition, values = wall("e", "account_id")
    entry = fetch_one(f"SELECT e.at, e.actor_id {_IN_JOURNEY}{condition} AND e.position = %s", [journey_id, *values, position])
    if entry is None:
        return []
    rows = fetch_all(
        f"SELECT {_COLUMNS} {_IN_JOURNEY}{condition} AND e.at = %s AND e.actor_id = %s ORDER BY e.position LIMIT 2000",
        [journey_id, *values, written_back(entry[0]), entry[1]],
    )
    return [_line(_Row(row[0], as_instant(row[1]) or row[1], *row[2:])) for row in rows]


def first_since(journey_id: str, position: int, object_ids: Collection[str], verbs: Collection[str]) -> Line | None:
    """The first entry after a position about one of these objects, with one of these verbs; for the actor's own undo."""
    rows = _of_journey(journey_id).filter(position__gt=position, object_id__in=object_ids, verb__in=verbs)
    return next(iter(_lines(rows.order_by("position"), 1)), None)


def own_last_change(object_id: str, verb: str) -> Line | None:
    """The newest entry with a verb that the current actor wrote about an object; for their own undo."""
    rows = AuditEntry.objects.filter(object_id=object_id, verb=verb, actor_id=tenancy.current().actor.id)
    return next(iter(_lines(rows.order_by("-position"), 1)), None)


def log_of_settings(*object_kinds: str, most: int = 20) -> list[Line]:
    """What was changed in these parts of the settings, newest first; for whoever may see the settings."""
    tenancy.require("settings:view")
    return _lines(AuditEntry.objects.filter(object_kind__in=object_kinds).order_by("-position"), most)
