"""What happens to envelopes by the clock: reminders, the end of the time to sign, another try to seal, timestamps renewed."""

from datetime import timedelta

from django.db import transaction

from boardwell.capabilities.signing import happenings
from boardwell.capabilities.signing.envelopes import locked, say, tell
from boardwell.capabilities.signing.finishing import seal_envelope
from boardwell.capabilities.signing.models import Envelope
from boardwell.capabilities.signing.preparing import remind_asked
from boardwell.capabilities.signing.renewing import renew_envelope
from boardwell.kit.clockwork import every_organisation
from boardwell.kit.rows import now
from boardwell.kit.words import Conflict

BATCH = 50
TRY_TAKES = timedelta(minutes=2)
"""A try to seal that has not ended after this long has died with its process: another one begins."""


@every_organisation(timedelta(seconds=15), name="signing.sealing")
def seal_again() -> None:
    """Gives every envelope whose time has come another try to be sealed."""
    due = Envelope.objects.filter(state="sealing", seal_at__lte=now() - timedelta(seconds=5)).order_by("seal_at")
    for envelope in due[:BATCH]:
        Envelope.objects.filter(pk=envelope.pk, seal_at=envelope.seal_at).update(seal_at=now() + TRY_TAKES)
        seal_envelope.enqueue(envelope.id)


@every_organisation(timedelta(minutes=15), name="signing.deadlines")
def keep_deadlines() -> None:
    """Ends what was not signed in time, and reminds those whose turn it is."""
    for envelope_id in Envelope.objects.filter(state="sent", expires_at__lte=now()).values_list("id", flat=True)[:BATCH]:
        expire(envelope_id)
    for envelope_id in Envelope.objects.filter(state="sent", remind_at__lte=now()).values_list("id", flat=True)[:BATCH]:
        with transaction.atomic():
            remind_asked(locked(envelope_id, "sent"))


def expire(envelope_id: str) -> None:
    """Ends an envelope whose time is over; signed meanwhile is no error."""
    try:
        with transaction.atomic():
            envelope = locked(envelope_id, "sent")
            envelope.state, envelope.ended_at = "expired", now()
            tell(envelope, "expired")
            envelope.save()
            say(happenings.EnvelopeStopped, envelope)
    except Conflict:
        return


@every_organisation(timedelta(hours=6), name="signing.renewal")
def renew_due() -> None:
    """Has the timestamps of sealed documents renewed before they end."""
    for envelope_id in Envelope.objects.filter(state="completed", renew_at__lte=now()).values_list("id", flat=True)[:BATCH]:
        renew_envelope.enqueue(envelope_id)
