"""What a rule can do: each is a verb that there is already, done by the rule's own actor with the permissions of its maker."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from boardwell.domain.accounts.models import Contact
from boardwell.domain.automations.circumstances import Circumstances
from boardwell.domain.automations.events import MembersNotified
from boardwell.domain.automations.rules import Deed, Rule
from boardwell.domain.automations.triggers import Trigger
from boardwell.domain.conversations.actions.post_message import post_message
from boardwell.domain.journeys.actions.add_step import add_step
from boardwell.domain.journeys.actions.assign_step import assign_step
from boardwell.domain.journeys.actions.hold_step import block_step
from boardwell.domain.journeys.actions.pause_journey import pause_journey
from boardwell.domain.journeys.actions.record_facts import record_facts
from boardwell.domain.journeys.actions.reschedule_step import reschedule_step
from boardwell.domain.journeys.actions.resume_journey import resume_journey
from boardwell.domain.journeys.actions.start_journey import start_journey
from boardwell.domain.journeys.documents import document_of_version, parties_from, shown_title
from boardwell.domain.journeys.models import Journey, Step
from boardwell.domain.journeys.orders import StartOrder
from boardwell.domain.organisations.queries import brand_of_current
from boardwell.domain.people.models import Member
from boardwell.kernel import tenancy
from boardwell.kernel.checks import Faults
from boardwell.kernel.clock import today
from boardwell.kernel.errors import Conflict, NotFound
from boardwell.kernel.events import emit
from boardwell.kernel.keys import kept_key
from boardwell.kernel.texts import in_language

MOST_TEXT = 2_000
MOST_DAYS = 250


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a deed is done: the circumstances, and the firing and place in it, which name what must not be done twice."""

    at: Circumstances
    automation_id: str
    automation: str
    firing_id: str
    number: int

    @property
    def journey(self) -> Journey:
        """The onboarding, or Conflict when the event is not about one."""
        if self.at.journey is None:
            raise Conflict(_("This event belongs to no onboarding."))
        return self.at.journey

    @property
    def step(self) -> Step:
        """The step, or Conflict when the event is not about one."""
        if self.at.step is None:
            raise Conflict(_("This event belongs to no step."))
        return self.at.step

    def filled(self, text: str) -> str:
        """A text with its placeholders filled in: {account}, {onboarding}, {step}, {owner}."""
        journey, step = self.journey, self.at.step
        document = document_of_version(journey.version_id)
        plan = document.step(step.key.partition("~")[0]) if step else None
        title = in_language(plan.title) if plan else in_language((step.texts or {}).get("title", {})) if step else ""
        words = {
            "{account}": self.at.account.name if self.at.account else "",
            "{onboarding}": shown_title(journey.title, self.at.account.name if self.at.account else "", document),
            "{step}": title, "{owner}": journey.owner.name,
        }  # fmt: skip
        for mark, word in words.items():
            text = text.replace(mark, word)
        return text


@dataclass(frozen=True, slots=True)
class DeedField:
    """One box of a deed's form: which word of the deed it fills, what it is called, and how it is filled.

    `how`: line, paragraph, number, url, value, or the name of a list of choices: people, assignees, doers, facts, playbooks.
    """

    name: str
    label: str | Promise
    how: str


@dataclass(frozen=True, slots=True)
class DeedKind:
    """One choice behind “then”. `run` returns what is written into the firing."""

    key: str
    label: str | Promise
    fields: tuple[DeedField, ...]
    run: Callable[[Deed, Scene], Mapping[str, Any]]
    words: Callable[[Deed, Mapping[str, str]], str]
    needs_step: bool = False


def _message(deed: Deed, scene: Scene) -> Mapping[str, Any]:
    context = tenancy.current()
    # Customers read the name of the house, not what the team called its rule.
    face = replace(context.actor, name=brand_of_current().display_name)
    with tenancy.acting_for(context.organisation_id, face):
        return {"message": post_message(scene.journey.id, scene.journey.account_id, body=scene.filled(deed.text))}


def _note(deed: Deed, scene: Scene) -> Mapping[str, Any]:
    text = scene.filled(deed.text)
    return {"message": post_message(scene.journey.id, scene.journey.account_id, body=text, visibility="internal")}


def _notify(deed: Deed, scene: Scene) -> Mapping[str, Any]:
    tenancy.require("journeys:view")
    if deed.who.startswith("role:"):
        found = list(Member.objects.filter(active=True, role=deed.who.removeprefix("role:")).order_by("id").values_list("id", flat=True))
    elif deed.who == "owner":
        found = [scene.journey.owner_id]
    else:
        found = [_member(deed.who).id]
    emit(
        MembersNotified(
            member_ids=tuple(found), automation=scene.automation, words=scene.filled(deed.text), journey_id=scene.journey.id,
            step_key=scene.at.step.key if scene.at.step else "",
        )
    )  # fmt: skip
    return {"members": found}


