"""What an editor does to a playbook's text: add, change, move, copy and take out its parts, with all that refers to them; pure.

Stages and steps are named by their place (stage number, step number, both from 0), so that a text with faults can be
edited too. Every function gives the new text and raises `EditError` when the text has no such part.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from boardwell.domain.playbooks import yamledit
from boardwell.domain.playbooks.renaming import condition_renamed
from boardwell.domain.playbooks.yamledit import EditError
from boardwell.domain.playbooks.yamlfile import Path, YamlProblem, load

STEP_ORDER = (
    "key", "kind", "side", "owner", "visibility", "required", "minutes", "effort", "title", "help", "expect", "needs", "when", "gate", "duration", "due",
    "fixed", "not_before", "deadline", "remind", "settings",
)  # fmt: skip
COUNTED = ("due", "not_before", "deadline")
"""Keys of a step whose day is counted from another."""
_ORDERS = {
    "head": ("key", "title", "summary", "party", "languages", "roles", "facts", "escalation", "stages"),
    "role": ("side", "title"), "fact": ("type", "title", "visibility", "choices"), "stage": ("key", "title", "gate", "steps"), "step": STEP_ORDER,
}  # fmt: skip
_DEFAULTS: dict[str, Any] = {"visibility": "shared", "required": True, "party": "customer"}


# --- reading ------------------------------------------------------------------------------------------------------


def stages_of(plain: Any) -> list[Any]:
    """The stages of a document's plain values, whatever they are; empty when there are none."""
    found = plain.get("stages") if isinstance(plain, dict) else None
    return found if isinstance(found, list) else []


def steps_of(stage: Any) -> list[Any]:
    """The steps of a stage's plain values; empty when there are none."""
    found = stage.get("steps") if isinstance(stage, dict) else None
    return found if isinstance(found, list) else []


