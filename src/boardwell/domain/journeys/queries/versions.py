"""Which onboardings run on older versions of their playbook, and what moving one to another version would change, in words."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from boardwell.domain.journeys.documents import document_of_version, parties_from, shown_title
from boardwell.domain.journeys.duedates import as_day
from boardwell.domain.journeys.kinds import registry
from boardwell.domain.journeys.merging import FieldChange, Picture, Running, StepMerge, Tally, merge, tally_of
from boardwell.domain.journeys.models import Fact, Journey, Step, VersionMove
from boardwell.domain.journeys.plan import PlannedStep, plan_for
from boardwell.domain.journeys.queries.pages import journey_head
from boardwell.domain.journeys.queries.shapes import JourneyHead
from boardwell.domain.playbooks.difference import plain
from boardwell.domain.playbooks.document import Document, StepPlan
from boardwell.domain.playbooks.models import PlaybookVersion
from boardwell.domain.playbooks.queries import playbook_by_key
from boardwell.kernel import tenancy
from boardwell.kernel.checks import LANGUAGES
from boardwell.kernel.errors import Conflict, NotFound
from boardwell.kernel.texts import in_language

RUNNING = ("active", "paused", "live")
MOST = 500


@dataclass(frozen=True, slots=True)
class Material:
    """All that a move rests on: the rows as they are, what both versions give for the facts of now, and the difference."""

    rows: Mapping[str, Step]
    theirs: Mapping[str, Running]
    new: Mapping[str, Picture]
    planned: Mapping[str, PlannedStep]
    merged: tuple[StepMerge, ...]


def materials(journeys: Sequence[Journey], to_version_id: str) -> dict[str, Material]:
    """The material of each journey by its id. Two queries whatever the number of journeys, and one for each version that is not known yet."""
    ids = [journey.id for journey in journeys]
    rows: dict[str, dict[str, Step]] = defaultdict(dict)
    for row in Step.objects.filter(journey_id__in=ids).exclude(state="cancelled").order_by("position", "id"):
        rows[row.journey_id][row.key] = row
    facts: dict[str, dict[str, Any]] = defaultdict(dict)
    for journey_id, key, value in Fact.objects.filter(journey_id__in=ids, superseded_at=None).values_list("journey_id", "key", "value"):
        facts[journey_id][key] = value
    new_document = document_of_version(to_version_id)
    return {one.id: _material(one, rows[one.id], facts[one.id], new_document) for one in journeys}


def _material(journey: Journey, rows: dict[str, Step], facts: dict[str, Any], new_document: Document) -> Material:
    times = parties_from(journey.calendar, journey.time_zone)
    old_document = document_of_version(journey.version_id)
    planned = {one.key: one for one in plan_for(new_document, facts, journey.kickoff_on, times)}
    old = {one.key: _planned_picture(one) for one in plan_for(old_document, facts, journey.kickoff_on, times)}
    new = {key: _planned_picture(one) for key, one in planned.items()}
    theirs = {key: _running(row, old.get(key), old_document) for key, row in rows.items()}
    return Material(rows, theirs, new, planned, merge(theirs, old, new))


def _planned_picture(planned: PlannedStep) -> dict[str, Any]:
    return _source_picture(planned.source) | {
        "stage": planned.stage_key, "planned_on": planned.due_on.isoformat() if planned.due_on else None, "needs": sorted(planned.needs),
    }  # fmt: skip


def _source_picture(source: StepPlan) -> dict[str, Any]:
    same = {
        name: plain(getattr(source, name)) for name in ("kind", "side", "visibility", "required", "marks", "minutes", "effort", "remind")
    }
    texts = {name: dict(getattr(source, name)) for name in ("title", "help", "expect")}
    return same | texts | {"role": source.owner, "settings": plain(source.settings), "stage": "", "planned_on": None, "needs": []}


def _running(row: Step, base: Picture | None, old_document: Document) -> Running:
    source = old_document.step(row.key)
    picture = dict(base or (_source_picture(source) if source else {"title": {}, "help": {}, "expect": {}, "settings": {}}))
    picture |= {name: getattr(row, name) for name in ("kind", "side", "role", "visibility", "required", "marks")}
    picture |= {"stage": row.stage_key, "planned_on": row.planned_on.isoformat() if row.planned_on else None}
    picture |= row.texts or {}
    if row.settings is not None:
        picture["settings"] = row.settings
    return Running(picture, row.state in {"done", "skipped"}, row.state in {"active", "waiting", "blocked"} or row.progress is not None)


def target_version(journey: Journey, number: int | None = None) -> PlaybookVersion:
    """The version that a journey would move to: by number, else the latest. NotFound, or Conflict when it is there already."""
    book_id = PlaybookVersion.objects.values_list("playbook_id", flat=True).get(pk=journey.version_id)
    rows = PlaybookVersion.objects.filter(playbook_id=book_id).order_by("-number")
    found = (rows.filter(number=number) if number is not None else rows).first()
    if found is None:
        raise NotFound(_("There is no such version."))
    if found.id == journey.version_id:
        raise Conflict(_("This onboarding runs on this version already."))
    return found


@dataclass(frozen=True, slots=True)
class ChangeWords:
    """One field in words: as the old version had it, as it is now (empty when the same), and as the new version has it."""

    label: str
    before: str
    mine: str
    after: str
    is_conflict: bool


@dataclass(frozen=True, slots=True)
class StepWords:
    """What becomes of one step, in words."""

    key: str
    title: str
    verdict: str
    changes: tuple[ChangeWords, ...]


@dataclass(frozen=True, slots=True)
class MovePreview:
    """What moving a journey to a version would do; `versions` are the numbers that it could move to."""

    head: JourneyHead
    number: int
    versions: tuple[int, ...]
    note: str
    tally: Tally
    steps: tuple[StepWords, ...]


def move_preview(journey_id: str, number: int | None = None) -> MovePreview:
    """The three-way difference in words, nothing changed. Raises NotAllowed, NotFound, Conflict (there already, or it has ended)."""
    tenancy.require("journeys:edit")
    head, old_document = journey_head(journey_id)
    journey = Journey.objects.get(pk=journey_id)
    if journey.state not in RUNNING:
        raise Conflict(_("This onboarding has ended."))
    target = target_version(journey, number)
    found = materials([journey], target.id)[journey_id]
    words = _Words(old_document, document_of_version(target.id))
    numbers = PlaybookVersion.objects.filter(playbook_id=target.playbook_id).exclude(pk=journey.version_id).order_by("-number")
    steps = tuple(
        StepWords(
            step.key, words.title(step.key, found.theirs[step.key].picture if step.key in found.theirs else found.new[step.key]),
            step.verdict, tuple(said for change in step.changes for said in words.changes(change, found.new.get(step.key, {}))),
        )
        for step in found.merged
    )  # fmt: skip
    versions = tuple(numbers.values_list("number", flat=True))
    return MovePreview(head, target.number, versions, target.note, tally_of(found.merged), steps)


def _leaves(value: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every single value of some settings by its place; what is in a list is named by its key, where it has one."""
    if isinstance(value, Mapping) and not value.keys() <= set(LANGUAGES):
        for name, inner in value.items():
            yield from _leaves(inner, (*place, str(name)))
    elif isinstance(value, list | tuple) and value and all(isinstance(one, Mapping) and "key" in one for one in value):
        for one in value:
            yield from _leaves({name: inner for name, inner in one.items() if name != "key"}, (*place, str(one["key"])))
    elif place:
        yield place, value


