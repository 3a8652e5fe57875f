"""Checks of gates and of the escalation ladder: over what there is, neither always nor never so, never behind itself; pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from boardwell.domain.playbooks.celtext import Node
from boardwell.domain.playbooks.conditions import ConditionError, compile_condition
from boardwell.domain.playbooks.document import CLOCKS, GATE_KINDS, GATE_ROOTS, TELLS
from boardwell.domain.playbooks.lintground import Ground, short
from boardwell.domain.playbooks.lintwhole import needs_of
from boardwell.domain.playbooks.reasoning import always
from boardwell.domain.playbooks.yamlfile import Path

MOST_RULES = 10
_RULE = {*GATE_KINDS, "says", "who"}
_STEP_STATES = {
    "type": "choice", "choices": dict.fromkeys(("locked", "ready", "active", "waiting", "blocked", "done", "skipped", "cancelled"), "")
}  # fmt: skip
"""What a step can be, for telling whether a condition can ever hold."""


def check_gates(ground: Ground, stages: Any) -> None:
    """Every gate of stages and steps."""
    for path, value, behind in _gates(stages):
        if not isinstance(value, list) or not value:
            ground.say(path, "gate.shape")
            continue
        if len(value) > MOST_RULES:
            ground.say(path, "gate.too_many", most=MOST_RULES)
        for number, rule in enumerate(value):
            _check_rule(ground, (*path, number), rule, behind)


_RUNG = {"after", "unit", "clock", "tell", "reassign"}


def check_ladder(ground: Ground, ladder: Any) -> None:
    """The playbook's own escalation."""
    if ladder is None:
        return
    if not isinstance(ladder, list) or not all(isinstance(rung, dict) for rung in ladder):
        ground.say(("escalation",), "ladder.shape")
        return
    for number, rung in enumerate(ladder):
        path: Path = ("escalation", number)
        ground.known(path, rung, _RUNG, ("after",))
        after = rung.get("after")
        if after is not None and (not isinstance(after, int) or isinstance(after, bool) or not 1 <= after <= 365):
            ground.say((*path, "after"), "ladder.after")
        for name, known in (("unit", ("hours", "days")), ("clock", CLOCKS), ("reassign", ("owner",))):
            if name in rung and rung[name] not in known:
                ground.say((*path, name), "ladder.word", name=name, known=", ".join(known))
        tell = rung.get("tell", [])
        ours = [key for key, role in ground.roles.items() if role.get("side") == "ours"]
        if not isinstance(tell, list) or not all(isinstance(one, str) and one in (*TELLS, *ours) for one in tell):
            ground.say((*path, "tell"), "ladder.tell", known=", ".join((*TELLS, *ours)))


def _gates(stages: Any) -> Iterator[tuple[Path, Any, frozenset[str]]]:
    """Where each gate stands, what is written there, and the keys of the steps behind it."""
    for index, stage in enumerate(stages if isinstance(stages, list) else ()):
        if not isinstance(stage, dict):
            continue
        steps = [step for step in stage.get("steps") or () if isinstance(step, dict)] if isinstance(stage.get("steps"), list) else []
        if stage.get("gate") is not None:
            yield ("stages", index, "gate"), stage["gate"], frozenset(str(step.get("key")) for step in steps)
        for number, step in enumerate(stage.get("steps") or () if isinstance(stage.get("steps"), list) else ()):
            if isinstance(step, dict) and step.get("gate") is not None:
                yield ("stages", index, "steps", number, "gate"), step["gate"], frozenset({str(step.get("key"))})


def _check_rule(ground: Ground, path: Path, rule: Any, behind: frozenset[str]) -> None:
    kinds = [kind for kind in GATE_KINDS if isinstance(rule, dict) and kind in rule]
    if len(kinds) != 1:
        ground.say(path, "gate.kind", known=", ".join(GATE_KINDS))
        return
    (kind,) = kinds
    ground.known(path, rule, _RULE, ("says",) if kind == "if" else ())
    ground.texts(path, rule, "says")
    here = (*path, kind)
    for name in ("who", "opened_by"):
        role = rule.get(name)
        if role is None:
            continue
        if not isinstance(role, str) or role not in ground.roles:
            ground.say_unknown((*path, name), "unknown_role", role, ground.roles)
        elif name == "opened_by" and ground.roles[role].get("side") != "ours":
            ground.say((*path, name), "gate.side")
    if kind == "if":
        _check_condition(ground, here, rule["if"], behind)
    elif kind == "done":
        _check_step(ground, here, rule["done"], behind)
    elif kind in ("nothing_blocked", "in_time") and rule[kind] is not True:
        ground.say(here, "gate.true", name=kind)


def _check_step(ground: Ground, path: Path, name: Any, behind: frozenset[str]) -> None:
    if not isinstance(name, str) or name not in ground.steps:
        ground.say_unknown(path, "unknown_step", name, ground.steps)
    elif behind & _before(ground, name):
        ground.say(path, "gate.cycle", name=short(name))


def _before(ground: Ground, key: str) -> set[str]:
    """A step and everything that it needs, however far back."""
    found, waiting = {key}, [key]
    while waiting:
        for need in needs_of(ground.steps[waiting.pop()][1]):
            if need in ground.steps and need not in found:
                found.add(need)
                waiting.append(need)
    return found


def _check_condition(ground: Ground, path: Path, text: Any, behind: frozenset[str]) -> None:
    try:
        condition = compile_condition(text if isinstance(text, str) else None, GATE_ROOTS)
    except ConditionError as problem:
        ground.say(path, f"condition.{problem.code}", at_character=problem.column, **{k: short(v) for k, v in problem.params.items()})
        return
    domains: dict[str, Mapping[str, Any]] = {}
    known = True
    for name, column in _named(condition.tree):
        step = name.partition(".")[2] if name.startswith("steps.") else ""
        if step and step not in ground.steps:
            ground.say_unknown(path, "unknown_step", step, ground.steps, at_character=column)
            known = False
        elif not step and name not in ground.facts:
            ground.say_unknown(path, "unknown_fact", name, ground.facts, at_character=column)
            known = False
        elif step:
            domains[name] = _STEP_STATES
        else:
            domains[name] = ground.facts[name]
            ground.used_facts.append((path, name, column))
    if known and (judged := always(condition, domains)) is not None:
        ground.say(path, "dead_gate.always" if judged else "dead_gate.never", "warning" if judged else "error")


def _named(node: Node) -> Iterator[tuple[str, int]]:
    if node.op == "fact":
        yield str(node.value), node.column
    for inner in node.args:
        yield from _named(inner)