def every_step(plain: Any) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Path and values of each step that has any."""
    for number, stage in enumerate(stages_of(plain)):
        for index, step in enumerate(steps_of(stage)):
            if isinstance(step, dict):
                yield ("stages", number, "steps", index), step


def part_at(source: str, path: Path) -> dict[str, Any]:
    """The values of a part, or EditError."""
    found: Any = load(source).plain
    for part in path:
        try:
            found = found[part] if not isinstance(part, int) or part >= 0 else None
        except (KeyError, IndexError, TypeError):
            raise EditError(f"there is no {part!r}") from None
    if not isinstance(found, dict):
        raise EditError("this part has no values of its own")
    return found


def free_key(wish: str, taken: Iterable[str], *, most: int = 60, word: str = "step") -> str:
    """A key like the wish that is not taken: letters of other scripts go, `word` stands in for none."""
    known = set(taken)
    key = re.sub(r"[^a-z0-9]+", "-", wish.lower()).strip("-")[: most - 4].strip("-")
    if not key or not key[0].isalpha():
        key = f"{word}-{key}".strip("-")
    number, found = 1, key
    while found in known:
        number += 1
        found = f"{key}-{number}"
    return found


def _keys(plain: Any) -> list[str]:
    return [str(step.get("key", "")) for _path, step in every_step(plain)]


def key_of(source: str) -> str:
    """The key that a text gives itself; empty when it gives none."""
    try:
        plain = load(source).plain
    except YamlProblem:
        return ""
    key = plain.get("key") if isinstance(plain, dict) else None
    return key if isinstance(key, str) else ""


def keyed(source: str, key: str) -> str:
    """The text under another key; as it is when it has this key, or when it cannot be read."""
    if not key or key_of(source) == key:
        return source
    try:
        return yamledit.become(source, ("key",), key)
    except (EditError, YamlProblem):
        return source


# --- one part at a time -------------------------------------------------------------------------------------------


def set_head(source: str, fields: Mapping[str, Any]) -> str:
    """Title, summary, party, languages: what is empty goes, what is not named stays."""
    return yamledit.become(source, (), with_fields(part_at(source, ()), fields, "head"))


def set_step(source: str, stage: int, step: int, fields: Mapping[str, Any]) -> str:
    """Fields of a step. A new key is followed by everything that refers to the step."""
    path: Path = ("stages", stage, "steps", step)
    return _set_keyed(source, path, fields, "step")


def set_stage(source: str, stage: int, fields: Mapping[str, Any]) -> str:
    """Key and title of a stage."""
    return _set_keyed(source, ("stages", stage), fields, "stage")


def _set_keyed(source: str, path: Path, fields: Mapping[str, Any], order: str) -> str:
    old = part_at(source, path)
    new = with_fields(old, fields, order)
    was, now = old.get("key"), new.get("key")
    source = yamledit.become(source, path, new)
    if order == "step" and isinstance(was, str) and isinstance(now, str) and was != now and was not in _keys(load(source).plain):
        source = _follow_step(source, was, now)
    return source


def set_role(source: str, key: str, new_key: str, fields: Mapping[str, Any]) -> str:
    """A role, made when missing; a new key is followed by the steps that it owns."""
    if not key:
        return yamledit.become(source, ("roles", new_key), with_fields({}, fields, "role"))
    source = yamledit.become(source, ("roles", key), with_fields(part_at(source, ("roles", key)), fields, "role"))
    if new_key == key:
        return source
    source = yamledit.rename(source, ("roles", key), new_key)
    for path, step in list(every_step(load(source).plain)):
        if step.get("owner") == key:
            source = yamledit.become(source, (*path, "owner"), new_key)
    return source


def set_fact(source: str, key: str, new_key: str, fields: Mapping[str, Any]) -> str:
    """A fact, made when missing; a new key is followed by conditions, due days and the fields that record it."""
    if not key:
        return yamledit.become(source, ("facts", new_key), with_fields({}, fields, "fact"))
    source = yamledit.become(source, ("facts", key), with_fields(part_at(source, ("facts", key)), fields, "fact"))
    return source if new_key == key else _follow_fact(yamledit.rename(source, ("facts", key), new_key), key, new_key)


def remove_entry(source: str, group: str, key: str) -> str:
    """Takes a role or a fact out of `roles` or `facts`; the last one takes the group with it."""
    part_at(source, (group, key))
    whole = load(source).plain[group]
    return yamledit.remove(source, (group,) if len(whole) == 1 else (group, key))


def with_fields(old: Mapping[str, Any], fields: Mapping[str, Any], order: str) -> dict[str, Any]:
    """The old values with fields put in the usual order; empty ones go, and a default that was not written stays unwritten."""
    new: dict[str, Any] = dict(old)
    for name, value in fields.items():
        if value in (None, "", [], {}):
            new.pop(name, None)
        elif name in _DEFAULTS and name not in old and value == _DEFAULTS[name]:
            continue
        else:
            new[name] = _like(old.get(name), value, name)
    usual = [name for name in _ORDERS[order] if name in new]
    return {name: new[name] for name in [*[name for name in new if name not in usual and name in ("boardwell",)], *usual, *new]}


def _like(old: Any, value: Any, name: str) -> Any:
    """The value in the form that stood there: a plain title, a plain need, an unwritten default of a due day."""
    if isinstance(old, str) and isinstance(value, dict) and set(value) == {"en"} and name in ("title", "help", "expect", "summary"):
        return value["en"]
    if name in COUNTED and isinstance(value, dict):
        was = old if isinstance(old, dict) else {}
        usual = {"unit": "working", "from": "kickoff"}
        return {key: inner for key, inner in value.items() if key in was or usual.get(key) != inner}
    if name == "needs" and isinstance(value, list):
        known = {_needed(one): one for one in old if _needed(one)} if isinstance(old, list) else {}
        order = {name: number for number, name in enumerate(known)}
        return [_need_like(known.get(_needed(one)), one) for one in sorted(value, key=lambda one: order.get(_needed(one), len(order)))]
    return value


def _needed(need: Any) -> str:
    return str(need.get("step", "")) if isinstance(need, dict) else need if isinstance(need, str) else ""


def _need_like(old: Any, new: Any) -> Any:
    usual = {"type": "fs", "lag": 0, "unit": "working"}
    wanted = {name: new.get(name, plain) if isinstance(new, dict) else plain for name, plain in usual.items()}
    was = {name: old.get(name, plain) if isinstance(old, dict) else plain for name, plain in usual.items()}
    if not wanted["lag"]:
        wanted["unit"] = was["unit"]  # no days are of no kind
    if old is not None and wanted == was:
        return old
    told = {name: value for name, value in wanted.items() if value != usual[name]}
    return {"step": _needed(new), **told} if told else _needed(new)


# --- lists of parts -----------------------------------------------------------------------------------------------


def add_stage(source: str, at: int, title: Mapping[str, str], owner: tuple[str, str] | None) -> str:
    """A new stage before the `at`th, with one task in it, owned by (role, side)."""
    plain = load(source).plain
    name = next(iter(title.values()), "")
    key = free_key(name, [str(one.get("key", "")) for one in stages_of(plain) if isinstance(one, dict)])
    stage = {"key": key, "title": dict(title), "steps": [_new_step(plain, title, owner)]}
    return yamledit.insert(source, ("stages",), at, stage)


def add_step(source: str, stage: int, at: int, title: Mapping[str, str], owner: tuple[str, str] | None) -> str:
    """A new task before the `at`th step of a stage, owned by (role, side)."""
    part_at(source, ("stages", stage))
    return yamledit.insert(source, ("stages", stage, "steps"), at, _new_step(load(source).plain, title, owner))


def put_step(source: str, stage: int, at: int, fields: Mapping[str, Any]) -> str:
    """A step with these fields before the `at`th of a stage; its key is made free where it is taken."""
    part_at(source, ("stages", stage))
    step = with_fields({}, fields, "step")
    step["key"] = free_key(str(step.get("key", "")), _keys(load(source).plain))
    return yamledit.insert(source, ("stages", stage, "steps"), at, {"key": step.pop("key"), **step})


def _new_step(plain: Any, title: Mapping[str, str], owner: tuple[str, str] | None) -> dict[str, Any]:
    key = free_key(next(iter(title.values()), ""), _keys(plain))
    role, side = owner or ("", "ours")
    return {"key": key, "kind": "task", "side": side, **({"owner": role} if role else {}), "title": dict(title)}


def move_step(source: str, stage: int, step: int, to_stage: int, to: int) -> str:
    """Puts a step before the `to`th of a stage, counted without the step itself."""
    part_at(source, ("stages", to_stage))
    return yamledit.move(source, ("stages", stage, "steps", step), ("stages", to_stage, "steps"), to)


def move_stage(source: str, stage: int, to: int) -> str:
    """Puts a stage before the `to`th, counted without the stage itself."""
    return yamledit.move(source, ("stages", stage), ("stages",), to)


def duplicate_step(source: str, stage: int, step: int) -> str:
    """A copy of the step below it, byte for byte but for its key."""
    old = part_at(source, ("stages", stage, "steps", step))
    key = free_key(str(old.get("key", "")), _keys(load(source).plain))
    source = yamledit.duplicate(source, ("stages", stage, "steps", step), ("stages", stage, "steps"), step + 1)
    return yamledit.become(source, ("stages", stage, "steps", step + 1, "key"), key)


def duplicate_stage(source: str, stage: int) -> str:
    """A copy of the stage below it; its steps get keys of their own, and what they need of each other follows."""
    old = part_at(source, ("stages", stage))
    plain = load(source).plain
    taken = _keys(plain)
    names: dict[str, str] = {}
    for step in steps_of(old):
        if isinstance(step, dict):
            was = str(step.get("key", ""))
            names[was] = free_key(was, [*taken, *names.values()])
    source = yamledit.duplicate(source, ("stages", stage), ("stages",), stage + 1)
    key = free_key(str(old.get("key", "")), [str(one.get("key", "")) for one in stages_of(plain) if isinstance(one, dict)])
    copied = _renamed(part_at(source, ("stages", stage + 1)), names)
    return yamledit.become(source, ("stages", stage + 1), {**copied, "key": key})


def _renamed(stage: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    steps = []
    for step in steps_of(stage):
        if not isinstance(step, dict):
            steps.append(step)
            continue
        new = {**step, "key": names.get(str(step.get("key", "")), step.get("key"))}
        if isinstance(step.get("needs"), list):
            new["needs"] = [_need_renamed(need, names) for need in step["needs"]]
        for name in COUNTED:
            if isinstance(step.get(name), dict) and isinstance(step[name].get("from"), str):
                new[name] = {**step[name], "from": _origin_renamed(step[name]["from"], names)}
        steps.append(new)
    return {**stage, "steps": steps} if "steps" in stage else stage


def _need_renamed(need: Any, names: Mapping[str, str]) -> Any:
    if isinstance(need, dict):
        return {**need, "step": names.get(_needed(need), need.get("step"))}
    return names.get(need, need) if isinstance(need, str) else need


def _origin_renamed(origin: str, names: Mapping[str, str]) -> str:
    kind, _sep, name = origin.partition(":")
    return f"step:{names[name]}" if kind == "step" and name in names else origin


def remove_step(source: str, stage: int, step: int) -> str:
    """Takes a step out, and out of what others need; days that count from it are the linter's to name."""
    key = part_at(source, ("stages", stage, "steps", step)).get("key")
    source = yamledit.remove(source, ("stages", stage, "steps", step))
    return _forget(source, {str(key)})


