"""What members are told one by one: by mail at once, or when the quiet hours are over."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from boardwell.domain.automations.events import AutomationStopped, MembersNotified
from boardwell.domain.journeys.documents import document_of_version
from boardwell.domain.journeys.events import StepEscalated
from boardwell.domain.journeys.models import Journey
from boardwell.domain.journeys.queries.escalation import clock_words
from boardwell.domain.organisations.queries import brand_of_current, current_organisation, policy_of_current
from boardwell.domain.people.models import Member
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.events import Heard, listen
from boardwell.kernel.recurring import AGAIN, Again, every
from boardwell.kernel.texts import in_language
from boardwell.listeners.notifications.digest import is_quiet
from boardwell.listeners.notifications.letters import absolute, send
from boardwell.listeners.notifications.models import Notice
from boardwell.ui.markdown import to_html

BATCH = 200


@listen(MembersNotified, AutomationStopped, StepEscalated, name="notifications.notices")
def hear(heard: Heard) -> None:
    """One notice for each member, once for the event."""
    tell(heard, heard.body["member_ids"])


def tell(heard: Heard, member_ids: Iterable[str]) -> None:
    """Writes what an event has to tell some members and sends it, unless it is quiet where they are: then later."""
    for member_id in member_ids:
        notice, made = Notice.objects.get_or_create(
            event_id=heard.id,
            recipient_id=member_id,
            defaults={"kind": heard.name, "values": heard.body, "organisation_id": heard.organisation_id},
        )
        if made:
            _send_unless_quiet(notice)


@every(timedelta(minutes=5), name="notifications.notices")
def send_waiting() -> Again | None:
    """Sends what waited for the end of the quiet hours; AGAIN when there may be more."""
    with tenancy.unscoped("the clock runs for every organisation"):
        waiting = list(Notice.objects.filter(settled_at=None).order_by("id").values_list("organisation_id", "id")[:BATCH])
    sent = 0
    for organisation_id, notice_id in waiting:
        with tenancy.acting_for(organisation_id):
            sent += _send_unless_quiet(Notice.objects.get(pk=notice_id))
    return AGAIN if sent == BATCH else None


def _send_unless_quiet(notice: Notice) -> bool:
    member = Member.objects.select_related("person").filter(pk=notice.recipient_id, active=True).first()
    if member is not None:
        organisation = current_organisation()
        zone = ZoneInfo(member.person.time_zone or organisation.time_zone)
        if is_quiet(now().astimezone(zone), policy_of_current()):
            return False
        _post(notice, member, member.person.language or organisation.language)
    Notice.objects.filter(pk=notice.pk).update(settled_at=now())
    return True


def _post(notice: Notice, member: Member, language: str) -> None:
    brand = brand_of_current()
    with translation.override(language):
        heading, words, button, path = _WRITERS[notice.kind](notice.values, brand.slug)
    send(
        "notice", recipient=member.person.email, language=language, subject=heading, brand=brand, purpose="notice",
        journey_id=notice.values.get("journey_id", ""), key=f"notice:{notice.event_id}:{member.id}",
        values={"heading": heading, "body_html": to_html(words), "body_text": words, "button": button, "link": absolute(path)},
    )  # fmt: skip


type _Letter = tuple[str, str, str, str]


def _notified(values: Mapping[str, Any], slug: str) -> _Letter:
    journey = Journey.objects.select_related("account").filter(pk=values["journey_id"]).first()
    heading = _("%(account)s: %(rule)s") % {"account": journey.account.name if journey else "", "rule": values["automation"]}
    place = {"slug": slug, "journey_id": values["journey_id"]}
    step = {**place, "key": values["step_key"]}
    path = reverse("workspace:step", kwargs=step) if values["step_key"] else reverse("workspace:journey", kwargs=place)
    return heading, values["words"], _("Open it"), path


def _stopped(values: Mapping[str, Any], slug: str) -> _Letter:
    heading = _("The automation “%(rule)s” was switched off") % {"rule": values["automation"]}
    words = _("It failed several times in a row, so the house has switched it off. The last error: %(words)s") % {"words": values["words"]}
    path = reverse("workspace:automation", kwargs={"slug": slug, "automation_id": values["automation_id"]})
    return heading, words, _("Look at it"), path


def _escalated(values: Mapping[str, Any], slug: str) -> _Letter:
    journey = Journey.objects.select_related("account", "owner").get(pk=values["journey_id"])
    plan = document_of_version(journey.version_id).step(values["step_key"].partition("~")[0])
    names = {"account": journey.account.name, "step": in_language(plan.title) if plan else values["step_key"]}
    heading = _("%(account)s: “%(step)s” takes too long") % names
    words = clock_words(values["clock"], values["after"], values["unit"])
    path = reverse("workspace:step", kwargs={"slug": slug, "journey_id": journey.id, "key": values["step_key"]})
    return heading, words, _("Look at it"), path


_WRITERS = {"StepEscalated": _escalated, "MembersNotified": _notified, "AutomationStopped": _stopped}
