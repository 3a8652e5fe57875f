"""Outgoing mail: a row in the caller's transaction, delivered by SMTP later, or kept for the outbox page."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.tasks import task

from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.models import Mail

SMTP_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
_BREAKS = re.compile(r"[\r\n\x00]+")
_METHOD = re.compile(r"^METHOD:([A-Z]+)", re.MULTILINE)


CODES = "sign_in"
"""The purpose of mail that carries a code: it belongs to no organisation, so that nobody on the team can read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMail:
    """One mail to one person. `key` makes it once-only; `unsubscribe_url` adds the one-click header (RFC 8058).

    `calendar` is an iCalendar message: it goes as an alternative, which mail programs offer to accept, and as a file (RFC 6047).
    """

    recipient: str
    subject: str
    text: str
    html: str = ""
    purpose: str = ""
    language: str = "en"
    sender_name: str = ""
    reply_to: str = ""
    journey_id: str = ""
    key: str | None = None
    unsubscribe_url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    calendar: str = ""


def post(mail: OutgoingMail) -> str | None:
    """Writes the mail in the caller's transaction and returns its id; None when the key was used before."""
    context = tenancy.current_or_none()
    headers = {"Auto-Submitted": "auto-generated", **mail.headers}
    if mail.unsubscribe_url:
        headers["List-Unsubscribe"] = f"<{mail.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if mail.key is not None and Mail.objects.filter(key=mail.key).exists():
        return None
    row = Mail(
        organisation_id=context.organisation_id if context and mail.purpose != CODES else "", purpose=mail.purpose, key=mail.key,
        sender=_sender(mail.sender_name), recipient=_one_line(mail.recipient), reply_to=_one_line(mail.reply_to),
        subject=_one_line(mail.subject)[:300], text=mail.text, html=mail.html,
        headers={_one_line(name): _one_line(value) for name, value in headers.items()}, language=mail.language,
        calendar=mail.calendar,
        journey_id=mail.journey_id, state="kept" if settings.MAIL_TRANSPORT == "outbox" else "waiting",
    )  # fmt: skip
    row.save(force_insert=True)
    if row.state == "waiting":
        deliver.enqueue(row.id)
    return row.id


def _one_line(text: str) -> str:
    return _BREAKS.sub(" ", text).strip()


def _sender(name: str) -> str:
    address = settings.DEFAULT_FROM_EMAIL
    bare = address.rpartition("<")[2].rstrip(">").strip()
    clean = _one_line(name).replace('"', "").replace("<", "").replace(">", "")
    return f'"{clean}" <{bare}>' if clean else address


class _Invitation(EmailMultiAlternatives):
    """A mail with a calendar message as its last alternative, whose method stands in the part's header (RFC 6047, 2.4)."""

    def __init__(self, calendar: str, **more: Any) -> None:
        super().__init__(**more)
        self.calendar = calendar

    def _add_bodies(self, msg: Any) -> None:
        super()._add_bodies(msg)  # type: ignore[misc]  # the stubs do not know it
        method = _METHOD.search(self.calendar)
        msg.add_alternative(self.calendar, subtype="calendar", params={"method": method[1] if method else "PUBLISH"}, cte="base64")


def composed(mail: Mail) -> EmailMultiAlternatives:
    """The message as it is handed to SMTP; the Message-ID stays the same on every attempt, so that a careful server drops doubles."""
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or "localhost"
    parts: dict[str, Any] = {
        "subject": mail.subject, "body": mail.text, "from_email": mail.sender, "to": [mail.recipient],
        "reply_to": [mail.reply_to] if mail.reply_to else None,
        "headers": {**mail.headers, "Message-ID": f"<{mail.id}@{domain}>", "Content-Language": mail.language},
    }  # fmt: skip
    message = _Invitation(mail.calendar, **parts) if mail.calendar else EmailMultiAlternatives(**parts)
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    if mail.calendar:
        message.attach("invite.ics", mail.calendar.encode(), "application/ics")
    return message


@task(queue_name="outside")
def deliver(mail_id: str) -> None:
    """Sends one mail by SMTP, once."""
    mail = Mail.objects.get(pk=mail_id)
    if mail.state != "waiting":
        return
    message = composed(mail)
    message.connection = get_connection(SMTP_BACKEND)
    message.send()
    Mail.objects.filter(pk=mail_id).update(state="sent", sent_at=now())


class OutboxBackend(BaseEmailBackend):
    """Django's e-mail interface for libraries (sign-in codes and the like): their mail takes the same way as ours."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Posts one mail a recipient; returns how many messages there were."""
        for message in email_messages:
            html = next((str(body) for body, kind in getattr(message, "alternatives", []) if kind == "text/html"), "")
            for recipient in message.recipients():
                post(
                    OutgoingMail(
                        recipient=recipient, subject=str(message.subject), text=str(message.body), html=html,
                        purpose="sign_in", language="en",
                    )
                )  # fmt: skip
        return len(email_messages)
