"""Required steps by playbook and owner: done, missing, waived by whom and why, late; and what stands behind each number.

Totals are summed from the counters that the engine keeps on each journey, so that a page reads no steps but those of the
onboardings that it lists.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from boardwell.domain.journeys.documents import document_of_version, shown_title
from boardwell.domain.journeys.models import OPEN_STATES, Journey, Step
from boardwell.domain.journeys.queries.shapes import StepView
from boardwell.domain.people.models import Member
from boardwell.domain.playbooks.models import Playbook, PlaybookVersion
from boardwell.kernel import tenancy
from boardwell.kernel.keyset import Slice, batches_of, slice_of
from boardwell.kernel.texts import in_language

LOOKS = ("missing", "late", "waived")
"""What a list can be narrowed to: onboardings with required steps that are not done, that are late, or that were waived."""
_SUMMED = ("journeys", "required", "done", "waived", "late")
_MISSING = F("required_total") - F("required_done") - F("required_waived")
SORTS: dict[str, Any] = {
    "-newest": F("id"),
    "newest": F("id"),
    "missing": _MISSING,
    "late": F("required_late"),
    "waived": F("required_waived"),
}
_ROW = (
    "id", "title", "account__name", "owner_id", "owner__name", "state", "version_id", "required_total", "required_done",
    "required_waived", "required_late",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredFilters:
    """What the numbers are about. Empty means any; `state` "" is every onboarding that was not cancelled, open is active and paused."""

    state: str = ""
    playbook_key: str = ""
    owner_id: str = ""
    look: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> "RequiredFilters":
        """From a query string; unknown names are ignored, values are bounded."""
        names = ("state", "playbook_key", "owner_id", "look")
        return cls(**{name: query[name].replace("\x00", "")[:200] for name in names if name in query})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Required steps of some onboardings. `missing` are neither done nor waived; `late` are those of them whose day has passed."""

    journeys: int = 0
    required: int = 0
    done: int = 0
    waived: int = 0
    late: int = 0
    playbook_key: str = ""
    playbook_title: str = ""
    owner_id: str = ""
    owner_name: str = ""

    @property
    def missing(self) -> int:
        """Not done and not waived."""
        return self.required - self.done - self.waived

    @property
    def percent(self) -> int:
        """Share that is done or waived, in whole percent, never rounded up to a hundred."""
        return 100 * (self.done + self.waived) // self.required if self.required else 100


@dataclass(frozen=True, slots=True)
class RequiredStep:
    """One required step. `word`: done, waived, late or to_come."""

    key: str
    title: str
    word: str
    planned_on: date | None
    ended_at: datetime | None
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class RequiredRow:
    """One onboarding with its numbers and the steps that explain them: those that are late and those that were waived."""

    id: str
    title: str
    account_name: str
    owner_name: str
    state: str
    playbook_title: str
    tally: Tally
    steps: tuple[RequiredStep, ...]


def _matching(filters: RequiredFilters) -> QuerySet[Journey]:
    tenancy.require("journeys:view")
    rows = Journey.objects.all()
    if filters.state == "open":
        rows = rows.filter(state__in=["active", "paused"])
    elif filters.state == "live":
        rows = rows.filter(state__in=["live", "closed"])
    elif filters.state:
        rows = rows.filter(state=filters.state)
    else:
        rows = rows.exclude(state="cancelled")
    if filters.playbook_key:
        rows = rows.filter(version__playbook__key=filters.playbook_key)
    if filters.owner_id:
        rows = rows.filter(owner_id=filters.owner_id)
    return rows


def _looked_at(rows: QuerySet[Journey], look: str) -> QuerySet[Journey]:
    if look == "late":
        return rows.filter(required_late__gt=0)
    if look == "waived":
        return rows.filter(required_waived__gt=0)
    return rows.filter(required_total__gt=F("required_done") + F("required_waived")) if look == "missing" else rows


