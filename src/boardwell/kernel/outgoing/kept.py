"""Reads mail that was written: for the page that shows it as it arrives."""

from boardwell.kernel.models import Mail


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
