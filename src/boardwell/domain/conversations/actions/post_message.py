"""Post, take back and read messages."""

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.conversations.events import MessagePosted
from boardwell.domain.conversations.models import Message, ReadMark
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Invalid, NotAllowed, NotFound
from boardwell.kernel.events import emit
from boardwell.kernel.words import paragraph

MOST_CHARACTERS = 10_000


def post_message(journey_id: str, account_id: str, *, body: str, visibility: str = "shared", step_id: str = "") -> str:
    """Adds a message and returns its id. Outsiders only ever write shared ones. Raises NotAllowed, NotFound, Invalid.

    The caller has fetched the journey for this reader, so that `account_id` is the journey's own.
    """
    actor = tenancy.require("messages:write" if visibility == "shared" else "messages:write_internal")
    if actor.account_ids is not None and account_id not in actor.account_ids:
        raise NotFound(_("There is no such onboarding."))
    if visibility not in {"shared", "internal"} or (visibility == "internal" and not actor.is_insider):
        raise NotAllowed(_("You cannot write internal notes."))
    text = paragraph(body, MOST_CHARACTERS + 1)
    if not text:
        raise Invalid(_("Write something first."), {"body": [_("Write something first.")]})
    if len(text) > MOST_CHARACTERS:
        message = _("That is too long: %(most)d characters at most.") % {"most": MOST_CHARACTERS}
        raise Invalid(message, {"body": [message]})
    with transaction.atomic():
        posted = Message(
            organisation_id=tenancy.current().organisation_id, account_id=account_id, journey_id=journey_id, step_id=step_id,
            visibility=visibility, author_kind=actor.kind, author_id=actor.id, author_name=actor.name, body=text,
        )  # fmt: skip
        posted.save(force_insert=True)
        record(
            "message.posted", object_kind="message", object_id=posted.id, account_id=account_id, journey_id=journey_id,
            after={"visibility": visibility, "characters": len(text)},
        )  # fmt: skip
        emit(
            MessagePosted(
                message_id=posted.id, journey_id=journey_id, account_id=account_id, visibility=visibility,
                author_kind=actor.kind, author_id=actor.id,
            )
        )  # fmt: skip
        return posted.id


def remove_message(message_id: str) -> None:
    """Takes one's own message back; a line says that there was one."""
    actor = tenancy.current().actor
    with transaction.atomic():
        message = Message.objects.filter(pk=message_id, author_id=actor.id, removed_at=None).first()
        if message is None:
            raise NotFound(_("There is no such message of yours."))
        message.removed_at, message.body = now(), ""
        message.save()
        record(
            "message.removed", object_kind="message", object_id=message.id, account_id=message.account_id,
            journey_id=message.journey_id,
        )  # fmt: skip


def mark_read(journey_id: str) -> None:
    """Notes that the current actor has seen everything up to now; a member who looks through their eyes leaves no such mark."""
    context = tenancy.current()
    if context.actor.looker_id:
        return
    ReadMark.objects.update_or_create(
        journey_id=journey_id,
        reader_id=context.actor.id,
        defaults={"read_at": now(), "organisation_id": context.organisation_id},
    )
