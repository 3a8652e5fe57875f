"""What a member has in running onboardings, and who gets which part of it when they hand it over; reads only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from boardwell.domain.accounts.models import Account
from boardwell.domain.journeys.documents import document_of_version, read_ahead, shown_title
from boardwell.domain.journeys.kinds import Held, registry
from boardwell.domain.journeys.learning import UNDECIDED_STATES
from boardwell.domain.journeys.models import OPEN_STATES, Journey, Step
from boardwell.kernel.texts import in_language

RUNNING = ("active", "paused", "live")


@dataclass(frozen=True, slots=True)
class Receivers:
    """Who gets what: for an onboarding, else for a role, else for everything; member ids. Empty stands for nobody."""

    everything: str = ""
    by_role: Mapping[str, str] = field(default_factory=dict)
    by_journey: Mapping[str, str] = field(default_factory=dict)

    def of(self, journey_id: str, role: str = "") -> str:
        """Who gets something of an onboarding, in a role; empty when nobody was named."""
        return self.by_journey.get(journey_id) or self.by_role.get(role) or self.everything

    @property
    def named(self) -> set[str]:
        """Everybody who was named."""
        return {each for each in (self.everything, *self.by_role.values(), *self.by_journey.values()) if each}


class TheirStep(NamedTuple):
    """A step that is a member's and has not ended. `waits`: an approval of theirs that is open now."""

    id: str
    key: str
    title: str
    role: str
    minutes: int
    waits: bool


@dataclass(frozen=True, slots=True)
class TheirJourney:
    """A running onboarding in which a member has something: it is theirs, they play roles, have steps, or hold things of a kind."""

    id: str
    title: str
    account_id: str
    is_owned: bool
    roles: tuple[str, ...]
    steps: tuple[TheirStep, ...]
    held: tuple[tuple[str, Held], ...]


@dataclass(frozen=True, slots=True)
class TheirWork:
    """All that a member would hand over. `role_titles` are those of the roles that occur; `accounts` are (id, name) that they look after."""

    journeys: tuple[TheirJourney, ...]
    accounts: tuple[tuple[str, str], ...]
    role_titles: Mapping[str, str]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to hand over."""
        return not self.journeys and not self.accounts

    @property
    def steps(self) -> int:
        """Steps that have not ended."""
        return sum(len(one.steps) for one in self.journeys)

    @property
    def owned(self) -> int:
        """Onboardings that are theirs."""
        return sum(one.is_owned for one in self.journeys)

    @property
    def held(self) -> int:
        """Meetings and the like."""
        return sum(len(one.held) for one in self.journeys)

    @property
    def waiting(self) -> int:
        """Approvals that wait for them now."""
        return sum(step.waits for one in self.journeys for step in one.steps)


def work_of(member_id: str, *, lock: bool = False) -> TheirWork:
    """What a member has. Five queries and one for each kind that holds things; costs grow with the onboardings that they are in."""
    held = [(kind.word, one) for kind in registry.all() for one in kind.held_by(member_id)]
    with_steps = Step.objects.filter(member_id=member_id, state__in=UNDECIDED_STATES).values("journey_id")
    theirs = (
        Q(owner_id=member_id)
        | Q(pk__in=with_steps)
        | Q(roles_text__contains=f'"{member_id}"')
        | Q(pk__in=[one.journey_id for _kind, one in held])
    )
    rows = Journey.objects.annotate(roles_text=Cast("roles", TextField())).filter(theirs, state__in=RUNNING).select_related("account")
    if lock:
        rows = rows.select_for_update(of=("self",))
    journeys = list(rows.order_by("pk"))
    read_ahead({one.version_id for one in journeys})
    steps: dict[str, list[Step]] = {one.id: [] for one in journeys}
    for step in Step.objects.filter(member_id=member_id, state__in=UNDECIDED_STATES, journey_id__in=list(steps)).order_by("position"):
        steps[step.journey_id].append(step)
    titles: dict[str, str] = {}
    found = []
    for one in journeys:
        document = document_of_version(one.version_id)
        roles = tuple(sorted(role for role, person in one.roles.items() if person == member_id))
        listed = tuple(_their_step(step, one) for step in steps[one.id])
        for role in {*roles, *(step.role for step in listed)} & document.roles.keys():
            titles.setdefault(role, in_language(document.roles[role].title) or role)
        holding = tuple((kind, each) for kind, each in held if each.journey_id == one.id)
        found.append(
            TheirJourney(one.id, shown_title(one.title, one.account.name, document), one.account_id, one.owner_id == member_id, roles, listed, holding)
        )  # fmt: skip
    accounts = Account.objects.filter(owner_id=member_id, archived_at=None).order_by("name", "id").values_list("id", "name")
    return TheirWork(tuple(sorted(found, key=lambda one: (one.title, one.id))), tuple(accounts), dict(sorted(titles.items())))


def _their_step(step: Step, journey: Journey) -> TheirStep:
    plan = document_of_version(journey.version_id).step(step.key.partition("~")[0])
    title = in_language((step.texts or {}).get("title", {})) or (in_language(plan.title) if plan else "") or step.key
    waits = step.kind == "approval" and step.state in OPEN_STATES
    return TheirStep(step.id, step.key, title, step.role, step.effort_minutes, waits)


def everything_left(work: TheirWork, receivers: Receivers) -> Sequence[str]:
    """Titles of the onboardings in which something would have nobody to go to; with accounts, when nobody gets everything."""
    left = [
        one.title
        for one in work.journeys
        if (one.is_owned and not receivers.of(one.id))
        or any(not receivers.of(one.id, role) for role in one.roles)
        or any(not receivers.of(one.id, step.role) for step in one.steps)
        or (one.held and not receivers.of(one.id))
    ]
    return left or ([name for _id, name in work.accounts] if work.accounts and not receivers.everything else [])
