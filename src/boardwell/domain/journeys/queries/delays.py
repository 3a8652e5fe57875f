"""Where the days of an onboarding's slip went: the delay ledger with titles, whoever held the ball, and the whole in a sentence."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from boardwell.domain.audit.queries import Line, entries_for_journey
from boardwell.domain.journeys.calendars import calendar_of
from boardwell.domain.journeys.documents import document_of_version, working_time_from
from boardwell.domain.journeys.duedates import WorkingTime
from boardwell.domain.journeys.ledger import HOLDERS, PAUSED, Entry, Happened, ledger_of, working_days
from boardwell.domain.journeys.models import Journey, Step
from boardwell.domain.playbooks.document import Document
from boardwell.kernel import tenancy
from boardwell.kernel.clock import today
from boardwell.kernel.errors import NotFound
from boardwell.kernel.texts import in_language

_MOST_LINES = 20_000


@dataclass(frozen=True, slots=True)
class BookedTo:
    """One line of the ledger in the reader's language. `entry` has the days."""

    entry: Entry
    title: str
    words: str


@dataclass(frozen=True, slots=True)
class Delay:
    """The slip of go-live against the first plan in working days, and what it is made of; `totals` are (holder, days)."""

    slip: int
    baseline_on: date
    live_on: date
    is_live: bool
    is_paused: bool
    lines: tuple[BookedTo, ...]
    totals: tuple[tuple[str, int], ...]

    @property
    def heading(self) -> str:
        """How late or early, in words."""
        return slip_words(self.slip)

    @property
    def sentence(self) -> str:
        """The heading with what it is made of."""
        parts = [line.words for line in self.lines if line.entry.days]
        return _("%(slip)s: %(parts)s.") % {"slip": self.heading, "parts": ", ".join(parts)} if parts else self.heading


_COLUMNS = ("id", "key", "side", "position", "baseline_on", "forecast_on", "done_on", "unlocks", "marks", "texts")


def delay_of(journey_id: str) -> Delay | None:
    """The delay ledger of a journey, for the team only; None while it has no first plan to be late against. Three queries.

    Days of a pause that goes on are booked when it ends, since the dates move then. Raises NotFound.
    """
    return delays_of([journey_id])[journey_id]


def delays_of(journey_ids: Iterable[str]) -> dict[str, Delay | None]:
    """The ledgers of some journeys. Two queries, and one for each of them. Raises NotFound when one is not there."""
    wanted = list(journey_ids)
    if not tenancy.current().actor.is_insider:
        raise NotFound(_("There is no such onboarding."))
    journeys = Journey.objects.in_bulk(wanted)
    rows: dict[str, list[dict[str, object]]] = defaultdict(list)
    for row in Step.objects.filter(journey_id__in=wanted).exclude(state="cancelled").values("journey_id", *_COLUMNS):
        rows[row["journey_id"]].append(row)
    found = {}
    for journey_id in wanted:
        if journey_id not in journeys:
            raise NotFound(_("There is no such onboarding."))
        found[journey_id] = _delay(journeys[journey_id], rows[journey_id])
    return found


