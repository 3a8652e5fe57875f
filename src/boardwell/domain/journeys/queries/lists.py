"""Reads many journeys: the portfolio list, the board, what needs somebody today, search."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import F, QuerySet

from boardwell.domain.journeys.documents import document_of_version, shown_title, working_time_from
from boardwell.domain.journeys.models import OPEN_STATES, Journey, PlanProposal, Step
from boardwell.domain.journeys.queries.delays import slip_of, slip_words
from boardwell.domain.journeys.queries.reasons import reasons_in_words
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.folding import folded_words
from boardwell.kernel.texts import in_language, money
from boardwell.kernel.wordindex import found_by

PAGE_SIZE = 50
FOUND_BY = {"journey": "id", "account": "account_id"}
"""What onboardings are found by: the words of their own title and external id, and those of their account."""


@dataclass(frozen=True, slots=True)
class JourneyRow:
    """One journey in a list; read without joins to steps."""

    id: str
    title: str
    account_id: str
    account_name: str
    owner_id: str
    owner_name: str
    state: str
    health: str
    health_reasons: list[dict[str, Any]]
    stage_key: str
    stage_title: str
    steps_done: int
    steps_total: int
    overdue_steps: int
    waiting_side: str
    waiting_name: str
    waiting_since_at: datetime | None
    kickoff_on: date
    planned_live_on: date | None
    committed_live_on: date | None
    live_at: datetime | None
    baseline_live_on: date | None
    forecast_live_on: date | None
    last_customer_activity_at: datetime | None
    value_minor: int | None
    currency: str
    slip: int | None
    playbook_title: str = ""
    playbook_key: str = ""

    @property
    def why(self) -> tuple[str, ...]:
        """The reasons of the health, in words."""
        return reasons_in_words(self.health_reasons)

    @property
    def slip_words(self) -> str:
        """The slip of go-live against the first plan, in words; empty when there is nothing to compare."""
        return "" if self.slip is None else slip_words(self.slip)

    @property
    def value(self) -> str:
        """What the contract is worth, with its currency; empty when nobody said."""
        return money(self.value_minor, self.currency) if self.value_minor is not None and self.currency else ""

    @property
    def what(self) -> str:
        """The title without the account's name, which lists show anyway."""
        return self.title.removeprefix(f"{self.account_name} – ")

    @property
    def percent(self) -> int:
        """Share of steps that have ended, in whole percent."""
        return 100 * self.steps_done // self.steps_total if self.steps_total else 0


@dataclass(frozen=True, slots=True)
class JourneyList:
    """A page of journeys and the cursor of the next (empty on the last)."""

    rows: tuple[JourneyRow, ...]
    next_cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a list shows. Empty means any; `state` open is active and paused."""

    state: str = "open"
    health: str = ""
    owner_id: str = ""
    waiting: str = ""
    playbook_key: str = ""
    stage_key: str = ""
    search: str = ""
    account_id: str = ""
    late: str = ""
    slipped: str = ""
    after: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> "Filters":
        """From a query string; unknown names are ignored, values are bounded."""
        names = ("state", "health", "owner_id", "waiting", "playbook_key", "stage_key", "search", "late", "slipped", "after")
        return cls(**{name: query[name].replace("\x00", "")[:200] for name in names if name in query})


ROW = (
    "id", "title", "account_id", "account__name", "owner_id", "owner__name", "state", "health", "health_reasons", "version_id",
    "stage_key", "steps_done", "steps_total", "overdue_steps", "waiting_side", "waiting_name", "waiting_since_at", "kickoff_on",
    "planned_live_on", "committed_live_on", "live_at", "baseline_live_on", "forecast_live_on", "last_customer_activity_at",
    "value_minor", "currency", "calendar", "time_zone",
)  # fmt: skip


def filtered(filters: Filters) -> QuerySet[Journey]:
    """The journeys that the filters let through, in no order; for the other readers of lists."""
    rows = Journey.objects.all()
    if filters.state == "open":
        rows = rows.filter(state__in=["active", "paused"])
    elif filters.state:
        rows = rows.filter(state=filters.state)
    for name in ("health", "owner_id", "stage_key", "account_id"):
        if value := getattr(filters, name):
            rows = rows.filter(**{name: value})
    if filters.waiting:
        rows = rows.filter(waiting_side=filters.waiting)
    if filters.playbook_key:
        rows = rows.filter(version__playbook__key=filters.playbook_key)
    if filters.late:
        rows = rows.filter(overdue_steps__gt=0)
    if filters.slipped:
        rows = rows.filter(forecast_live_on__gt=F("baseline_live_on"))
    if words := folded_words(filters.search):
        rows = found_by(rows, words, FOUND_BY)
    return rows


def journey_list(filters: Filters, *, size: int = PAGE_SIZE) -> JourneyList:
    """Journeys, newest first. One query, whatever the page."""
    actor = tenancy.current().actor
    if not (actor.may("journeys:view") or actor.may("portal:view")):
        return JourneyList((), "")
    rows = filtered(filters).order_by("-id")
    if filters.after:
        rows = rows.filter(id__lt=filters.after)
    found = [row_from(values) for values in rows.values_list(*ROW)[: size + 1]]
    cursor = found[size - 1].id if len(found) > size else ""
    return JourneyList(tuple(found[:size]), cursor)


def row_from(values: tuple[Any, ...]) -> JourneyRow:
    """A row of the columns ROW, worded in the reader's language."""
    named = dict(zip(ROW, values, strict=True))
    document = document_of_version(named.pop("version_id"))
    stage = document.stage(named["stage_key"])
    account_name = named.pop("account__name")
    time = working_time_from(named.pop("calendar"), named.pop("time_zone"))
    live_on = named["live_at"].astimezone(time.zone).date() if named["live_at"] else named["forecast_live_on"]
    return JourneyRow(
        title=shown_title(named.pop("title"), account_name, document),
        account_name=account_name,
        owner_name=named.pop("owner__name"),
        stage_title=in_language(stage.title) if stage else "",
        playbook_title=in_language(document.title),
        playbook_key=document.key,
        slip=slip_of(time, named["baseline_live_on"], live_on),
        **named,
    )