def remove_stage(source: str, stage: int) -> str:
    """Takes a stage out with its steps, and these out of what others need."""
    gone = {str(step.get("key", "")) for step in steps_of(part_at(source, ("stages", stage))) if isinstance(step, dict)}
    return _forget(yamledit.remove(source, ("stages", stage)), gone)


def _forget(source: str, gone: set[str]) -> str:
    plain = load(source).plain
    gone = gone - set(_keys(plain))
    for path, step in list(every_step(plain)):
        needs = step.get("needs")
        if isinstance(needs, list) and any(_needed(need) in gone for need in needs):
            left = [need for need in needs if _needed(need) not in gone]
            source = yamledit.become(source, (*path, "needs"), left) if left else yamledit.remove(source, (*path, "needs"))
    return source


# --- what refers to what ------------------------------------------------------------------------------------------


def _counting_from(step: Mapping[str, Any], origin: str) -> list[str]:
    return [name for name in COUNTED if isinstance(rule := step.get(name), dict) and rule.get("from") == origin]


def _follow_step(source: str, was: str, now: str) -> str:
    for path, step in list(every_step(load(source).plain)):
        needs = step.get("needs")
        if isinstance(needs, list) and any(_needed(need) == was for need in needs):
            source = yamledit.become(source, (*path, "needs"), [_need_renamed(need, {was: now}) for need in needs])
        for name in _counting_from(step, f"step:{was}"):
            source = yamledit.become(source, (*path, name, "from"), f"step:{now}")
    for at, rule in list(_gate_rules(load(source).plain)):
        if rule.get("done") == was:
            source = yamledit.become(source, (*at, "done"), now)
        source = _gate_renamed(source, at, rule, f"steps.{was}", now)
    return source


