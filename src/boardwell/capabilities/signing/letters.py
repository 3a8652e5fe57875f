"""Who is written to about an envelope: those who are asked, and everybody when it has ended."""

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from boardwell.capabilities.signing.envelopes import signers_of
from boardwell.capabilities.signing.happenings import EnvelopeSealed, EnvelopeStopped, SignatureAsked, SignatureReminded
from boardwell.capabilities.signing.models import Envelope, EnvelopeSigner
from boardwell.kit.events import Heard, listen
from boardwell.kit.handle import open_handle
from boardwell.kit.letters import our_name, step_address, write_code, write_letter
from boardwell.kit.people import Player, hosts_of
from boardwell.kit.words import BoardwellError


def _player(signer: EnvelopeSigner) -> Player:
    return Player(signer.person_id, signer.name, signer.email, signer.language, "UTC", signer.side == "ours")


@listen(SignatureAsked, SignatureReminded, name="signing.asked")
def asked(heard: Heard) -> None:
    """Asks somebody to sign, or reminds them; not when they have signed meanwhile."""
    signer = EnvelopeSigner.objects.select_related("envelope").filter(pk=heard.body["signer_id"], state="asked").first()
    if signer is None or signer.envelope.state != "sent":
        return
    with translation.override(signer.language):
        names = {"us": our_name(), "title": signer.envelope.title}
        reminds = heard.name == "SignatureReminded"
        subject = _("Reminder: please sign %(title)s") % names if reminds else _("%(us)s asks you to sign: %(title)s") % names
        said = _("You can read and sign everything in your browser, also on a phone.")
        until = signer.envelope.expires_at
        if until is not None:
            said += " " + _("It can be signed until %(day)s.") % {"day": date_format(until, "DATE_FORMAT")}
        _write(heard, signer.envelope, _player(signer), subject, said, _("Read and sign"))


@listen(EnvelopeSealed, name="signing.sealed")
def sealed(heard: Heard) -> None:
    """Tells everybody who signed where their copy is."""
    envelope = Envelope.objects.filter(pk=heard.body["envelope_id"]).first()
    if envelope is None:
        return
    for signer in signers_of(envelope):
        with translation.override(signer.language):
            subject = _("Signed by everybody: %(title)s") % {"title": envelope.title}
            _write(
                heard,
                envelope,
                _player(signer),
                subject,
                _("The signed documents are sealed. Your copies lie here."),
                _("See the documents"),
            )


@listen(EnvelopeStopped, name="signing.stopped")
def stopped(heard: Heard) -> None:
    """Tells both sides that nobody signs any more, and marks the step, which waits for us."""
    envelope = Envelope.objects.filter(pk=heard.body["envelope_id"]).first()
    if envelope is None:
        return
    people = {one.person_id: _player(one) for one in signers_of(envelope) if one.person_id and one.asked_at is not None}
    people |= {one.id: one for one in hosts_of(envelope.journey_id, [], everybody=False)}
    for person in people.values():
        with translation.override(person.language):
            subject, said = _ended(envelope)
            _write(heard, envelope, person, subject, said, _("See the step"))
    if envelope.state == "voided":
        return
    try:
        with translation.override(envelope.language):
            open_handle(envelope.journey_id, envelope.step_key).fail(_ended(envelope)[1])
    except BoardwellError:
        return  # ended or paused meanwhile


def _ended(envelope: Envelope) -> tuple[str, str]:
    names = {"title": envelope.title, "reason": envelope.reason}
    match envelope.state:
        case "declined":
            return _("Not signed: %(title)s") % names, _("Somebody declined to sign: %(reason)s") % names
        case "expired":
            return _("Not signed in time: %(title)s") % names, _("The time to sign these documents is over.")
        case _:
            return _("Withdrawn: %(title)s") % names, _("The documents were withdrawn and need not be signed: %(reason)s") % names


def _write(heard: Heard, envelope: Envelope, to: Player, subject: str, said: str, button: str) -> None:
    write_letter(
        "signing", to, subject, key=f"signing:{heard.id}:{to.id}", purpose="signing", journey_id=envelope.journey_id,
        values={
            "heading": subject, "said": said, "button": button,
            "link": step_address(envelope.journey_id, envelope.step_key, is_ours=to.is_ours),
        },
    )  # fmt: skip


def post_code(signer: EnvelopeSigner, code: str) -> None:
    """Sends the six digits to the signer's mailbox, and only there."""
    with translation.override(signer.language):
        subject = _("%(code)s is your code to sign") % {"code": code}
        said = _("Somebody signs in your name with this code. If it is not you, tell us at once. The code is good for ten minutes.")
        write_code("signing_code", _player(signer), subject, values={"heading": subject, "said": said, "code": code})
