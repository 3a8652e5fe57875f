"""Move running journeys to another version of their playbook, and take that back; what has ended is never touched."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import Entry, record_many
from boardwell.domain.journeys import engine
from boardwell.domain.journeys.casting import cast_for, contacts_now, team_now
from boardwell.domain.journeys.documents import document_of_version, parties_from, shown_title
from boardwell.domain.journeys.events import PlanChanged, StepOpened
from boardwell.domain.journeys.gatekeeping import set_gates
from boardwell.domain.journeys.inserting import Place, insert_steps, prepare, put_aside
from boardwell.domain.journeys.merging import Picture, outcome, tally_of
from boardwell.domain.journeys.models import Journey, PlanProposal, Step, VersionMove
from boardwell.domain.journeys.plan import PlannedStep, contracted_needs
from boardwell.domain.journeys.queries.versions import RUNNING, Material, materials, target_version
from boardwell.domain.journeys.redating import set_planned_day
from boardwell.domain.journeys.rows import lock_journey
from boardwell.domain.playbooks.document import Document, minutes_of_work
from boardwell.domain.playbooks.models import PlaybookVersion
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now, today
from boardwell.kernel.errors import Conflict, Invalid
from boardwell.kernel.events import emit
from boardwell.kernel.sql import instant
from boardwell.kernel.texts import in_language
from boardwell.kernel.wordindex import index_words

PREFERENCES = ("theirs", "new")
_ROW = (
    "key", "stage_key", "position", "kind", "side", "role", "visibility", "required", "marks", "effort_minutes", "texts", "settings",
    "state", "blockers", "unlocks", "member_id", "contact_id", "planned_on", "forecast_on", "due_at", "nudge_at", "next_due_at", "late_at", "opened_at",
    "ended_at", "reason",
)  # fmt: skip
"""What a move may change of a step, and what taking it back restores."""
_HEAD = ("version_id", "title", "roles", "planned_live_on", "forecast_live_on")


def move_to_version(journey_id: str, *, number: int | None = None, prefer: str = "theirs") -> str:
    """Moves one journey to a version of its playbook (the latest by default) and returns the move's id.

    Steps that have ended stay as they are, with the words that they had. Where somebody has changed by hand what the new version
    changes too, `prefer` decides: theirs or new. One transaction; an audit entry, PlanChanged, StepOpened for what opens by it.

    Raises NotAllowed, NotFound (journey, version), Invalid (prefer), Conflict (has ended, or is on that version already).
    """
    actor = require_mover(prefer)
    with transaction.atomic():
        journey = lock_journey(journey_id)
        target = target_version(journey, number)
        move = VersionMove(
            organisation_id=journey.organisation_id, account_id=journey.account_id, journey=journey, to_version=target, prefer=prefer,
            made_by_id=actor.id if actor.kind == "member" else None,
        )  # fmt: skip
        move.save(force_insert=True)
        carry_out(journey, move)
        return move.id


def require_mover(prefer: str) -> tenancy.Actor:
    """The current actor, when they may change plans and said whose changes count."""
    actor = tenancy.require("journeys:edit")
    if prefer not in PREFERENCES:
        raise Invalid(_("Say whose changes count where both have changed something."), {"prefer": [_("Choose one of the two.")]})
    return actor


def carry_out(journey: Journey, move: VersionMove) -> None:
    """Does what a move asks for, in the caller's transaction under the journey's lock. Raises Conflict."""
    if journey.state not in RUNNING:
        raise Conflict(_("This onboarding has ended."))
    if journey.version_id == move.to_version_id:
        raise Conflict(_("This onboarding runs on this version already."))
    found = materials([journey], move.to_version_id)[journey.id]
    final = outcome(found.merged, found.theirs, found.new, prefer=move.prefer)
    tally = tally_of(found.merged)
    old_number = PlaybookVersion.objects.values_list("number", flat=True).get(pk=journey.version_id)
    move.before = _snapshot(journey)
    added, removed, opened = _Rewriting(journey, move, found, final).write()
    engine.refresh_journey(journey.id, now())
    position = record_many(
        [
            Entry(
                "journey.moved", object_kind="journey", object_id=journey.id, account_id=journey.account_id, journey_id=journey.id,
                label=journey.title, before={"version": old_number},
                after={
                    "version": move.to_version.number, "move": move.id, "prefer": move.prefer, "added": added, "removed": removed,
                    "changed": [step.key for step in found.merged if step.verdict in {"changed", "conflict"}],
                    "conflicts": tally.conflict,
                },
            )
        ]
    )  # fmt: skip
    move.before |= {"added": added, "position": position}
    move.state, move.done_at, move.words = "done", now(), ""
    move.save()
    _say(journey, added, removed, opened)


def _say(journey: Journey, added: list[str], removed: list[str], opened: Sequence[str]) -> None:
    emit(
        PlanChanged(journey_id=journey.id, account_id=journey.account_id, added=tuple(added), removed=tuple(removed)),
        *(
            StepOpened(
                journey_id=journey.id, account_id=journey.account_id, step_id=step.id, step_key=step.key, kind=step.kind, side=step.side,
                visibility=step.visibility,
            )
            for step in Step.objects.filter(journey=journey, key__in=opened)
        ),
    )  # fmt: skip


def _snapshot(journey: Journey) -> dict[str, Any]:
    def plainly(value: Any) -> Any:
        return value.isoformat() if hasattr(value, "isoformat") else value

    rows = Step.objects.filter(journey=journey).values("id", *_ROW)
    return {
        "journey": {name: plainly(getattr(journey, name)) for name in _HEAD},
        "steps": [{name: plainly(value) for name, value in row.items()} for row in rows],
    }  # fmt: skip


class _Rewriting:
    """Writes the plan as the move leaves it: rows, words that are kept, people, days, and what waits for what."""

    def __init__(self, journey: Journey, move: VersionMove, found: Material, final: Mapping[str, Picture | None]) -> None:
        self.journey, self.move, self.found, self.final, self.at = journey, move, found, final, now()
        self.old_document = document_of_version(journey.version_id)
        self.document = document_of_version(move.to_version_id)
        self.ended = {step.key for step in found.merged if step.verdict == "ended"}

    def write(self) -> tuple[list[str], list[str], list[str]]:
        """Returns the keys that were added, removed and opened."""
        journey, found = self.journey, self.found
        self._write_head()
        removed = sorted(key for key in found.rows if self.final.get(key) is None)
        Step.objects.filter(journey=journey, key__in=removed).update(
            state="cancelled", next_due_at=None, ended_at=self.at, unlocks="",
            reason=_("Not in version %(number)d of the playbook") % {"number": self.move.to_version.number},
        )  # fmt: skip
        added = [key for key, picture in self.final.items() if picture is not None and key not in found.rows]
        self._insert(added)
        rows = {row.key: row for row in Step.objects.filter(journey=journey).exclude(state="cancelled")}
        for key, row in rows.items():
            if key not in added:
                self._rewrite(row, self.final[key] or {})
        opened = self._tie(rows, set(added))
        Step.objects.bulk_update(rows.values(), _ROW)
        self._write_live_day(rows)
        return sorted(added), removed, opened

    def _write_head(self) -> None:
        journey, document = self.journey, self.document
        given = {role: person for role, person in journey.roles.items() if role in document.roles and person}
        team, contacts = team_now(), contacts_now(journey.account_id)
        given = {role: person for role, person in given.items() if person in team or person in contacts}
        owner = team.get(journey.owner_id)
        if owner is None:
            raise Conflict(_("Whoever owns this onboarding is not on the team any more. Hand it over first."))
        self.cast = cast_for(document, given, owner, team, contacts).by_role
        account = journey.account
        if shown_title(journey.title, account.name, self.old_document) == f"{account.name} – {in_language(self.old_document.title)}":
            journey.title = f"{account.name} – {in_language(document.title, account.language)}"[:200]
        journey.roles = {**journey.roles, **{role: member or contact for role, (member, contact) in self.cast.items()}}
        journey.version = self.move.to_version
        journey.save(update_fields=["version", "title", "roles", "changed_at"])
        index_words("journey", journey.id, journey.title, journey.external_id)
        PlanProposal.objects.filter(journey=journey, state="open").update(state="outdated", decided_at=self.at)

    def _insert(self, keys: Sequence[str]) -> None:
        """A step that was once taken out comes back as a fresh row: the old one keeps its history under another key."""
        journey = self.journey
        for row in Step.objects.filter(journey=journey, key__in=keys):
            row.key = put_aside(row.key, row.id)
            row.save(update_fields=["key"])
        first_day = parties_from(journey.calendar, journey.time_zone).ours.next_worked(today(journey.time_zone))
        new = [_not_past(self.found.planned[key], first_day) for key in keys]
        place = Place(journey.organisation_id, journey.account_id, journey.id)
        insert_steps(place, prepare(new, journey.time_zone), self.cast, instant(self.at))

    def _rewrite(self, row: Step, picture: Picture) -> None:
        """One row that stays: what has ended keeps all but its place in the order."""
        planned = self.found.planned.get(row.key)
        if planned is not None:
            row.position = planned.position
        if row.stage_key not in {stage.key for stage in self.document.stages} or (planned is not None and row.key not in self.ended):
            row.stage_key = self._stage(picture, planned)
        self._keep_words(row, picture)
        if row.key in self.ended:
            return
        if row.role != picture["role"]:
            for name, person in zip(("member_id", "contact_id"), self.cast.get(picture["role"], ()), strict=False):
                setattr(row, name, person)
        for name in ("kind", "side", "role", "visibility", "required", "marks"):
            setattr(row, name, picture[name])
        row.effort_minutes = minutes_of_work(picture.get("effort"), picture.get("minutes")) if row.side == "ours" else 0
        day = date.fromisoformat(picture["planned_on"]) if picture["planned_on"] else None
        if day != row.planned_on:
            set_planned_day(row, day, self.journey.time_zone, self.document)

    def _stage(self, picture: Picture, planned: PlannedStep | None) -> str:
        """The picture's stage when the new version has it, else that of the step's place there, else the first."""
        known = [stage.key for stage in self.document.stages]
        wanted = picture.get("stage", "")
        return str(wanted) if wanted in known else planned.stage_key if planned is not None else known[0]

    def _keep_words(self, row: Step, picture: Picture) -> None:
        """Words and settings that the new version does not give stand in the row itself; the others come from the version again."""
        source = self.found.new.get(row.key) or {}
        same = all(picture.get(name) == source.get(name) for name in ("title", "help", "expect"))
        row.texts = None if same else {name: dict(picture.get(name) or {}) for name in ("title", "help", "expect")}
        settings = picture.get("settings") or {}
        kept = settings if row.key in self.ended else _without_unknown_facts(settings, self.document)
        row.settings = None if settings == source.get("settings") else kept

    def _tie(self, rows: Mapping[str, Step], added: set[str]) -> list[str]:
        """Who waits for whom: as the new version says, and for steps that only this plan has as it was. Returns what opens."""
        known = frozenset(key for key in rows if key in self.document.steps_by_key)
        needs = {key: [need for need in wanted if need in rows] for key, wanted in contracted_needs(self.document, known).items()}
        for before, row in self.found.rows.items():
            for key in row.unlocks.split():
                if key in rows and key not in known and before in rows:
                    needs.setdefault(key, []).append(before)
        waiting: dict[str, list[str]] = {key: [] for key in rows}
        for key in sorted(rows, key=lambda one: rows[one].position):
            for need in needs.get(key, ()):
                waiting[need].append(key)
        opened = []
        shut = set_gates(self.journey, self.document)
        for key, row in rows.items():
            row.unlocks = " ".join(waiting[key])
            if row.state not in {"locked", "ready"}:
                continue
            row.blockers = sum(rows[need].state not in {"done", "skipped"} for need in needs.get(key, ()))
            row.blockers += sum(gate in shut for gate in self.document.gated.get(key, ()))
            state = "locked" if row.blockers else "ready"
            if state == "ready" and (row.state == "locked" or key in added):
                opened.append(key)
                row.opened_at, row.next_due_at = self.at, row.nudge_at
            elif state == "locked":
                row.opened_at = row.next_due_at = None
            row.state = state
        return sorted(opened)

    def _write_live_day(self, rows: Mapping[str, Step]) -> None:
        marked = [row.planned_on for row in rows.values() if row.marks == "go_live" and row.planned_on]
        live_on = marked[0] if marked else max((row.planned_on for row in rows.values() if row.planned_on), default=None)
        Journey.objects.filter(pk=self.journey.pk).update(planned_live_on=live_on, revision=engine.next_revision())


def _not_past(planned: PlannedStep, first_day: date) -> PlannedStep:
    """A step that is new is not late on its first day."""
    if planned.due_on is None or planned.due_on >= first_day:
        return planned
    return replace(planned, due_on=first_day)


def _without_unknown_facts(value: Any, document: Document) -> Any:
    """Settings that outlive their version must not record facts that the new one does not know."""
    if isinstance(value, Mapping):
        return {
            key: _without_unknown_facts(inner, document)
            for key, inner in value.items()
            if not (key == "fact" and isinstance(inner, str) and inner not in document.facts)
        }
    return [_without_unknown_facts(one, document) for one in value] if isinstance(value, list) else value


def _value_of(model: type[Step | Journey], name: str, kept: Any) -> Any:
    """A column's value as it was before it became JSON: days and instants from their text."""
    return kept if kept is None or name.endswith("_id") else _FIELDS_OF[model][name].to_python(kept)


