"""Checks of each step: owner, kind and settings, condition, needs, due day, reminders; pure."""

from typing import Any

import jsonschema

from boardwell.domain.playbooks.celtext import Node
from boardwell.domain.playbooks.conditions import ConditionError, compile_condition
from boardwell.domain.playbooks.faults import MOST_DAYS, MOST_HOURS, Declared, KindRules
from boardwell.domain.playbooks.lintground import Ground, short
from boardwell.domain.playbooks.lintspans import check_span, offset
from boardwell.domain.playbooks.lintwhole import needs_of
from boardwell.domain.playbooks.reasoning import always
from boardwell.domain.playbooks.yamlfile import Path

_STEP = {
    "key", "kind", "side", "owner", "visibility", "required", "minutes", "effort", "title", "help", "expect", "due", "duration", "not_before",
    "deadline", "fixed", "needs", "when", "gate", "remind", "settings",
}  # fmt: skip
_DUE = {"days", "unit", "from"}
_NEED = {"step", "type", "lag", "unit"}
_REMIND = {"before", "on", "after", "escalate"}


def check_step(ground: Ground, key: str) -> None:
    """Everything that can be said of one step with the rest of the document at hand."""
    path, step = ground.steps[key]
    ground.known(path, step, _STEP, ("kind", "side", "title"))
    for name in ("title", "help", "expect"):
        ground.texts(path, step, name)
    if step.get("side") not in ("ours", "customer", "third", None):
        ground.say((*path, "side"), "side")
    visibility = step.get("visibility", "shared")
    if visibility not in ("shared", "internal"):
        ground.say((*path, "visibility"), "visibility")
    if visibility == "internal" and step.get("side") in ("customer", "third"):
        ground.say((*path, "visibility"), "internal_leak.step")
    if not isinstance(step.get("required", True), bool):
        ground.say((*path, "required"), "required")
    _check_owner(ground, path, step)
    _check_kind(ground, path, step)
    _check_when(ground, key, path, step, visibility)
    _check_needs(ground, path, step)
    for field in ("due", "not_before", "deadline"):
        _check_counted(ground, path, step, field)
    check_span(ground, key)
    _check_order(ground, key, path, step)
    _check_remind(ground, path, step)
    if step.get("minutes") is not None and not _whole(step["minutes"], 1, 10_000):
        ground.say((*path, "minutes"), "minutes")
    effort = step.get("effort")
    if effort is not None and (isinstance(effort, bool) or not isinstance(effort, int | float) or not 0 <= effort <= MOST_HOURS):
        ground.say((*path, "effort"), "effort", most=MOST_HOURS)


def _whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _check_owner(ground: Ground, path: Path, step: dict[str, Any]) -> None:
    owner = step.get("owner")
    if not owner:
        ground.say(path, "no_owner", name=short(step["key"]))
    elif not isinstance(owner, str) or owner not in ground.roles:
        ground.say_unknown((*path, "owner"), "unknown_role", owner, ground.roles)
    elif step.get("side") and ground.roles[owner].get("side") != step.get("side"):
        ground.say((*path, "owner"), "role_side", name=owner)


def _check_kind(ground: Ground, path: Path, step: dict[str, Any]) -> None:
    settings = step.get("settings", {})
    if settings is not None and not isinstance(settings, dict):
        ground.say((*path, "settings"), "shape.settings")
        return
    ground.settings_texts((*path, "settings"), settings or {})
    if ground.kinds is None or not step.get("kind"):
        return
    rules = ground.kinds.get(str(step["kind"]))
    if rules is None:
        ground.say_unknown((*path, "kind"), "unknown_kind", step["kind"], ground.kinds)
        return
    fits = True
    for fault in jsonschema.Draft202012Validator(rules.schema).iter_errors(settings or {}):
        _say_setting(ground, (*path, "settings", *fault.absolute_path), fault)
        fits = False
    if fits and rules.check is not None:
        _check_settings(ground, path, step, rules)


def _check_settings(ground: Ground, path: Path, step: dict[str, Any], rules: KindRules) -> None:
    """What the kind itself finds, in its own words."""
    assert rules.check is not None
    visibility = str(step.get("visibility", "shared"))
    for fault in rules.check(step.get("settings") or {}, Declared(ground.facts, ground.roles, str(step.get("side", "")), visibility)):
        code = f"{step['kind']}.{fault.code}" if fault.is_ours else fault.code
        params = {name: value if isinstance(value, int) else short(value) for name, value in fault.params.items()}
        ground.say((*path, "settings", *fault.path), code, fault.severity, at_character=fault.at_character, **params)


def _say_setting(ground: Ground, here: Path, fault: jsonschema.ValidationError) -> None:
    wanted: Any = fault.validator_value
    schema: Any = fault.schema
    given, rule = fault.instance, fault.validator
    if rule == "additionalProperties" and isinstance(given, dict):
        known = sorted(schema.get("properties", {}))
        for name in [name for name in given if name not in known]:
            ground.say((*here, name), "settings.unknown", name=short(name), known=", ".join(known))
    elif rule == "required" and isinstance(given, dict):
        for name in [name for name in wanted if name not in given]:
            if fault.message.startswith(repr(name)):  # one fault for each that is missing
                ground.say(here, "settings.missing", name=short(name))
    elif rule == "enum":
        ground.say(here, "settings.choice", name=short(given), known=short(", ".join(map(str, wanted))))
    elif rule == "type":
        ground.say(here, f"settings.type_{wanted}" if isinstance(wanted, str) else "settings.other")
    elif rule in _LIMITS:
        ground.say(here, f"settings.{rule}", limit=short(wanted))
    else:
        ground.say(here, "settings.other")