def _member(member_id: str) -> Member:
    found = Member.objects.filter(pk=member_id, active=True).first()
    if found is None:
        raise NotFound(_("There is no such member on your team."))
    return found


def _assign(deed: Deed, scene: Scene) -> Mapping[str, Any]:
    who = scene.journey.owner_id if deed.who == "owner" else deed.who
    assign_step(scene.journey.id, scene.step.key, member_id=who)
    return {"member": who}


def _set_fact(deed: Deed, scene: Scene) -> Mapping[str, Any]:
    known = document_of_version(scene.journey.version_id).facts.get(deed.what)
    value: Any = deed.value
    if known is not None and known.type == "number":
        number = float(deed.value.replace(",", "."))
        value = int(number) if number == int(number) else number
    elif known is not None and known.type == "yes_no":
        value = deed.value in {"yes", "true"}
    elif known is not None and known.type in {"choices", "list"}:
        value = [part.strip() for part in deed.value.split(",") if part.strip()]
    record_facts(scene.journey.id, {deed.what: value})
    return {"fact": deed.what, "value": value}


def _add_step(deed: Deed, scene: Scene) -> Mapping[str, Any]:
    journey = scene.journey
    if deed.who == "customer":
        person = (
            Contact.objects.filter(account_id=journey.account_id, active=True).order_by("role", "id").values_list("id", flat=True).first()
        )
        if person is None:
            raise Conflict(_("Nobody of the customer's people is there to do it."))
    else:
        person = journey.owner_id if deed.who == "owner" else deed.who
    time = parties_from(journey.calendar, journey.time_zone).ours
    due_on = time.add(today(journey.time_zone), int(deed.value)) if deed.value else None
    stage = scene.at.step.stage_key if scene.at.step else journey.stage_key
    return {"step": add_step(journey.id, stage_key=stage, title=scene.filled(deed.text), person_id=person, due_on=due_on)}


def _hold(deed: Deed, scene: Scene) -> Mapping[str, Any]:
    block_step(scene.journey.id, scene.step.key, reason=scene.filled(deed.text))
    return {"step": scene.step.key}


def _pause(deed: Deed, scene: Scene) -> Mapping[str, Any]:
    pause_journey(scene.journey.id, reason=scene.filled(deed.text))
    return {}


def _resume(_deed: Deed, scene: Scene) -> Mapping[str, Any]:
    return {"working_days": resume_journey(scene.journey.id)}


def _move_due(deed: Deed, scene: Scene) -> Mapping[str, Any]:
    step, journey = scene.step, scene.journey
    if step.planned_on is None:
        raise Conflict(_("This step has no day that could move."))
    day = parties_from(journey.calendar, journey.time_zone).of(step.side).add(step.planned_on, int(deed.value))
    return {"moved": reschedule_step(journey.id, step.key, due_on=day, reason=scene.filled(deed.text)), "due_on": day.isoformat()}


def _start(deed: Deed, scene: Scene) -> Mapping[str, Any]:
    journey = scene.journey
    started = start_journey(
        StartOrder(
            playbook_key=deed.what, account_id=journey.account_id, owner_id=journey.owner_id, welcome=False, source="automation",
            external_id=f"{scene.firing_id}:{scene.number}",
        )
    )  # fmt: skip
    return {"journey": started.journey_id}


def _webhook(deed: Deed, _scene: Scene) -> Mapping[str, Any]:
    """Only noted here; `tasks.call` goes out after the firing has committed."""
    tenancy.require("automations:edit")
    return {"url": deed.what, "answer": None}


def secret_of(automation_id: str) -> str:
    """The secret with which a rule signs what it sends out, as Standard Webhooks writes it."""
    raw = hmac.new(kept_key("automations"), automation_id.encode(), hashlib.sha256).digest()
    return "whsec_" + base64.b64encode(raw).decode()


_TEXT = gettext_lazy("Words")
_REASON = gettext_lazy("Reason")