def account_names(journey_ids: Iterable[str]) -> dict[str, str]:
    """The account's name of each of some journeys."""
    return dict(Journey.objects.filter(pk__in=list(journey_ids)).values_list("id", "account__name"))


def journeys_of_account(account_id: str) -> tuple[JourneyRow, ...]:
    """All journeys of an account, newest first."""
    return journey_list(Filters(state="", account_id=account_id)).rows


def journey_of_source(source: str, external_id: str) -> str | None:
    """The id of the journey that a source knows under this id."""
    tenancy.require("journeys:view")
    return Journey.objects.filter(source=source, external_id=external_id).values_list("id", flat=True).first()


def journeys_by_id(journey_ids: list[str]) -> dict[str, JourneyRow]:
    """These journeys by id, as far as the reader may see them. One query."""
    if not tenancy.current().actor.may("journeys:view"):
        return {}
    rows = Journey.objects.filter(id__in=journey_ids).values_list(*ROW)
    return {row.id: row for row in map(row_from, rows)}


@dataclass(frozen=True, slots=True)
class TodayRow:
    """One of our steps that needs somebody, or a customer's that is late."""

    journey_id: str
    journey_title: str
    account_name: str
    step_key: str
    step_title: str
    side: str
    state: str
    doer_name: str
    planned_on: date | None
    is_late: bool
    opened_at: datetime | None


_TODAY = (
    "journey_id", "journey__title", "journey__account__name", "key", "side", "state", "planned_on", "due_at", "opened_at",
    "journey__version_id", "texts", "contact__name", "member__name",
)  # fmt: skip


def today_for(member_id: str, *, most: int = 50) -> list[TodayRow]:
    """The member's open steps on running journeys, the most urgent first."""
    rows = Step.objects.filter(member_id=member_id, state__in=OPEN_STATES, journey__state__in=["active", "live"])
    return _today(rows, most)


def late_at_customers(member_id: str, *, most: int = 50) -> list[TodayRow]:
    """Late steps of the other side on journeys that the member owns: whom to call."""
    rows = Step.objects.filter(
        journey__owner_id=member_id, state__in=OPEN_STATES, due_at__lt=now(), journey__state__in=["active", "live"]
    ).exclude(side="ours")
    return _today(rows, most)


def _today(rows: QuerySet[Step], most: int) -> list[TodayRow]:
    at = now()
    found = []
    for values in rows.order_by("due_at", "id").values_list(*_TODAY)[:most]:
        row = dict(zip(_TODAY, values, strict=True))
        plan = document_of_version(row["journey__version_id"]).step(row["key"].partition("~")[0])
        title = in_language(plan.title) if plan else in_language((row["texts"] or {}).get("title", {})) or row["key"]
        found.append(
            TodayRow(
                row["journey_id"], row["journey__title"], row["journey__account__name"], row["key"], title, row["side"],
                row["state"], row["member__name"] or row["contact__name"] or "", row["planned_on"],
                row["due_at"] is not None and row["due_at"] < at, row["opened_at"],
            )
        )  # fmt: skip
    return found


def open_proposals() -> list[tuple[str, str, str]]:
    """(proposal id, journey id, journey title) of every plan change that waits for a decision."""
    rows = PlanProposal.objects.filter(state="open").order_by("-made_at", "-id")
    wanted = ("id", "journey_id", "journey__title", "journey__account__name", "journey__version_id")
    return [
        (proposal_id, journey_id, shown_title(title, account_name, document_of_version(version_id)))
        for proposal_id, journey_id, title, account_name, version_id in rows.values_list(*wanted)[:50]
    ]


def portal_journeys(account_ids: frozenset[str]) -> list[JourneyRow]:
    """The journeys of some accounts of the current organisation that a contact may open, newest first."""
    rows = Journey.objects.filter(account_id__in=account_ids).exclude(state="cancelled").order_by("-id")
    return [row_from(values) for values in rows.values_list(*ROW)[:100]]