_FIELDS_OF: dict[type[Any], dict[str, Any]] = {
    model: {field.name: field for field in model._meta.concrete_fields} for model in (Step, Journey)
}  # fmt: skip


def restore(journey: Journey, move_id: str) -> PlanChanged:
    """Puts the plan back as a move found it and returns the event to emit; the caller has locked the journey and knows that nothing rests on the move.

    Rows that the move added are taken out and keep their history.
    """
    move = VersionMove.objects.filter(pk=move_id, journey=journey, state__in=["done", "returning"]).first()
    if move is None:
        raise Conflict(_("This has been undone already."))
    at = now()
    for row in Step.objects.filter(journey=journey, key__in=move.before["added"]):
        row.key, row.state, row.next_due_at, row.ended_at, row.unlocks = put_aside(row.key, row.id), "cancelled", None, at, ""
        row.reason = _("The move to another version was taken back")
        row.save()
    rows = {row.id: row for row in Step.objects.filter(journey=journey)}
    for kept in move.before["steps"]:
        row = rows[kept["id"]]
        for name in _ROW:
            setattr(row, name, _value_of(Step, name, kept[name]))
    Step.objects.bulk_update([rows[kept["id"]] for kept in move.before["steps"]], _ROW)
    head = {name: _value_of(Journey, name, value) for name, value in move.before["journey"].items()}
    Journey.objects.filter(pk=journey.pk).update(**head, revision=engine.next_revision())
    index_words("journey", journey.id, head["title"], journey.external_id)
    move.state, move.done_at, move.words = "undone", at, ""
    move.save()
    return PlanChanged(journey_id=journey.id, account_id=journey.account_id, added=(), removed=tuple(move.before["added"]))
