"""Reads messages, narrowed to the reader."""

from datetime import datetime

from django.db.models import QuerySet

from boardwell.domain.conversations.models import Message, ReadMark
from boardwell.kernel import tenancy


def _visible() -> QuerySet[Message]:
    rows = Message.objects.all()
    return rows if tenancy.current().actor.is_insider else rows.filter(visibility="shared")


def messages_of(journey_id: str, *, most: int = 200) -> list[Message]:
    """The newest messages of a journey, oldest first."""
    return list(_visible().filter(journey_id=journey_id).order_by("-created_at")[:most])[::-1]


def unread_count(journey_id: str) -> int:
    """How many messages of others the reader has not seen."""
    actor = tenancy.current().actor
    mark = ReadMark.objects.filter(journey_id=journey_id, reader_id=actor.id).values_list("read_at", flat=True).first()
    rows = _visible().filter(journey_id=journey_id, removed_at=None).exclude(author_id=actor.id)
    return rows.filter(created_at__gt=mark).count() if mark else rows.count()


def newest_messages(*, most: int = 100, search: str = "") -> list[Message]:
    """The newest messages of all journeys that the reader may see."""
    rows = _visible().filter(removed_at=None).order_by("-created_at")
    return list((rows.filter(body__icontains=search) if search else rows)[:most])


def read_marks() -> dict[str, datetime]:
    """When the reader last read each journey, by journey id."""
    actor = tenancy.current().actor
    return dict(ReadMark.objects.filter(reader_id=actor.id).values_list("journey_id", "read_at"))
