"""Reads the portfolio as a sorted table, as a board, and whole for an export."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import Case, Count, F, Func, IntegerField, QuerySet, Value, When, Window
from django.db.models.functions import Coalesce, Lower, RowNumber
from django.utils.translation import gettext as _

from boardwell.domain.journeys.models import Journey
from boardwell.domain.journeys.queries.lists import ROW, Filters, JourneyRow, filtered, row_from
from boardwell.kernel import tenancy
from boardwell.kernel.keyset import Slice, batches_of, slice_of


class DaysBetween(Func):
    """Calendar days from the second date to the first, as a whole number; null when one is null."""

    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        """SQLite keeps days as text."""
        return super().as_sql(
            compiler, connection, template="CAST(julianday(%(expressions)s) AS INTEGER)", arg_joiner=") - julianday(", **more
        )

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        """PostgreSQL counts days when it takes a date from a date."""
        return super().as_sql(compiler, connection, template="(%(expressions)s)", arg_joiner=" - ", **more)


_FAR_AT = datetime(9999, 12, 31, tzinfo=UTC)
_FAR_ON = date(9999, 12, 31)
_NEVER = datetime(1, 1, 2, tzinfo=UTC)
_UNKNOWN_SLIP = -1_000_000

SORTS: dict[str, Any] = {
    "-newest": F("id"),
    "newest": F("id"),
    "account": Lower("account__name"),
    "health": Case(
        When(health="off_track", then=Value(0)), When(health="at_risk", then=Value(1)), default=Value(2), output_field=IntegerField()
    ),
    "stage": F("stage_key"),
    "progress": Case(When(steps_total=0, then=Value(0)), default=F("steps_done") * 1000 / F("steps_total"), output_field=IntegerField()),
    "waiting": Coalesce("waiting_since_at", Value(_FAR_AT)),
    "late": F("overdue_steps"),
    "owner": Lower("owner__name"),
    "kickoff": F("kickoff_on"),
    "live": Coalesce("planned_live_on", Value(_FAR_ON)),
    "promised": Coalesce("committed_live_on", Value(_FAR_ON)),
    "state": F("state"),
    "playbook": F("version__playbook__key"),
    "forecast": Coalesce("forecast_live_on", Value(_FAR_ON)),
    "slip": Coalesce(DaysBetween("forecast_live_on", "baseline_live_on"), Value(_UNKNOWN_SLIP)),
    "contact": Coalesce("last_customer_activity_at", Value(_NEVER)),
    "value": Coalesce("value_minor", Value(-1)),
}
"""What the table can be ordered by. "-newest" comes first: it is the order when nothing was asked for.

Slip is ordered by calendar days, which a database can count; it is shown in working days of each onboarding's own calendar.
"""

GROUPS = ("stage", "owner", "waiting", "health")
CARDS_A_COLUMN = 25
BANDS = {"owner": "owner_id", "playbook": "version__playbook__key", "health": "health", "stage": "stage_key"}
"""What the table can be grouped by, and the column that tells the groups apart."""


def _require() -> None:
    tenancy.require("journeys:view")


def journey_slice(filters: Filters, *, sort: str = "", cursor: str = "", size: int = 50) -> Slice[JourneyRow]:
    """A page of the table. Two queries whatever the page; equal values are ordered by id, so that no row comes twice."""
    _require()
    found = slice_of(filtered(filters), SORTS, sort=sort, cursor=cursor, size=size, columns=ROW)
    return Slice(tuple(row_from(row) for row in found.rows), found.previous, found.next, found.total)


def band_of(group: str, row: JourneyRow) -> str:
    """The group of a row, as `band_counts` names it."""
    return {"owner": row.owner_id, "playbook": row.playbook_key, "health": row.health, "stage": row.stage_key}[group]


def band_counts(filters: Filters, group: str) -> dict[str, int]:
    """How many onboardings each group has in all. One query."""
    _require()
    rows: QuerySet[Any] = filtered(filters).order_by()
    return {key or "": number for key, number in rows.values_list(BANDS[group]).annotate(Count("id"))}


def band_title(group: str, row: JourneyRow) -> str:
    """The heading of a row's group, in the reader's language."""
    return row.playbook_title if group == "playbook" else _heading(group, band_of(group, row), row)


def journeys_in_batches(filters: Filters, *, sort: str = "") -> Iterator[list[JourneyRow]]:
    """Every journey that the filters let through, 500 at a time, in the table's order."""
    _require()
    for batch in batches_of(filtered(filters), SORTS, sort=sort, size=500, columns=ROW):
        yield [row_from(row) for row in batch]


def journey_ids(filters: Filters, *, most: int) -> list[str]:
    """The newest ids that the filters let through."""
    _require()
    return list(filtered(filters).order_by("-id").values_list("id", flat=True)[:most])


@dataclass(frozen=True, slots=True)
class BoardColumn:
    """One column: its heading, the newest cards, how many there are in all, and the filter that shows them all."""

    title: str
    cards: tuple[JourneyRow, ...]
    total: int
    filter_name: str
    filter_value: str

    @property
    def hidden(self) -> int:
        """Cards that are not drawn."""
        return self.total - len(self.cards)


_COLUMN_OF = {"stage": "stage_key", "owner": "owner_id", "waiting": "waiting_side", "health": "health"}
_FILTER_OF = {"stage": "stage_key", "owner": "owner_id", "waiting": "waiting", "health": "health"}


def journey_board(filters: Filters, group: str) -> list[BoardColumn]:
    """The board: columns by stage, owner, whom we wait for or health; 25 cards a column. One query whatever the number."""
    _require()
    group = group if group in GROUPS else "stage"
    column = _COLUMN_OF[group]
    rows = (
        filtered(filters)
        .annotate(
            nth=Window(RowNumber(), partition_by=[F(column)], order_by=F("id").desc()),
            in_group=Window(Count("id"), partition_by=[F(column)]),
        )
        .filter(nth__lte=CARDS_A_COLUMN)
        .order_by("-id")
    )
    cards: dict[str, list[JourneyRow]] = {}
    totals: dict[str, int] = {}
    for *values, total in rows.values_list(*ROW, "in_group"):
        key = values[ROW.index(column)] or ""
        cards.setdefault(key, []).append(row_from(tuple(values)))
        totals[key] = total
    found = [
        BoardColumn(_heading(group, key, rows_of_key[0]), tuple(rows_of_key), totals[key], _FILTER_OF[group], key)
        for key, rows_of_key in cards.items()
    ]
    order = {"off_track": 0, "at_risk": 1, "on_track": 2, "customer": 0, "third": 1, "ours": 2}
    return sorted(found, key=lambda one: (order.get(one.filter_value, 9), one.filter_value == "", one.title))


def _heading(group: str, key: str, first: JourneyRow) -> str:
    if group == "stage":
        return first.stage_title or _("No open step")
    if group == "owner":
        return first.owner_name
    words = {
        "customer": _("Customer"), "ours": _("Our team"), "third": _("Third party"), "": _("Nobody"),
        "on_track": _("On track"), "at_risk": _("At risk"), "off_track": _("Off track"),
    }  # fmt: skip
    return words.get(key, key)


def open_journeys_of(account_ids: list[str]) -> dict[str, int]:
    """How many onboardings run at each of these accounts."""
    _require()
    rows = Journey.objects.filter(account_id__in=account_ids, state__in=["active", "paused", "live"])
    return dict(rows.values_list("account_id").annotate(Count("id")).order_by())
