"""The visibility proof: what somebody outside sees of a journey, read by the portal's own queries, and what they do not see, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from boardwell.domain.accounts.queries import contacts_of
from boardwell.domain.audit.queries import entries_for_journey
from boardwell.domain.conversations.models import Message
from boardwell.domain.conversations.queries import messages_of
from boardwell.domain.journeys.access import may_end_step, may_see_step
from boardwell.domain.journeys.queries.looks import contact_at
from boardwell.domain.journeys.queries.pages import facts_of, journey_page
from boardwell.domain.journeys.queries.shapes import FactView, JourneyHead, StepView
from boardwell.domain.people.roles import CONTACT_PERMISSIONS, actor_for_contact
from boardwell.domain.playbooks.document import Document
from boardwell.domain.vault.models import StoredFile
from boardwell.domain.vault.queries import files_of_journey
from boardwell.kernel import tenancy
from boardwell.kernel.errors import NotFound
from boardwell.kernel.tenancy import Actor
from boardwell.kernel.texts import in_language

_MOST = 10_000
AUDIENCES: dict[str, tuple[str | Promise, str]] = {
    "admin": (gettext_lazy("Customer, administrator"), "admin"),
    "participant": (gettext_lazy("Customer, participant"), "participant"),
    "third": (gettext_lazy("Third party"), "participant"),
}
"""Who looks from outside: what we call them, and the contact's role that they have."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One thing that is there: its words, a line about it, its day, and why it is hidden (empty: it is seen)."""

    words: str
    detail: str = ""
    on: date | datetime | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class SightGroup:
    """Things of one sort, those that are seen and those that are not."""

    title: str
    seen: tuple[Sight, ...]
    hidden: tuple[Sight, ...]


@dataclass(frozen=True, slots=True)
class JourneySight:
    """All that one pair of eyes sees of a journey. `may` says in words what they are allowed to do."""

    head: JourneyHead
    name: str
    groups: tuple[SightGroup, ...]
    may: tuple[str, ...]

    @property
    def seen_count(self) -> int:
        """How many things are seen."""
        return sum(len(group.seen) for group in self.groups)

    @property
    def hidden_count(self) -> int:
        """How many things are there and not seen."""
        return sum(len(group.hidden) for group in self.groups)


@dataclass(frozen=True, slots=True)
class _Read:
    """What the queries gave to one reader."""

    head: JourneyHead
    steps: tuple[StepView, ...]
    files: Sequence[StoredFile]
    messages: Sequence[Message]
    facts: Sequence[FactView]
    log: int


def sight_of(journey_id: str, whose: str) -> JourneySight:
    """What a contact (by id), or an audience (admin, participant, third), sees of a journey, and what is hidden from them.

    Both sides are read by the same functions: once as the member, once through the other eyes; the difference is what is
    hidden. For the team. The number of queries does not grow with the journey. Raises NotFound.
    """
    context = tenancy.current()
    tenancy.require("journeys:view")
    ours = _read(journey_id)
    eyes, name = _eyes(ours.head, whose)
    with tenancy.acting_for(context.organisation_id, eyes, context.request_id):
        theirs = _read(journey_id)
        contacts = contacts_of(theirs.head.account_id)
    groups = (
        _steps(ours, theirs), _files(ours, theirs), _messages(ours, theirs), _facts(ours, theirs), _dates(ours, theirs),
        _people(ours, theirs, [(one.name, one.job_title) for one in contacts]), _rest(ours, theirs),
    )  # fmt: skip
    may = tuple(str(words) for permission, words in CONTACT_PERMISSIONS.items() if eyes.may(permission))
    return JourneySight(theirs.head, name, groups, may)


def _eyes(head: JourneyHead, whose: str) -> tuple[Actor, str]:
    if whose in AUDIENCES:
        label, role = AUDIENCES[whose]
        return actor_for_contact("", str(label), None, role, [head.account_id]), str(label)
    contact = contact_at(head.id, whose)
    if contact is None:
        raise NotFound(_("There is no such contact."))
    return actor_for_contact(contact.id, contact.name, contact.person_id, contact.role, [contact.account_id]), contact.name


def _read(journey_id: str) -> _Read:
    page = journey_page(journey_id)
    try:
        log = len(entries_for_journey(journey_id, most=_MOST))
    except NotFound:
        log = 0
    return _Read(
        page.head, tuple(page.every_step), files_of_journey(journey_id), messages_of(journey_id, most=_MOST), facts_of(journey_id), log
    )


def _steps(ours: _Read, theirs: _Read) -> SightGroup:
    seen = {one.id for one in theirs.steps}
    return SightGroup(
        _("Steps"),
        tuple(Sight(one.title, one.doer_name, one.planned_on) for one in theirs.steps),
        tuple(
            Sight(
                one.title, one.doer_name, one.planned_on,
                _("Internal step") if one.visibility == "internal" else _("Taken out of the plan"),
            )
            for one in ours.steps
            if one.id not in seen
        ),
    )  # fmt: skip


