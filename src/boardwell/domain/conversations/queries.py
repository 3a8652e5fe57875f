"""Reads messages, narrowed to the reader."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery

from boardwell.domain.conversations.models import Message, ReadMark
from boardwell.kernel import tenancy
from boardwell.kernel.folding import Folded, holding
from boardwell.kernel.hits import MOST_HITS, Hit
from boardwell.kernel.keyset import Slice
from boardwell.kernel.sql import fetch_one, wall


def _visible() -> QuerySet[Message]:
    rows = Message.objects.all()
    return rows if tenancy.current().actor.is_insider else rows.filter(visibility="shared")


def messages_of(journey_id: str, *, most: int = 200) -> list[Message]:
    """The newest messages of a journey, oldest first."""
    return list(_visible().filter(journey_id=journey_id).order_by("-created_at", "-id")[:most])[::-1]


def unread_count(journey_id: str) -> int:
    """How many messages of others the reader has not seen."""
    actor = tenancy.current().actor
    condition, parameters = wall("m", "account_id")
    if not actor.is_insider:
        condition += " AND m.visibility = 'shared'"
    row = fetch_one(
        "SELECT COUNT(*) FROM conversations_message m WHERE m.journey_id = %s AND m.removed_at IS NULL AND m.author_id <> %s AND NOT EXISTS ("
        "SELECT 1 FROM conversations_readmark r WHERE r.journey_id = m.journey_id AND r.reader_id = %s "
        f"AND r.organisation_id = m.organisation_id AND r.read_at >= m.created_at) AND {condition}",
        [journey_id, actor.id, actor.id, *parameters],
    )
    return int(row[0]) if row else 0


def newest_messages(*, most: int = 100, search: str = "") -> list[Message]:
    """The newest messages of all journeys that the reader may see."""
    rows = _visible().filter(removed_at=None).order_by("-created_at", "-id")
    return list((rows.filter(body__icontains=search) if search else rows)[:most])


def read_marks() -> dict[str, datetime]:
    """When the reader last read each journey, by journey id."""
    actor = tenancy.current().actor
    return dict(ReadMark.objects.filter(reader_id=actor.id).values_list("journey_id", "read_at"))


@dataclass(frozen=True, slots=True)
class Talk:
    """One journey's conversation in the inbox: its newest message, and how many of others the reader has not seen."""

    journey_id: str
    newest: Message
    unread: int


def talks(*, unread_only: bool = False, visibility: str = "", cursor: str = "", size: int = 50) -> Slice[Talk]:
    """Conversations, the newest first; with `unread_only` those that wait for the reader. Three queries whatever the page.

    The cursor is the position in the list: a conversation that gets a message moves to the top, as an inbox should.
    """
    actor = tenancy.current().actor
    mark = ReadMark.objects.filter(journey_id=OuterRef("journey_id"), reader_id=actor.id).values("read_at")[:1]
    rows = _visible().filter(removed_at=None).exclude(journey_id="")
    if visibility:
        rows = rows.filter(visibility=visibility)
    unseen = Q(read_at=None) | Q(created_at__gt=F("read_at"))
    grouped = (
        rows.annotate(read_at=Subquery(mark))
        .values("journey_id")
        .annotate(last_at=Max("created_at"), unread=Count("id", filter=unseen & ~Q(author_id=actor.id)))
    )
    if unread_only:
        grouped = grouped.filter(unread__gt=0)
    start = int(cursor) if cursor.isdecimal() and len(cursor) < 8 else 0
    found = list(grouped.order_by("-last_at", "-journey_id")[start : start + size + 1])
    newest = _newest_of([row["journey_id"] for row in found[:size]], visibility)
    kept = tuple(Talk(row["journey_id"], newest[row["journey_id"]], row["unread"]) for row in found[:size] if row["journey_id"] in newest)
    previous = str(max(0, start - size)) if start else ""
    return Slice(kept, previous, str(start + size) if len(found) > size else "", grouped.count())


def _newest_of(journey_ids: list[str], visibility: str) -> dict[str, Message]:
    rows = _visible().filter(journey_id__in=journey_ids, removed_at=None)
    if visibility:
        rows = rows.filter(visibility=visibility)
    last: Any = rows.filter(journey_id=OuterRef("journey_id")).order_by("-created_at", "-id").values("id")[:1]
    return {message.journey_id: message for message in rows.filter(id=Subquery(last))}


def find_messages(words: list[str], *, most: int = MOST_HITS) -> list[Hit]:
    """Messages that hold all the folded words, newest first. One query, linear in the characters of all messages."""
    rows = holding(_visible().filter(removed_at=None).exclude(journey_id=""), Folded("body"), words).order_by("-id")
    return [
        Hit("message", row[0], row[1], text=row[2], journey_id=row[3], is_internal=row[4] == "internal")
        for row in rows.values_list("id", "author_name", "body", "journey_id", "visibility")[:most]
    ]
