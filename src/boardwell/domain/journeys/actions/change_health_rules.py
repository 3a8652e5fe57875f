"""Change what makes an onboarding at risk or off track; look before at how many would change."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.journeys.duedates import as_day
from boardwell.domain.journeys.events import HealthRulesChanged
from boardwell.domain.journeys.health import MOST, SEVERITIES, SHIPPED, HealthInput, Rule, health_of, kept_from, rules_from
from boardwell.domain.journeys.models import Journey
from boardwell.domain.organisations.models import Organisation
from boardwell.domain.organisations.queries import current_organisation
from boardwell.kernel import tenancy
from boardwell.kernel.checks import Faults
from boardwell.kernel.clock import now
from boardwell.kernel.events import emit, encode

_COLUMNS = (
    "id", "state", "owner_id", "overdue_steps", "waiting_side", "waiting_since_at", "forecast_live_on", "committed_live_on", "satisfaction",
    "health", "health_reasons",
)  # fmt: skip
BATCH = 500
"""Onboardings that are judged in one transaction: some ten milliseconds, so that pages need not wait."""


def health_rules() -> Mapping[str, Rule]:
    """The rules of the organisation that acts."""
    return rules_from(current_organisation().health_rules)


def checked_rules(wanted: Mapping[str, Rule]) -> Mapping[str, Rule]:
    """The rules, those that were not given as shipped. Raises Invalid: an unknown severity, a threshold out of bounds."""
    faults = Faults()
    for name, rule in wanted.items():
        faults.one_of(f"{name}_severity", rule.severity, SEVERITIES, _("Choose one of the two."))
        if SHIPPED[name].threshold and not 1 <= rule.threshold <= MOST:
            faults.add(f"{name}_threshold", _("Enter a number between 1 and %(most)d.") % {"most": MOST})
    faults.stop()
    return {
        name: Rule(wanted[name].on, wanted[name].severity, wanted[name].threshold if rule.threshold else 0) if name in wanted else rule
        for name, rule in SHIPPED.items()
    }


@dataclass(frozen=True, slots=True)
class HealthPreview:
    """How many running onboardings would have which health, and how many another one than now; `moves` are (from, to, how many)."""

    total: int
    changed: int
    counts: Mapping[str, int]
    moves: tuple[tuple[str, str, int], ...]


def preview_health_rules(wanted: Mapping[str, Rule]) -> HealthPreview:
    """What `change_health_rules` would do, without doing it. One query. Raises NotAllowed, Invalid."""
    tenancy.require("settings:manage")
    rules = rules_from(kept_from(checked_rules(wanted)))
    moves: Counter[tuple[str, str]] = Counter()
    for row in _running():
        moves[row["health"], _judged(row, rules)[0]] += 1
    counts: Counter[str] = Counter()
    for (_before, after), number in moves.items():
        counts[after] += number
    changed = [(before, after, number) for (before, after), number in sorted(moves.items()) if before != after]
    return HealthPreview(moves.total(), sum(number for _b, _a, number in changed), counts, tuple(changed))


def change_health_rules(wanted: Mapping[str, Rule]) -> None:
    """Sets the rules; running onboardings are judged anew in the background. Nothing is written when nothing differs.

    Raises NotAllowed, Invalid.
    """
    tenancy.require("settings:manage")
    kept = kept_from(checked_rules(wanted))
    with transaction.atomic():
        organisation = current_organisation()
        if organisation.health_rules == kept:
            return
        before = organisation.health_rules
        Organisation.objects.filter(pk=organisation.id).update(health_rules=kept, changed_at=now())
        record(
            "health_rules.changed", object_kind="health_rules", object_id=organisation.id, label=organisation.name,
            before=_told(before), after=_told(kept),
        )  # fmt: skip
        emit(HealthRulesChanged())


_JUDGED = "UPDATE journeys_journey SET health = %s, health_reasons = %s, revision = revision + 1 WHERE id = %s AND organisation_id = %s"


def judge_anew(*, because_of_time: bool = False) -> int:
    """Gives every running onboarding the health that the rules of now make; returns how many changed. Batch by batch, in one go.

    `because_of_time`: what only counts a day more is left as it was, so that a quiet night writes next to nothing.
    """
    total, after = 0, ""
    while True:
        changed, after = judge_batch(after, because_of_time=because_of_time)
        total += changed
        if not after:
            return total


def judge_batch(after: str, *, because_of_time: bool = False) -> tuple[int, str]:
    """`judge_anew` for the next running onboardings behind an id, in the caller's transaction: (how many changed, where to go on).

    The second is empty when none is left. Two statements a batch; the first batch begins after "".
    """
    rules, changed, ours = health_rules(), [], tenancy.current().organisation_id
    rows = list(Journey.objects.filter(state__in=["active", "paused"], id__gt=after).order_by("id").values(*_COLUMNS)[:BATCH])
    for row in rows:
        word, reasons = _judged(row, rules)
        same = _codes(reasons) == _codes(row["health_reasons"]) if because_of_time else reasons == row["health_reasons"]
        if word != row["health"] or not same:
            changed.append((word, encode(reasons), row["id"], ours))
    if changed:
        with connection.cursor() as cursor:
            cursor.executemany(_JUDGED, changed)
    return len(changed), rows[-1]["id"] if len(rows) == BATCH else ""


def _codes(reasons: list[dict[str, Any]]) -> list[Any]:
    return [reason.get("code") for reason in reasons]


def _running() -> Iterator[dict[str, Any]]:
    rows = Journey.objects.filter(state__in=["active", "paused"]).order_by("id").values(*_COLUMNS)
    yield from rows.iterator(chunk_size=BATCH)


def _judged(row: Mapping[str, Any], rules: Mapping[str, Rule]) -> tuple[str, list[dict[str, Any]]]:
    today, since = now().date(), as_day(row["waiting_since_at"])
    return health_of(
        HealthInput(
            today=today, state=row["state"], has_owner=bool(row["owner_id"]), overdue_steps=row["overdue_steps"],
            waiting_side=row["waiting_side"], waiting_days=(today - since).days if since else 0,
            forecast_live_on=row["forecast_live_on"], committed_live_on=row["committed_live_on"],
            satisfaction=row["satisfaction"],
        ),
        rules,
    )  # fmt: skip


def _told(kept: str) -> dict[str, Any]:
    """The rules as the log keeps them: in full, so that an entry can be read without knowing what was shipped then."""
    return {
        name: encode({"on": rule.on, "severity": rule.severity, "threshold": rule.threshold}) for name, rule in rules_from(kept).items()
    }
