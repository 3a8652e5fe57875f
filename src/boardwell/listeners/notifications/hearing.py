"""What is heard, and whom it concerns."""

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from boardwell.domain.accounts.actions.invite_contact import invite_contact, issue_invitation_token
from boardwell.domain.accounts.events import ContactInvited
from boardwell.domain.accounts.models import Contact
from boardwell.domain.conversations.events import MessagePosted
from boardwell.domain.conversations.models import Message
from boardwell.domain.journeys.documents import document_of_version, shown_title
from boardwell.domain.journeys.events import JourneyStarted, StepAssigned, StepDue, StepOpened
from boardwell.domain.journeys.models import Journey
from boardwell.domain.organisations.queries import brand_of_current, current_organisation
from boardwell.domain.people.events import MemberInvited
from boardwell.domain.people.models import Member
from boardwell.kernel.clock import now
from boardwell.kernel.events import Heard, listen
from boardwell.kernel.sql import change, instant
from boardwell.listeners.notifications.letters import absolute, send
from boardwell.ui.markdown import to_html


def language_of(contact: Contact) -> str:
    """The person's own language, else the contact's, else the account's."""
    own = contact.person.language if contact.person else ""
    return own or contact.language or contact.account.language or "en"


@listen(JourneyStarted, name="notifications.welcome")
def welcome(heard: Heard) -> None:
    """Invites the account's people; those who are in already see the new onboarding in their portal."""
    if not heard.body["welcome"]:
        return
    for contact in Contact.objects.filter(account_id=heard.body["account_id"], active=True, joined_at=None):
        invite_contact(contact.id, journey_id=heard.body["journey_id"], words=heard.body.get("welcome_words", ""))


@listen(ContactInvited, name="notifications.invitation")
def invitation(heard: Heard) -> None:
    """Sends the letter; its secret is made here and stands nowhere but in the letter."""
    contact = Contact.objects.select_related("person", "account__owner").filter(pk=heard.body["contact_id"], active=True).first()
    if contact is None:
        return
    journey = Journey.objects.filter(pk=heard.body["journey_id"]).select_related("owner").first()
    owner = journey.owner if journey else contact.account.owner
    brand = brand_of_current()
    token = issue_invitation_token(heard.body["invitation_id"])
    # Behind the #, so that the secret is in no log of any server on the way.
    link = absolute(reverse("portal:invitation", kwargs={"invitation_id": heard.body["invitation_id"]})) + f"#{token}"
    language = language_of(contact)
    with translation.override(language):
        subject = _("%(us)s: your onboarding begins") % {"us": brand.display_name}
    send(
        "invitation", recipient=contact.email, language=language, subject=subject, brand=brand, purpose="invitation",
        journey_id=heard.body["journey_id"], key=f"invitation:{heard.body['invitation_id']}",
        values={
            "contact_name": contact.name, "account_name": contact.account.name, "link": link,
            "owner_name": owner.name if owner else heard.body["invited_by"], "own_words": heard.body.get("words", ""),
            "own_words_html": to_html(heard.body.get("words", "")),
        },
    )  # fmt: skip


@listen(MemberInvited, name="notifications.member")
def member_invited(heard: Heard) -> None:
    """Tells a new member where to sign in."""
    member = Member.objects.select_related("person").get(pk=heard.body["member_id"])
    language = member.person.language or current_organisation().language
    brand = brand_of_current()
    with translation.override(language):
        subject = _("%(us)s: you are on the team") % {"us": brand.display_name}
    send(
        "member_invited", recipient=member.person.email, language=language, subject=subject, brand=brand, purpose="member",
        values={"link": absolute(reverse("account_login"))}, key=f"member:{heard.id}",
    )  # fmt: skip


@listen(MessagePosted, name="notifications.message")
def message(heard: Heard) -> None:
    """A shared message goes to the other side by mail; internal notes never leave the house."""
    if heard.body["visibility"] != "shared":
        return
    posted = Message.objects.filter(pk=heard.body["message_id"], removed_at=None).first()
    journey = Journey.objects.select_related("owner__person", "account").filter(pk=heard.body["journey_id"]).first()
    if posted is None or journey is None:
        return
    brand = brand_of_current()
    values = {"author_name": posted.author_name, "body_html": to_html(posted.body), "body_text": posted.body}
    document = document_of_version(journey.version_id)
    if posted.author_kind == "contact":
        person = journey.owner.person
        path = reverse("workspace:journey_tab", kwargs={"slug": brand.slug, "journey_id": journey.id, "tab": "messages"})
        readers = [(person.email, person.language or current_organisation().language, path, journey.owner.id)]
    else:
        path = reverse("portal:messages", kwargs={"journey_id": journey.id})
        contacts = Contact.objects.select_related("person", "account").filter(account=journey.account, active=True).exclude(invited_at=None)
        readers = [(contact.email, language_of(contact), path, contact.id) for contact in contacts]
    for email, language, where, reader_id in readers:
        with translation.override(language):
            subject = _("%(name)s wrote to you") % {"name": posted.author_name}
            title = shown_title(journey.title, journey.account.name, document)
        send(
            "message", recipient=email, language=language, subject=subject, brand=brand, purpose="message", journey_id=journey.id,
            values={**values, "link": absolute(where), "journey_title": title}, key=f"message:{posted.id}:{reader_id}",
        )  # fmt: skip


_TO_THE_DOER = """
INSERT INTO notifications_nudge (organisation_id, recipient_id, journey_id, step_id, phase, days, event_id, made_at)
SELECT s.organisation_id, COALESCE(s.contact_id, s.member_id, j.owner_id), s.journey_id, s.id, %s, %s, %s, %s
FROM journeys_step s JOIN journeys_journey j ON j.id = s.journey_id
WHERE s.id = %s AND s.organisation_id = %s AND (s.contact_id IS NULL OR s.visibility <> 'internal')
ON CONFLICT (event_id, recipient_id) DO NOTHING
"""


@listen(StepDue, StepOpened, StepAssigned, name="notifications.nudge")
def nudge(heard: Heard) -> None:
    """Notes a line for the doer's next digest. Every step that opens comes by here: one statement."""
    phase, days = heard.body.get("phase", "opened"), heard.body.get("days", 0)
    change(_TO_THE_DOER, [phase, days, heard.id, instant(now()), heard.body["step_id"], heard.organisation_id])