def _delay(journey: Journey, rows: list[dict[str, object]]) -> Delay | None:
    time = working_time_from(journey.calendar, journey.time_zone)
    live_on = journey.live_at.astimezone(time.zone).date() if journey.live_at is not None else journey.forecast_live_on
    if journey.baseline_live_on is None or live_on is None:
        return None
    document = document_of_version(journey.version_id)
    calendar = calendar_of(time)
    paused, waited = _spans(entries_for_journey(journey.id, most=_MOST_LINES, groups=("journey", "step")), time)
    after: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        for key in str(row["unlocks"]).split():
            after[key].append(str(row["key"]))
    ledger = ledger_of(
        (
            Happened(
                key=row["key"], side=row["side"], position=row["position"], baseline_on=row["baseline_on"],  # type: ignore[arg-type]
                finish_on=row["done_on"] or row["forecast_on"], after=tuple(after[str(row["key"])]),  # type: ignore[arg-type]
                waited=tuple(waited.get(str(row["id"]), ())),
            )
            for row in rows
        ),
        calendar=calendar, kickoff_on=journey.kickoff_on, baseline_on=journey.baseline_live_on, live_on=live_on,
        today=today(journey.time_zone), paused=tuple(paused), go_live=next((str(row["key"]) for row in rows if row["marks"] == "go_live"), ""),
    )  # fmt: skip
    titles = {str(row["key"]): _title(row, document) for row in rows}
    lines = tuple(
        BookedTo(entry, titles.get(entry.step_key, ""), _words(entry, titles.get(entry.step_key, "")))
        for entry in sorted(ledger.entries, key=lambda entry: -abs(entry.days))
    )
    return Delay(
        ledger.slip, journey.baseline_live_on, live_on, journey.live_at is not None, journey.state == "paused", lines,
        tuple((holder, ledger.total(holder)) for holder in HOLDERS if ledger.total(holder)),
    )  # fmt: skip


def _spans(lines: list[Line], time: WorkingTime) -> tuple[list[tuple[date, date | None]], dict[str, list[tuple[date, date | None]]]]:
    """When the journey was paused, and when which step (by id) lay with the other side: what the log says, oldest first."""
    paused: list[tuple[date, date | None]] = []
    waited: dict[str, list[tuple[date, date | None]]] = defaultdict(list)
    for line in reversed(lines):
        state, on = line.after.get("state"), line.at.astimezone(time.zone).date()
        if line.object_kind == "journey":
            _turn(paused, state, "paused", on)
        elif line.object_kind == "step":
            _turn(waited[line.object_id], "done" if line.verb == "step.completed" else state, "waiting", on)
    return paused, waited


def _turn(spans: list[tuple[date, date | None]], state: object, held: str, on: date) -> None:
    if state is None:
        return
    is_open = bool(spans) and spans[-1][1] is None
    if state == held and not is_open:
        spans.append((on, None))
    elif state != held and is_open:
        spans[-1] = (spans[-1][0], on)


def _title(row: dict[str, object], document: Document) -> str:
    key, texts = str(row["key"]), row["texts"]
    if isinstance(texts, dict) and texts:
        return in_language(texts.get("title", {})) or key
    plan = document.step(key.partition("~")[0])
    return in_language(plan.title) if plan else key


def _words(entry: Entry, title: str) -> str:
    """What the sentence says of an entry; days that have not come yet (holidays of the other side, say) are told apart."""
    words = _held(entry, title)
    return _("%(words)s (%(n)d still ahead)") % {"words": words, "n": entry.ahead} if entry.ahead else words


def _held(entry: Entry, title: str) -> str:
    told = {"n": abs(entry.days), "step": title}
    if entry.days < 0:
        return _("%(n)d won in “%(step)s”") % told
    if not title:
        return _("%(n)d because the plan itself has changed") % told
    if entry.holder == PAUSED:
        return _("%(n)d paused during “%(step)s”") % told
    if entry.holder == "customer":
        return _("%(n)d with the customer in “%(step)s”") % told
    if entry.holder == "third":
        return _("%(n)d with a third party in “%(step)s”") % told
    return _("%(n)d with us in “%(step)s”") % told


def slip_words(days: int) -> str:
    """A slip in working days as a person says it."""
    if days > 0:
        return ngettext("%(n)d working day late", "%(n)d working days late", days) % {"n": days}
    if days < 0:
        return ngettext("%(n)d working day early", "%(n)d working days early", -days) % {"n": -days}
    return _("On the day of the first plan")


def slip_of(time: WorkingTime, baseline_on: date | None, live_on: date | None) -> int | None:
    """Working days of ours by which a go-live is later than its first plan (below nought: earlier); None without both days."""
    if baseline_on is None or live_on is None:
        return None
    return working_days(calendar_of(time), baseline_on, live_on)