def _said(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, Mapping):
        return in_language(value)
    return ", ".join(map(_said, value)) if isinstance(value, list | tuple) else str(value)


class _Words:
    """Says fields and values as people read them."""

    def __init__(self, old: Document, new: Document) -> None:
        self.old, self.new = old, new
        self.labels = {
            "step": _("The step itself"), "stage": _("Stage"), "kind": _("Kind"), "side": _("Side"), "role": _("Owner"),
            "visibility": _("Who sees it"), "required": _("Required"), "marks": _("Records"), "planned_on": _("Due day"),
            "title": _("Title"), "help": _("Help"), "expect": _("What to expect"), "settings": _("Settings"),
            "minutes": _("Minutes"), "effort": _("Hours of work"), "remind": _("Reminders"), "needs": _("Waits for"),
        }  # fmt: skip

    def title(self, key: str, picture: Picture) -> str:
        return in_language(picture.get("title") or {}) or key

    def changes(self, change: FieldChange, new: Picture) -> list[ChangeWords]:
        """A changed field; settings value by value, each under the name that its kind gives it."""
        if change.name != "settings":
            return [self.change(change)]
        kind = registry.get(str(new.get("kind", "")))
        named = kind.settings_words() if kind else {}
        base, theirs, wanted = (dict(_leaves(value or {})) for value in (change.base, change.theirs, change.new))
        return [
            ChangeWords(
                " › ".join([self.labels["settings"], str(named.get(place[0], place[0])), *place[1:]]), _said(base.get(place)),
                _said(theirs.get(place)) if theirs.get(place) != base.get(place) else "", _said(wanted.get(place)), change.is_conflict,
            )
            for place in dict.fromkeys((*theirs, *wanted)) if theirs.get(place) != wanted.get(place)
        ] or [self.change(change)]  # fmt: skip

    def change(self, change: FieldChange) -> ChangeWords:
        said = [self._value(change.name, value) for value in (change.base, change.theirs, change.new)]
        mine = said[1] if change.theirs != change.base else ""
        return ChangeWords(self.labels[change.name], said[0], mine, said[2], change.is_conflict)

    def _value(self, name: str, value: Any) -> str:
        if value is None:
            return _("not in the plan") if name == "step" else "–"
        if name == "step":
            return _("begun")
        if name in {"title", "help", "expect"}:
            return in_language(value) or "–"
        if name == "planned_on":
            day = as_day(value)
            return date_format(day, "DATE_FORMAT") if day else "–"
        if name == "required":
            return _("Yes") if value else _("No")
        if name == "needs":
            return ", ".join(self._step(key) for key in value) or "–"
        if name in {"settings", "remind"}:
            return ""
        return self._named(name, str(value))

    def _named(self, name: str, value: str) -> str:
        words = {
            "ours": _("Our team"), "customer": _("Customer"), "third": _("Third party"), "shared": _("Customer and team"),
            "internal": _("The team only"), "": "–",
        }  # fmt: skip
        for document in (self.new, self.old):
            stage = document.stage(value) if name == "stage" else None
            role = document.roles.get(value) if name == "role" else None
            if found := stage or role:
                return in_language(found.title) or value
        kind = registry.get(value) if name == "kind" else None
        return str(kind.label) if kind else words.get(value, value)

    def _step(self, key: str) -> str:
        source = self.new.step(key) or self.old.step(key)
        return in_language(source.title) if source else key


