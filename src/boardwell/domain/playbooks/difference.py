"""What differs between two playbooks in meaning: not the order of keys, not comments; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from boardwell.domain.playbooks.conditions import Condition
from boardwell.domain.playbooks.document import Document, StepPlan


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `kind`: added, removed, moved or changed; `path` such as steps.welcome.due; before and after as plain values."""

    kind: str
    path: str
    before: Any = None
    after: Any = None


def difference(old: Document, new: Document) -> list[Change]:
    """Every change, in a stable order; empty for documents that mean the same."""
    return [
        *_simple(old, new),
        *_keyed("roles", old.roles, new.roles),
        *_keyed("facts", old.facts, new.facts),
        *_keyed("stages", {s.key: s.title for s in old.stages}, {s.key: s.title for s in new.stages}),
        *_keyed("gates", {s.key: s.gate for s in old.stages if s.gate}, {s.key: s.gate for s in new.stages if s.gate}),
        *_steps(old, new),
    ]


def _simple(old: Document, new: Document) -> Iterator[Change]:
    for name in ("key", "party", "languages", "title", "summary", "escalation"):
        before, after = plain(getattr(old, name)), plain(getattr(new, name))
        if before != after:
            yield Change("changed", name, before, after)


def _keyed(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for key in old:
        if key not in new:
            yield Change("removed", f"{name}.{key}", plain(old[key]))
    for key in new:
        if key not in old:
            yield Change("added", f"{name}.{key}", None, plain(new[key]))
        elif plain(old[key]) != plain(new[key]):
            yield Change("changed", f"{name}.{key}", plain(old[key]), plain(new[key]))


def _steps(old: Document, new: Document) -> Iterator[Change]:
    before = {step.key: step for step in old.every_step()}
    after = {step.key: step for step in new.every_step()}
    stage_before = {step.key: stage.key for stage in old.stages for step in stage.steps}
    stage_after = {step.key: stage.key for stage in new.stages for step in stage.steps}
    for key in before:
        if key not in after:
            yield Change("removed", f"steps.{key}", plain(before[key].title))
    for key, step in after.items():
        if key not in before:
            yield Change("added", f"steps.{key}", None, plain(step.title))
            continue
        if stage_before[key] != stage_after[key]:
            yield Change("moved", f"steps.{key}", stage_before[key], stage_after[key])
        for each in fields(StepPlan):
            was, now = plain(getattr(before[key], each.name)), plain(getattr(step, each.name))
            if was != now:
                yield Change("changed", f"steps.{key}.{each.name}", was, now)
    common_before = [key for key in before if key in after]
    common_after = [key for key in after if key in before]
    for key in common_after:
        if common_before.index(key) != common_after.index(key) and stage_before[key] == stage_after[key]:
            yield Change("moved", f"steps.{key}", common_before.index(key) + 1, common_after.index(key) + 1)
            break


def plain(value: Any) -> Any:
    """Dataclasses, mappings and tuples as dicts and lists; a condition as its text."""
    if isinstance(value, Condition):
        return value.text
    if hasattr(value, "__dataclass_fields__"):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value