def tallies(filters: RequiredFilters) -> list[Tally]:
    """For each playbook and owner that the filters let through, by title and name. Four queries; `look` does not narrow it.

    The sums are grouped by what stands on the journey itself: joined names would be read once for each of them.
    """
    rows = _matching(filters).order_by().values_list("version_id", "owner_id")
    sums: dict[tuple[str, str], list[int]] = {}
    books = dict(PlaybookVersion.objects.values_list("id", "playbook__key"))
    for version_id, owner_id, *numbers in rows.annotate(
        Count("id"), Sum("required_total"), Sum("required_done"), Sum("required_waived"), Sum("required_late")
    ):
        pair = (books[version_id], owner_id)
        sums[pair] = [before + number for before, number in zip(sums.get(pair, [0] * 5), numbers, strict=True)]
    titles = dict(Playbook.objects.filter(key__in={key for key, _owner in sums}).values_list("key", "title"))
    names = dict(Member.objects.filter(pk__in={owner for _key, owner in sums}).values_list("id", "name"))
    found = [
        Tally(
            playbook_key=key, playbook_title=in_language(titles[key]) or key, owner_id=owner_id, owner_name=names[owner_id],
            **dict(zip(_SUMMED, numbers, strict=True)),
        )
        for (key, owner_id), numbers in sums.items()
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.playbook_title, one.playbook_key, one.owner_name, one.owner_id))


def total_of(found: Iterable[Tally]) -> Tally:
    """The sum of some tallies."""
    each = list(found)
    return Tally(**{name: sum(getattr(one, name) for one in each) for name in _SUMMED})


def required_slice(filters: RequiredFilters, *, sort: str = "", cursor: str = "", size: int = 50) -> Slice[RequiredRow]:
    """A page of the onboardings behind the numbers. Three queries whatever the page."""
    rows = _looked_at(_matching(filters), filters.look)
    found = slice_of(rows, SORTS, sort=sort, cursor=cursor, size=size, columns=_ROW)
    return Slice(tuple(_with_steps(found.rows, telling=True)), found.previous, found.next, found.total)


def required_in_batches(filters: RequiredFilters, *, sort: str = "") -> Iterator[list[RequiredRow]]:
    """Every onboarding that the filters let through with all its required steps, 200 at a time: two queries each."""
    for batch in batches_of(_looked_at(_matching(filters), filters.look), SORTS, sort=sort, size=200, columns=_ROW):
        yield _with_steps(batch, telling=False)


_STEP = ("journey_id", "key", "texts", "state", "planned_on", "late_at", "ended_at", "ended_by_name", "reason")


def _with_steps(rows: Iterable[tuple[Any, ...]], *, telling: bool) -> list[RequiredRow]:
    """The rows with their required steps; `telling`: only those that explain a number."""
    named = [dict(zip(_ROW, row, strict=True)) for row in rows]
    steps = Step.objects.filter(journey_id__in=[row["id"] for row in named], required=True).exclude(state="cancelled")
    if telling:
        steps = steps.filter(Q(state="skipped") | Q(state__in=OPEN_STATES, late_at__isnull=False))
    by_journey: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for values in steps.order_by("journey_id", "position").values(*_STEP):
        by_journey[values["journey_id"]].append(values)
    return [_row(row, by_journey[row["id"]]) for row in named]


def _row(row: dict[str, Any], steps: Iterable[dict[str, Any]]) -> RequiredRow:
    document = document_of_version(row["version_id"])
    total, done, waived, late = (row[f"required_{name}"] for name in ("total", "done", "waived", "late"))
    told = []
    for step in steps:
        plan = document.step(step["key"].partition("~")[0])
        title = in_language((step["texts"] or {}).get("title", {})) or (in_language(plan.title) if plan else "") or step["key"]
        word = _word(step["state"], is_late=step["late_at"] is not None)
        told.append(RequiredStep(step["key"], title, word, step["planned_on"], step["ended_at"], step["ended_by_name"], step["reason"]))
    tally = Tally(journeys=1, required=total, done=done, waived=waived, late=late)
    return RequiredRow(
        row["id"], shown_title(row["title"], row["account__name"], document), row["account__name"], row["owner__name"], row["state"],
        in_language(document.title), tally, tuple(told),
    )  # fmt: skip


def _word(state: str, *, is_late: bool) -> str:
    if state in {"done", "skipped"}:
        return "done" if state == "done" else "waived"
    return "late" if is_late and state in OPEN_STATES else "to_come"


def required_of(steps: Iterable[StepView], journey_state: str) -> tuple[Tally, tuple[RequiredStep, ...]]:
    """The numbers of one onboarding and all its required steps, from a page that was read already. Nothing is late in a pause."""
    found = [
        RequiredStep(
            step.key, step.title, _word(step.state, is_late=step.is_late and journey_state != "paused"), step.planned_on, step.ended_at,
            step.ended_by_name, step.reason,
        )
        for step in steps if step.required and step.state != "cancelled"
    ]  # fmt: skip
    words = [one.word for one in found]
    tally = Tally(journeys=1, required=len(found), done=words.count("done"), waived=words.count("waived"), late=words.count("late"))
    return tally, tuple(found)
