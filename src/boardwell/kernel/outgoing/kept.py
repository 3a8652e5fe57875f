"""Reads mail that was written: for the page that shows it as it arrives."""

from collections.abc import Iterator
from typing import Any

from django.db.models import F, Q, QuerySet

from boardwell.kernel.folding import Folded, fold
from boardwell.kernel.keyset import Slice, batches_of, slice_of
from boardwell.kernel.models import Mail

MAIL_SORTS: dict[str, Any] = {
    "-newest": F("created_at"),
    "newest": F("created_at"),
    "to": F("recipient"),
    "subject": F("subject"),
    "state": F("state"),
}
_MAIL_ROW = ("id", "subject", "recipient", "state", "purpose", "created_at")


def _mail_rows(organisation_id: str, words: str, state: str) -> QuerySet[Mail]:
    rows = Mail.objects.filter(organisation_id=organisation_id)
    if state:
        rows = rows.filter(state=state)
    if words:
        rows = rows.annotate(folded=Folded("subject")).filter(Q(folded__contains=fold(words)) | Q(recipient__icontains=words))
    return rows


def mail_slice(
    organisation_id: str, *, words: str = "", state: str = "", sort: str = "", cursor: str = "", size: int = 50
) -> Slice[dict[str, Any]]:
    """A page of an organisation's mail without bodies: id, subject, recipient, state, purpose, created_at. Two queries."""
    rows = _mail_rows(organisation_id, words, state)
    found = slice_of(rows, MAIL_SORTS, sort=sort, cursor=cursor, size=size, columns=_MAIL_ROW)
    return Slice(tuple(dict(zip(_MAIL_ROW, row, strict=True)) for row in found.rows), found.previous, found.next, found.total)


def mails_in_batches(organisation_id: str, *, words: str = "", state: str = "", sort: str = "") -> Iterator[list[dict[str, Any]]]:
    """All of it, 500 at a time, in the table's order."""
    rows = _mail_rows(organisation_id, words, state)
    for batch in batches_of(rows, MAIL_SORTS, sort=sort, size=500, columns=_MAIL_ROW):
        yield [dict(zip(_MAIL_ROW, row, strict=True)) for row in batch]


def kept_mails(organisation_id: str, *, most: int = 200, recipient: str = "") -> list[Mail]:
    """An organisation's mail, newest first; sign-in codes belong to no organisation and are not among it."""
    rows = Mail.objects.filter(organisation_id=organisation_id).order_by("-created_at", "-id")
    return list((rows.filter(recipient=recipient) if recipient else rows)[:most])


def kept_mail(organisation_id: str, mail_id: str) -> Mail | None:
    """One mail of an organisation."""
    return Mail.objects.filter(organisation_id=organisation_id, pk=mail_id).first()


def newest_to(recipient: str, purpose: str) -> Mail | None:
    """The newest mail of one purpose to somebody; for the embedded default, where no mail leaves the machine."""
    return Mail.objects.filter(recipient=recipient, purpose=purpose).order_by("-created_at", "-id").first()