@dataclass(frozen=True, slots=True)
class Candidate:
    """A running onboarding on another version, and what a move would do to it."""

    journey_id: str
    title: str
    account_name: str
    number: int
    tally: Tally


@dataclass(frozen=True, slots=True)
class Candidates:
    """The onboardings that could move to the latest version; `more` are not listed."""

    playbook_key: str
    playbook_title: str
    number: int
    rows: tuple[Candidate, ...]
    more: int


def move_candidates(playbook_key: str) -> Candidates:
    """Running onboardings of a playbook that are not on its latest version, each with its preview. The queries do not grow with them."""
    tenancy.require("journeys:edit")
    book = playbook_by_key(playbook_key)
    latest = book.latest_version
    if latest is None:
        raise NotFound(_("There is no such version."))
    rows = Journey.objects.filter(version__playbook=book, state__in=RUNNING).exclude(version=latest)
    journeys = list(rows.select_related("account", "version").order_by("-id")[: MOST + 1])
    total = len(journeys) if len(journeys) <= MOST else rows.count()
    found = materials(journeys[:MOST], latest.id)
    listed = tuple(
        Candidate(
            one.id, shown_title(one.title, one.account.name, document_of_version(one.version_id)), one.account.name, one.version.number,
            tally_of(found[one.id].merged),
        )
        for one in journeys[:MOST]
    )  # fmt: skip
    return Candidates(book.key, in_language(book.title) or book.key, latest.number, listed, max(0, total - MOST))


@dataclass(frozen=True, slots=True)
class MoveRow:
    """One onboarding of a run: waiting, done, refused or undone, and why."""

    journey_id: str
    title: str
    state: str
    words: str


@dataclass(frozen=True, slots=True)
class MoveRun:
    """Many onboardings on their way: how far they are."""

    run_id: str
    playbook_key: str
    number: int
    rows: tuple[MoveRow, ...]

    def count(self, state: str) -> int:
        """How many are in a state."""
        return sum(row.state == state for row in self.rows)

    @property
    def waiting(self) -> int:
        """How many are still to come, in either direction."""
        return self.count("waiting") + self.count("returning")

    @property
    def done(self) -> int:
        """How many have moved."""
        return self.count("done")

    @property
    def refused(self) -> int:
        """How many could not."""
        return self.count("refused")


def move_run(run_id: str) -> MoveRun:
    """A run with its onboardings. One query. Raises NotFound."""
    tenancy.require("journeys:edit")
    rows = list(
        VersionMove.objects.filter(run_id=run_id).exclude(run_id="").select_related("journey", "to_version__playbook").order_by("id")
    )
    if not rows:
        raise NotFound(_("There is no such run."))
    target = rows[0].to_version
    return MoveRun(
        run_id, target.playbook.key, target.number, tuple(MoveRow(row.journey_id, row.journey.title, row.state, row.words) for row in rows)
    )