def _gate_rules(plain: Any) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Path and values of each condition of a gate, before stages and steps."""
    holders: list[tuple[Path, Any]] = [(("stages", number), stage) for number, stage in enumerate(stages_of(plain))]
    for at, holder in [*holders, *every_step(plain)]:
        rules = holder.get("gate") if isinstance(holder, dict) else None
        for number, rule in enumerate(rules if isinstance(rules, list) else ()):
            if isinstance(rule, dict):
                yield (*at, "gate", number), rule


def _gate_renamed(source: str, at: Path, rule: Mapping[str, Any], was: str, now: str) -> str:
    text = rule.get("if")
    if isinstance(text, str) and (changed := condition_renamed(text, was, now)) != text:
        return yamledit.become(source, (*at, "if"), changed)
    return source


def _follow_fact(source: str, was: str, now: str) -> str:
    for path, step in list(every_step(load(source).plain)):
        when = step.get("when")
        for name in _counting_from(step, f"fact:{was}"):
            source = yamledit.become(source, (*path, name, "from"), f"fact:{now}")
        if isinstance(when, str) and (changed := condition_renamed(when, was, now)) != when:
            source = yamledit.become(source, (*path, "when"), changed)
        for at in list(_recorders(step.get("settings"), was, ("settings",))):
            source = yamledit.become(source, (*path, *at), now)
    for at, rule in list(_gate_rules(load(source).plain)):
        source = _gate_renamed(source, at, rule, was, now)
    return source


def _recorders(value: Any, fact: str, path: Path) -> Iterator[Path]:
    """Where settings name a fact under a key called `fact`."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in inner:
        if key == "fact" and child == fact:
            yield (*path, key)
        else:
            yield from _recorders(child, fact, (*path, key))


def uses_fact(step: Mapping[str, Any], fact: str) -> bool:
    """Whether a step's condition, due day or settings name a fact."""
    when = step.get("when")
    if _counting_from(step, f"fact:{fact}"):
        return True
    if isinstance(when, str) and condition_renamed(when, fact, "x") != when:
        return True
    return any(_recorders(step.get("settings"), fact, ()))
