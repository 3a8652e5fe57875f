"""The three-way difference of a running plan: what it is now, what the old version of its playbook gave, what the new one gives; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

type Picture = Mapping[str, Any]
"""A step by the names in `FIELDS`, as plain values that can be compared."""

FIELDS = (
    "stage", "kind", "side", "role", "visibility", "required", "marks", "planned_on", "title", "help", "expect", "settings", "minutes",
    "effort", "remind", "needs",
)  # fmt: skip
WORK_FIELDS = frozenset({"kind", "settings"})
"""What somebody's work so far rests on: once a step has begun, changing one of these is for a person to decide."""


@dataclass(frozen=True, slots=True)
class Running:
    """A step of a running plan. `has_ended`: done or skipped, never touched. `has_begun`: somebody has worked on it."""

    picture: Picture
    has_ended: bool = False
    has_begun: bool = False


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that the new version would change, or already differs; in a conflict both sides have changed it."""

    name: str
    base: Any
    theirs: Any
    new: Any
    is_conflict: bool = False


@dataclass(frozen=True, slots=True)
class StepMerge:
    """What becomes of one step.

    `verdict`: ended (stays as it is), kept, added, removed, left_out (taken out of this plan before, so it does not come),
    changed, or conflict. A removal that would throw work away is a conflict with one change called `step`.
    """

    key: str
    verdict: str
    changes: tuple[FieldChange, ...] = ()


def merge(theirs: Mapping[str, Running], old: Mapping[str, Picture], new: Mapping[str, Picture]) -> tuple[StepMerge, ...]:
    """Every step of the running plan and of the new version once, in the order of the new version; what only they have comes last.

    `old` and `new` are what the two versions give for the customer's facts of now. Linear in steps and fields.
    """
    keys = [*new, *(key for key in theirs if key not in new)]
    return tuple(_one(key, theirs.get(key), old.get(key), new.get(key)) for key in keys)


def _one(key: str, running: Running | None, base: Picture | None, new: Picture | None) -> StepMerge:
    if running is None:
        return StepMerge(key, "added" if base is None else "left_out")
    if running.has_ended:
        return StepMerge(key, "ended")
    if new is None:
        if base is None:
            return StepMerge(key, "kept")
        if running.has_begun:
            return StepMerge(key, "conflict", (FieldChange("step", base, running.picture, None, is_conflict=True),))
        return StepMerge(key, "removed")
    found = tuple(filter(None, (_field(name, running, base or new, new) for name in FIELDS)))
    verdict = "conflict" if any(change.is_conflict for change in found) else "changed" if found else "kept"
    return StepMerge(key, verdict, found)


def _field(name: str, running: Running, base: Picture, new: Picture) -> FieldChange | None:
    was, mine, wanted = base.get(name), running.picture.get(name), new.get(name)
    if wanted in (was, mine):
        return None
    by_both = mine != was or (running.has_begun and name in WORK_FIELDS)
    return FieldChange(name, was, mine, wanted, by_both)


def outcome(
    merged: tuple[StepMerge, ...], theirs: Mapping[str, Running], new: Mapping[str, Picture], *, prefer: str
) -> dict[str, Picture | None]:
    """The step as it will be, by key; None for one that is not in the plan. In conflicts `prefer` is theirs or new.

    Kind and settings go together: neither is taken without the other, so that no step gets the settings of another kind.
    """
    found: dict[str, Picture | None] = {}
    for step in merged:
        mine = theirs[step.key].picture if step.key in theirs else None
        if step.verdict == "added":
            found[step.key] = new[step.key]
        elif step.verdict in {"removed", "left_out"}:
            found[step.key] = None
        elif step.verdict in {"ended", "kept"} or mine is None:
            found[step.key] = mine
        elif step.key not in new:
            found[step.key] = mine if prefer == "theirs" else None
        else:
            taken = {change.name: change.new for change in step.changes if prefer == "new" or not change.is_conflict}
            if any(change.is_conflict and change.name in WORK_FIELDS for change in step.changes) and prefer == "theirs":
                taken = {name: value for name, value in taken.items() if name not in WORK_FIELDS}
            found[step.key] = {**mine, **taken}
    return found


@dataclass(frozen=True, slots=True)
class Tally:
    """How many steps a move keeps, adds, removes, changes, and how many somebody has to decide on."""

    ended: int = 0
    kept: int = 0
    added: int = 0
    removed: int = 0
    left_out: int = 0
    changed: int = 0
    conflict: int = 0

    @property
    def changes_anything(self) -> bool:
        """Whether the plan would be another one afterwards."""
        return bool(self.added or self.removed or self.changed or self.conflict)


def tally_of(merged: tuple[StepMerge, ...]) -> Tally:
    """Counts verdicts."""
    counts: dict[str, int] = {}
    for step in merged:
        counts[step.verdict] = counts.get(step.verdict, 0) + 1
    return Tally(**counts)