KINDS: Mapping[str, DeedKind] = {
    kind.key: kind
    for kind in (
        DeedKind(
            "notify", gettext_lazy("Write to a member by mail"),
            (DeedField("who", gettext_lazy("To whom"), "people"), DeedField("text", _TEXT, "paragraph")), _notify,
            lambda deed, names: _("write to %(who)s") % {"who": names.get(deed.who, deed.who)},
        ),
        DeedKind(
            "message", gettext_lazy("Write to the customer"), (DeedField("text", _TEXT, "paragraph"),), _message,
            lambda _deed, _names: _("write to the customer"),
        ),
        DeedKind(
            "note", gettext_lazy("Leave an internal note"), (DeedField("text", _TEXT, "paragraph"),), _note,
            lambda _deed, _names: _("leave an internal note"),
        ),
        DeedKind(
            "assign", gettext_lazy("Give the step to somebody"), (DeedField("who", gettext_lazy("To whom"), "assignees"),), _assign,
            lambda deed, names: _("give the step to %(who)s") % {"who": names.get(deed.who, deed.who)}, needs_step=True,
        ),
        DeedKind(
            "add_step", gettext_lazy("Add a step"),
            (
                DeedField("text", gettext_lazy("What is to be done"), "line"), DeedField("who", gettext_lazy("Who does it"), "doers"),
                DeedField("value", gettext_lazy("In how many working days"), "number"),
            ),
            _add_step,
            lambda deed, names: _("add the step “%(title)s” for %(who)s") % {"title": deed.text, "who": names.get(deed.who, deed.who)},
        ),
        DeedKind(
            "set_fact", gettext_lazy("Record a fact"),
            (DeedField("what", gettext_lazy("Fact"), "facts"), DeedField("value", gettext_lazy("Value"), "value")), _set_fact,
            lambda deed, names: _("record “%(fact)s” as %(value)s") % {"fact": names.get(f"facts.{deed.what}", deed.what), "value": deed.value},
        ),
        DeedKind(
            "move_due", gettext_lazy("Move the step's day"),
            (DeedField("value", gettext_lazy("By how many working days"), "number"), DeedField("text", _REASON, "line")), _move_due,
            lambda deed, _names: _("move the step's day by %(days)s working days") % {"days": deed.value}, needs_step=True,
        ),
        DeedKind(
            "hold", gettext_lazy("Mark the step as blocked"), (DeedField("text", _REASON, "line"),), _hold,
            lambda _deed, _names: _("mark the step as blocked"), needs_step=True,
        ),
        DeedKind(
            "pause", gettext_lazy("Pause the onboarding"), (DeedField("text", _REASON, "line"),), _pause,
            lambda _deed, _names: _("pause the onboarding"),
        ),
        DeedKind("resume", gettext_lazy("Resume the onboarding"), (), _resume, lambda _deed, _names: _("resume the onboarding")),
        DeedKind(
            "start", gettext_lazy("Start another onboarding"), (DeedField("what", gettext_lazy("Playbook"), "playbooks"),), _start,
            lambda deed, names: _("start “%(playbook)s” with the same customer") % {"playbook": names.get(f"playbook:{deed.what}", deed.what)},
        ),
        DeedKind(
            "webhook", gettext_lazy("Call an address (webhook)"), (DeedField("what", gettext_lazy("Address"), "url"),), _webhook,
            lambda deed, _names: _("call %(host)s") % {"host": urlsplit(deed.what).hostname or deed.what},
        ),
    )
}  # fmt: skip


def check_deeds(rule: Rule, trigger: Trigger | None, choices: Mapping[str, Mapping[str, str]], faults: Faults) -> tuple[Deed, ...]:
    """The deeds, cleaned; notes what is missing or does not fit under `deed<number>_<name>`. `choices`: what each list offers."""
    found = []
    for number, deed in enumerate(rule.deeds):
        kind = KINDS.get(deed.do)
        if kind is None:
            faults.add(f"deed{number}_do", _("Choose what is to be done."))
            continue
        if kind.needs_step and trigger is not None and not trigger.has_step:
            faults.add(f"deed{number}_do", _("This needs an event that is about a step."))
        clean: dict[str, str] = {}
        for one in kind.fields:
            clean[one.name] = _checked(
                f"deed{number}_{one.name}", one, getattr(deed, one.name), choices, faults, required=deed.do != "add_step"
            )
        found.append(Deed(deed.do, **clean))
    if not rule.deeds:
        faults.add("deed0_do", _("Choose what is to be done."))
    return tuple(found)


def _checked(
    field: str, one: DeedField, given: str, choices: Mapping[str, Mapping[str, str]], faults: Faults, *, required: bool
) -> str:  # fmt: skip
    match one.how:
        case "line":
            return faults.line(field, given, 200, missing=_("Write something first."))
        case "paragraph":
            return faults.paragraph(field, given, MOST_TEXT, missing=_("Write something first."))
        case "value":
            return faults.line(field, given, 500, missing=_("Enter a value."))
        case "number":
            text = given.strip()
            whole = text.removeprefix("-").isascii() and text.removeprefix("-").isdecimal() and len(text) <= 4
            if (text or required) and (not whole or not 1 <= abs(int(text)) <= MOST_DAYS):
                faults.add(field, _("Enter a number between 1 and %(most)d.") % {"most": MOST_DAYS})
            return text
        case "url":
            return _address(field, faults.line(field, given, 300, missing=_("Enter an address.")), faults)
    return faults.one_of(field, given, choices[one.how], _("Choose one of the list."))


def _address(field: str, url: str, faults: Faults) -> str:
    """Where a name leads is looked at when it is called; here only what can be seen without asking."""
    try:
        parts = urlsplit(url)
        good = parts.scheme == "https" and bool(parts.hostname) and parts.username is None and parts.port in {None, 443, 8443}
    except ValueError:
        good = False
    if url and not good:
        faults.add(field, _("Enter an address that begins with https://, without a name or password in it."))
    return url