_LIMITS = ("minimum", "maximum", "minItems", "maxItems", "minLength", "maxLength", "pattern")


def _check_when(ground: Ground, key: str, path: Path, step: dict[str, Any], visibility: object) -> None:
    text = step.get("when")
    if text is None:
        return
    here = (*path, "when")
    try:
        condition = compile_condition(text if isinstance(text, str) else None)
    except ConditionError as problem:
        ground.say(here, f"condition.{problem.code}", at_character=problem.column, **{k: short(v) for k, v in problem.params.items()})
        return
    columns = _columns(condition.tree, {})
    for name in sorted(condition.facts):
        ground.used_facts.append((here, name, columns[name]))
        if name not in ground.facts:
            ground.say_unknown(here, "unknown_fact", name, ground.facts, at_character=columns[name])
        elif visibility == "shared" and ground.facts[name].get("visibility") == "internal":
            ground.warn(here, "internal_leak.condition", at_character=columns[name], name=short(name))
    if condition.facts - ground.facts.keys():
        return
    verdict = always(condition, {name: ground.facts[name] for name in condition.facts})
    if verdict is False:
        ground.never.add(key)
        ground.say(here, "dead_condition.never")
    elif verdict is True:
        ground.warn(here, "dead_condition.always")


def _columns(node: Node, found: dict[str, int]) -> dict[str, int]:
    """Where each fact is first named in a condition."""
    if node.op == "fact":
        found.setdefault(node.value, node.column)
    for inner in node.args:
        _columns(inner, found)
    return found


def _check_needs(ground: Ground, path: Path, step: dict[str, Any]) -> None:
    needs = step.get("needs") or []
    if not isinstance(needs, list):
        ground.say((*path, "needs"), "shape.needs")
        return
    for index, need in enumerate(needs):
        here = (*path, "needs", index)
        if isinstance(need, dict):
            ground.known(here, need, _NEED, ("step",))
            if need.get("type", "fs") not in ("fs", "ss", "ff", "sf"):
                ground.say((*here, "type"), "need_type")
            if not _whole(need.get("lag", 0), -MOST_DAYS, MOST_DAYS):
                ground.say((*here, "lag"), "need_lag", most=MOST_DAYS)
            if need.get("unit", "working") not in ("working", "calendar"):
                ground.say((*here, "unit"), "due.unit")
        name = need.get("step") if isinstance(need, dict) else need
        if not isinstance(name, str) or name not in ground.steps:
            ground.say_unknown(here, "unknown_step", name, ground.steps)


def _check_counted(ground: Ground, path: Path, step: dict[str, Any], field: str) -> None:
    """A day that is counted from another: `due`, `not_before` or `deadline`."""
    due = step.get(field)
    if due is None:
        return
    here = (*path, field)
    if not isinstance(due, dict) or not isinstance(due.get("days"), int) or isinstance(due.get("days"), bool):
        ground.say(here, "due.shape", name=field)
        return
    ground.known(here, due, _DUE, ())
    if due.get("unit", "working") not in ("working", "calendar"):
        ground.say((*here, "unit"), "due.unit")
    if abs(due["days"]) > MOST_DAYS:
        ground.say((*here, "days"), "impossible_date.too_far", most=MOST_DAYS)
    kind, _sep, name = str(due.get("from", "kickoff")).partition(":")
    origin: Path = (*here, "from")
    if kind == "step":
        if name not in ground.steps:
            ground.say_unknown(origin, "unknown_step", name, ground.steps)
        elif ground.steps[name][1].get("due") is None:
            ground.say(origin, "impossible_date.no_due", name=short(name))
    elif kind == "fact":
        ground.used_facts.append((origin, name, 0))
        fact = ground.facts.get(name)
        if fact is None:
            ground.say_unknown(origin, "unknown_fact", name, ground.facts)
        elif fact.get("type") != "date":
            ground.say(origin, "impossible_date.not_a_date", name=short(name))
        elif fact.get("visibility") == "internal" and step.get("visibility", "shared") == "shared":
            ground.warn(origin, "internal_leak.due", name=short(name))
    elif kind != "kickoff":
        ground.say(origin, "due.from")
    elif due["days"] < 0 and step.get("side") == "customer":
        ground.say((*here, "days"), "impossible_date.before_kickoff")


def _check_order(ground: Ground, key: str, path: Path, step: dict[str, Any]) -> None:
    """What has to be done first cannot be due later."""
    mine = offset(ground, key)
    if mine is None:
        return
    for need in needs_of(step):
        other = offset(ground, need)
        if other is not None and mine < other:
            ground.say((*path, "due"), "impossible_date.before_need", name=short(need))


def _check_remind(ground: Ground, path: Path, step: dict[str, Any]) -> None:
    remind = step.get("remind")
    if remind is None:
        return
    here = (*path, "remind")
    if not isinstance(remind, dict):
        ground.say(here, "remind.shape")
        return
    ground.known(here, remind, _REMIND, ())
    for name in ("before", "after"):
        days = remind.get(name, [])
        if not isinstance(days, list) or not all(_whole(day, 1, 365) for day in days):
            ground.say((*here, name), "remind.days", name=name)
    if not isinstance(remind.get("on", True), bool):
        ground.say((*here, "on"), "remind.on")
    if remind.get("escalate") is not None and not _whole(remind["escalate"], 1, 365):
        ground.say((*here, "escalate"), "remind.escalate")
    if step.get("due") is None:
        ground.warn(here, "remind.no_due")