def _files(ours: _Read, theirs: _Read) -> SightGroup:
    seen = {one.id for one in theirs.files}
    return SightGroup(
        _("Files"),
        tuple(Sight(one.name, one.uploaded_by_name, one.created_at) for one in theirs.files),
        tuple(
            Sight(one.name, one.uploaded_by_name, one.created_at, _("Internal file")) for one in ours.files if one.id not in seen
        ),
    )  # fmt: skip


def _messages(ours: _Read, theirs: _Read) -> SightGroup:
    seen = {one.id for one in theirs.messages}
    return SightGroup(
        _("Messages"),
        tuple(Sight(one.body, one.author_name, one.created_at) for one in theirs.messages if not one.removed_at),
        tuple(
            Sight(one.body, one.author_name, one.created_at, _("Internal note"))
            for one in ours.messages
            if one.id not in seen and not one.removed_at
        ),
    )  # fmt: skip


def _facts(ours: _Read, theirs: _Read) -> SightGroup:
    seen = {one.key for one in theirs.facts}
    return SightGroup(
        _("Facts"),
        tuple(Sight(one.title, one.words or "–") for one in theirs.facts),
        tuple(Sight(one.title, one.words or "–", why=_("Internal fact")) for one in ours.facts if one.key not in seen),
    )


def _dates(ours: _Read, theirs: _Read) -> SightGroup:
    live = (
        Sight(_("Live since"), on=theirs.head.live_at)
        if theirs.head.live_at
        else Sight(_("Planned go-live"), on=theirs.head.planned_live_on)
    )
    seen = {one.id for one in theirs.steps}
    return SightGroup(
        _("Dates"),
        tuple(one for one in (live, *(Sight(step.title, on=step.planned_on) for step in theirs.steps)) if one.on is not None),
        tuple(
            Sight(one.title, on=one.planned_on, why=_("The day of a step that they do not see"))
            for one in ours.steps
            if one.id not in seen and one.planned_on is not None
        ),
    )


def _people(ours: _Read, theirs: _Read, contacts: list[tuple[str, str]]) -> SightGroup:
    named = {one.doer_name for one in theirs.steps if one.doer_name} | {one.author_name for one in theirs.messages}
    named |= {one.uploaded_by_name for one in theirs.files}
    named -= {theirs.head.owner_name, *(name for name, _job in contacts)}
    seen = [Sight(theirs.head.owner_name, theirs.head.owner_title), *(Sight(name, job) for name, job in contacts)]
    seen += [Sight(name) for name in sorted(named) if name]
    known = {one.words for one in seen}
    others = (
        {one.doer_name for one in ours.steps} | {one.author_name for one in ours.messages} | {one.uploaded_by_name for one in ours.files}
    )
    return SightGroup(
        _("People"),
        tuple(seen),
        tuple(Sight(name, why=_("Works on what they do not see")) for name in sorted(others - known) if name),
    )


def _rest(ours: _Read, theirs: _Read) -> SightGroup:
    hidden = Sight(_("What happened, line by line"), why=_("The log is the team's"))
    return SightGroup(
        _("History"), (Sight(_("What happened, line by line")),) if theirs.log else (), (hidden,) if ours.log > theirs.log else ()
    )


@dataclass(frozen=True, slots=True)
class StepForAudiences:
    """One step of a playbook, and for each audience: does, sees or hidden."""

    key: str
    title: str
    stage: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AudienceTable:
    """What each audience will see of onboardings that run on a playbook."""

    labels: tuple[str, ...]
    rows: tuple[StepForAudiences, ...]
    seen_facts: tuple[str, ...]
    hidden_facts: tuple[str, ...]


def audiences_of(document: Document) -> AudienceTable:
    """What each audience will see, by the rules that guard the steps of running onboardings. No query."""
    account_id = "any"
    eyes = [actor_for_contact("", key, None, role, [account_id]) for key, (_label, role) in AUDIENCES.items()]

    def cell(actor: Actor, side: str, visibility: str) -> str:
        if not may_see_step(actor, account_id, visibility):
            return "hidden"
        return "does" if may_end_step(actor, side) else "sees"

    rows = tuple(
        StepForAudiences(
            step.key, in_language(step.title) or step.key, in_language(stage.title) or stage.key,
            tuple(cell(actor, step.side, step.visibility) for actor in eyes),
        )
        for stage in document.stages
        for step in stage.steps
    )  # fmt: skip
    facts = [(in_language(fact.title) or fact.key, fact.visibility) for fact in document.facts.values()]
    return AudienceTable(
        tuple(str(label) for label, _role in AUDIENCES.values()), rows, tuple(title for title, how in facts if how != "internal"),
        tuple(title for title, how in facts if how == "internal"),
    )  # fmt: skip
