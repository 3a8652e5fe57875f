"""One mail a person and day: everything that waits for them, at an hour that suits them, nothing that is done."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import Min
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from boardwell.domain.accounts.models import Contact
from boardwell.domain.journeys.documents import document_of_version, shown_title
from boardwell.domain.journeys.models import OPEN_STATES, Step
from boardwell.domain.organisations.models import AccessPolicy
from boardwell.domain.organisations.queries import brand_of_current, current_organisation, policy_of_current
from boardwell.domain.people.models import Member
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.recurring import every
from boardwell.kernel.texts import in_language
from boardwell.listeners.notifications.hearing import language_of
from boardwell.listeners.notifications.letters import absolute, send, unsubscribe_url
from boardwell.listeners.notifications.models import DigestDay, Nudge


def is_quiet(local: datetime, policy: AccessPolicy) -> bool:
    """Whether nobody wants mail at this hour; the quiet time may go over midnight."""
    start, end = policy.quiet_from_hour, policy.quiet_until_hour
    if start == end:
        return False
    if start < end:
        return start <= local.hour < end
    return local.hour >= start or local.hour < end


@every(timedelta(minutes=5), name="notifications.digest")
def send_digests() -> int:
    """Sends what may be sent now; returns how many mails that were."""
    with tenancy.unscoped("the clock runs for every organisation"):
        waiting = list(
            Nudge.objects.filter(settled_at=None)
            .values("organisation_id", "recipient_id")
            .annotate(first=Min("id"))
            .order_by("first")[:5000]
        )
    sent = 0
    for row in waiting:
        with tenancy.acting_for(row["organisation_id"]), transaction.atomic():
            sent += _digest_for(row["recipient_id"])
    return sent


def _digest_for(recipient_id: str) -> int:
    nudges = list(Nudge.objects.filter(recipient_id=recipient_id, settled_at=None).order_by("id"))
    steps = {
        step.id: step
        for step in Step.objects.select_related("journey__account").filter(
            pk__in=[nudge.step_id for nudge in nudges], state__in=OPEN_STATES, journey__state__in=["active", "live"]
        )
    }
    live = [nudge for nudge in nudges if nudge.step_id in steps]
    Nudge.objects.filter(pk__in=[nudge.pk for nudge in nudges if nudge.step_id not in steps]).update(settled_at=now())
    if not live:
        return 0
    reader = _reader(recipient_id)
    if reader is None:
        Nudge.objects.filter(pk__in=[nudge.pk for nudge in live]).update(settled_at=now())
        return 0
    local = now().astimezone(ZoneInfo(reader["zone"]))
    if is_quiet(local, policy_of_current()):
        return 0
    try:
        with transaction.atomic():
            DigestDay(organisation_id=tenancy.current().organisation_id, recipient_id=recipient_id, day=local.date()).save()
    except IntegrityError:
        return 0  # today's mail has gone; the rest waits for tomorrow's
    _post(reader, [steps[nudge.step_id] for nudge in live], local.date(), recipient_id)
    Nudge.objects.filter(pk__in=[nudge.pk for nudge in live]).update(settled_at=now())
    return 1


def _reader(recipient_id: str) -> dict[str, Any] | None:
    """Whom to write to, how; None for those who left or want no reminders."""
    organisation = current_organisation()
    if recipient_id.startswith("con_"):
        contact = Contact.objects.select_related("person", "account").filter(pk=recipient_id, active=True, reminders_off=False).first()
        if contact is None or contact.invited_at is None:
            return None
        zone = (contact.person.time_zone if contact.person else "") or contact.account.time_zone or organisation.time_zone
        return {"email": contact.email, "language": language_of(contact), "zone": zone, "outside": True, "name": contact.name}
    member = Member.objects.select_related("person").filter(pk=recipient_id, active=True).first()
    if member is None:
        return None
    person = member.person
    return {
        "email": person.email, "language": person.language or organisation.language, "name": member.name,
        "zone": person.time_zone or organisation.time_zone, "outside": False,
    }  # fmt: skip


def _post(reader: dict[str, Any], steps: Iterable[Step], today: date, recipient_id: str) -> None:
    brand = brand_of_current()
    groups: dict[str, dict[str, Any]] = defaultdict(lambda: {"title": "", "lines": []})
    seen: set[str] = set()
    with translation.override(reader["language"]):
        for step in sorted(steps, key=lambda one: one.planned_on or date.max):
            if step.id in seen:
                continue
            seen.add(step.id)
            journey, document = step.journey, document_of_version(step.journey.version_id)
            plan = document.step(step.key.partition("~")[0])
            path = (
                reverse("portal:step", kwargs={"journey_id": step.journey_id, "key": step.key})
                if reader["outside"]
                else reverse("workspace:step", kwargs={"slug": brand.slug, "journey_id": step.journey_id, "key": step.key})
            )
            group = groups[step.journey_id]
            group["title"] = shown_title(journey.title, journey.account.name, document)
            group["lines"].append(
                {
                    "title": in_language(plan.title) if plan else step.key,
                    "link": absolute(path),
                    "words": due_words(step.planned_on, today),
                    "is_late": step.planned_on is not None and step.planned_on < today,
                }
            )
        count = len(seen)
        heading = ngettext("%(n)d step is waiting for you", "%(n)d steps are waiting for you", count) % {"n": count}
    home = reverse("portal:choose") if reader["outside"] else reverse("workspace:home", kwargs={"slug": brand.slug})
    stop = unsubscribe_url(tenancy.current().organisation_id, recipient_id) if reader["outside"] else ""
    send(
        "digest", recipient=reader["email"], language=reader["language"], subject=heading, brand=brand, purpose="digest",
        unsubscribe_url=stop, key=f"digest:{recipient_id}:{today.isoformat()}",
        values={"name": reader["name"], "heading": heading, "groups": list(groups.values()), "link": absolute(home), "unsubscribe_url": stop},
    )  # fmt: skip


def due_words(planned_on: date | None, today: date) -> str:
    """When a step is due, as a person says it."""
    if planned_on is None:
        return _("whenever it suits you")
    days = (planned_on - today).days
    if days < 0:
        return ngettext("%(n)d day late", "%(n)d days late", -days) % {"n": -days}
    if days == 0:
        return _("due today")
    return _("due %(day)s") % {"day": date_format(planned_on, "MONTH_DAY_FORMAT")}
