"""Who is told about papers: the customer of what was sent, the owner of what lies ready or was accepted."""

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from boardwell.domain.accounts.models import Contact
from boardwell.domain.journeys.models import Journey
from boardwell.domain.organisations.queries import brand_of_current, current_organisation
from boardwell.domain.papers.events import PaperAccepted, PaperPrepared, PaperSent
from boardwell.domain.papers.models import Paper
from boardwell.kernel.events import Heard, listen
from boardwell.listeners.notifications.hearing import language_of
from boardwell.listeners.notifications.letters import absolute, send
from boardwell.ui.markdown import to_html


@listen(PaperSent, name="notifications.paper_sent")
def sent(heard: Heard) -> None:
    """A mail to each of the customer's people, with the beginning of the paper and where to read it."""
    paper = Paper.objects.select_related("journey__account").filter(pk=heard.body["paper_id"]).first()
    if paper is None:
        return
    brand = brand_of_current()
    path = reverse("portal:paper", kwargs={"journey_id": paper.journey_id, "paper_id": paper.id})
    contacts = Contact.objects.select_related("person", "account").filter(account_id=paper.account_id, active=True).exclude(invited_at=None)
    beginning = paper.sections.get("summary", "")
    for contact in contacts:
        language = language_of(contact)
        with translation.override(language):
            if paper.kind == "status_report":
                subject = _("%(us)s: where your onboarding stands") % {"us": brand.display_name}
                button = _("Read the report")
            else:
                subject = _("%(us)s: what you can expect from us") % {"us": brand.display_name}
                button = _("Read and accept")
        send(
            "paper", recipient=contact.email, language=language, subject=subject, brand=brand, purpose="paper", journey_id=paper.journey_id,
            key=f"paper:{paper.id}:{contact.id}",
            values={"heading": subject, "body_html": to_html(beginning), "body_text": beginning, "button": button, "link": absolute(path)},
        )  # fmt: skip


@listen(PaperPrepared, PaperAccepted, name="notifications.paper_owner")
def owner_told(heard: Heard) -> None:
    """A mail to the owner: a report to look through, or a sheet that was accepted."""
    journey = Journey.objects.select_related("owner__person", "account").filter(pk=heard.body["journey_id"]).first()
    paper = Paper.objects.filter(pk=heard.body["paper_id"]).first()
    if journey is None or paper is None:
        return
    brand, person = brand_of_current(), journey.owner.person
    language = person.language or current_organisation().language
    with translation.override(language):
        words = {"account": journey.account.name, "name": paper.accepted_name}
        if heard.name == "PaperAccepted":
            subject = _("%(account)s: %(name)s has accepted the expectation sheet") % words
            button = _("See it")
        else:
            subject = _("%(account)s: a status report lies ready for you to send") % words
            button = _("Look through it")
    path = reverse("workspace:paper", kwargs={"slug": brand.slug, "journey_id": journey.id, "paper_id": paper.id})
    send(
        "paper", recipient=person.email, language=language, subject=subject, brand=brand, purpose="paper", journey_id=journey.id,
        key=f"paper:{heard.id}", values={"heading": subject, "body_html": "", "body_text": "", "button": button, "link": absolute(path)},
    )  # fmt: skip
