"""What the linter finds in a form beyond its schema: keys, expressions, circles, facts that an answer cannot be; pure."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from boardwell.capabilities.forms.definition import SIMPLE_TYPES, dependencies, ordered, read_form
from boardwell.kit.expressions import TODAY, Condition, ConditionError, compile_expression
from boardwell.kit.faults import Declared, SettingFault

FITTING: Mapping[str, frozenset[str]] = {
    "text": frozenset({"text", "long_text", "choice"}), "long_text": frozenset({"text", "long_text"}), "number": frozenset({"number", "text"}),
    "money": frozenset({"number", "text"}), "date": frozenset({"date", "text"}), "choice": frozenset({"choice", "text"}),
    "choices": frozenset({"choices", "list"}), "yes_no": frozenset({"yes_no"}), "email": frozenset({"text"}), "phone": frozenset({"text"}),
    "url": frozenset({"text"}), "country": frozenset({"country", "text"}), "iban": frozenset({"text"}), "tax_id": frozenset({"text"}),
    "rating": frozenset({"number", "text"}), "list": frozenset({"list", "long_text", "text"}), "address": frozenset({"text", "long_text"}),
    "table": frozenset({"list", "text", "long_text"}), "calculated": frozenset({"number", "text", "yes_no"}),
}  # fmt: skip
"""Types of questions, and the types of facts that their answers can be."""
_IN_ROWS = (*SIMPLE_TYPES, "address", "calculated", "heading")
type Path = tuple[str | int, ...]


def check_form(settings: Mapping[str, Any], declared: Declared) -> Iterator[SettingFault]:
    """Faults of settings that fit the schema. `declared` are the playbook's facts and roles, and the step's side."""
    fields: list[tuple[Path, Mapping[str, Any]]] = [(("fields", n), one) for n, one in enumerate(settings.get("fields") or [])]
    tops = list(fields)
    keys: dict[str, Path] = {}
    rows: dict[str, list[Mapping[str, Any]]] = {}
    if not fields and not settings.get("sections"):
        yield SettingFault((), "no_questions")
    for number, section in enumerate(settings.get("sections") or []):
        here: Path = ("sections", number)
        yield from _check_section(here, section, declared)
        inside = [((*here, "fields", n), one) for n, one in enumerate(section.get("fields") or [])]
        yield from _taken((*here, "key"), str(section["key"]), keys)
        if "repeat" in section:
            rows[str(section["key"])] = [one for _path, one in inside]
            yield from _check_row(inside, _names(keys, settings), declared)
        else:
            tops += inside
        fields += inside
    for path, one in tops:
        yield from _taken((*path, "key"), str(one["key"]), keys)
        if one["type"] == "table":
            rows[str(one["key"])] = one.get("columns") or []
    names = _names(keys, settings)
    columns = {key: {str(one["key"]) for one in listed} for key, listed in rows.items()}
    for path, one in tops:
        yield from _check_question(path, one, declared, names)
        for name in ("when", "value"):
            yield from _check_expression((*path, name), one.get(name), names, columns, set(), declared)
        if one["type"] == "table":
            yield from _check_row([((*path, "columns", n), each) for n, each in enumerate(one.get("columns") or [])], names, declared)
    for number, section in enumerate(settings.get("sections") or []):
        yield from _check_expression(("sections", number, "when"), section.get("when"), names, columns, set(), declared)
        if "repeat" in section:
            inside_keys = {str(one["key"]) for one in section.get("fields") or []}
            for n, one in enumerate(section.get("fields") or []):
                for name in ("when", "value"):
                    yield from _check_expression(
                        ("sections", number, "fields", n, name), one.get(name), names, columns, inside_keys, declared
                    )
    for number, rule in enumerate(settings.get("rules") or []):
        for name in ("check", "when"):
            yield from _check_expression(("rules", number, name), rule.get(name), names, columns, set(), declared)
        for n, key in enumerate(rule.get("at") or []):
            if key not in names:
                yield _unknown(("rules", number, "at", n), "unknown_question", key, names)
    yield from _check_circle(settings, keys)


def _names(keys: Mapping[str, Path], settings: Mapping[str, Any]) -> set[str]:
    """Every key that an expression may look at."""
    found = set(keys)
    found |= {str(one["key"]) for one in settings.get("fields") or []}
    for section in settings.get("sections") or []:
        found |= {str(section["key"])} if "repeat" in section else {str(one["key"]) for one in section.get("fields") or []}
    return found


def _taken(path: Path, key: str, keys: dict[str, Path]) -> Iterator[SettingFault]:
    if key in keys:
        yield SettingFault(path, "duplicate_key", {"name": key})
    keys.setdefault(key, path)


def _check_section(path: Path, section: Mapping[str, Any], declared: Declared) -> Iterator[SettingFault]:
    role, side = section.get("role"), section.get("side")
    if role is not None and role not in declared.roles:
        yield _unknown((*path, "role"), "unknown_role", str(role), declared.roles)
    elif role is not None and side is not None and declared.roles[role].get("side") != side:
        yield SettingFault((*path, "role"), "role_side", {"name": str(role)})
    if declared.side == "ours" and side in ("customer", "third"):
        yield SettingFault((*path, "side"), "section_side")


def _check_row(inside: list[tuple[Path, Mapping[str, Any]]], names: set[str], declared: Declared) -> Iterator[SettingFault]:
    seen: dict[str, Path] = {}
    row_names = {str(one["key"]) for _path, one in inside}
    for path, one in inside:
        yield from _taken((*path, "key"), str(one["key"]), seen)
        if one["type"] not in _IN_ROWS:
            yield SettingFault((*path, "type"), "not_in_rows", {"name": one["type"]})
        if one.get("fact"):
            yield SettingFault((*path, "fact"), "fact_in_rows")
        yield from _check_question(path, {name: value for name, value in one.items() if name != "fact"}, declared, names | row_names)
        if path[-2] == "columns":
            for name in ("when", "value"):
                yield from _check_expression((*path, name), one.get(name), names, {}, row_names, declared)


def _check_question(path: Path, one: Mapping[str, Any], declared: Declared, names: set[str]) -> Iterator[SettingFault]:
    kind, fact = one["type"], one.get("fact")
    if kind == "calculated" and not one.get("value"):
        yield SettingFault(path, "needs", {"name": "value"})
    if kind != "calculated" and one.get("value"):
        yield SettingFault((*path, "value"), "only_calculated")
    if kind == "table" and not one.get("columns"):
        yield SettingFault(path, "needs", {"name": "columns"})
    known = declared.facts.get(str(fact)) if fact is not None else None
    if kind in ("choice", "choices") and not one.get("choices") and not (known or {}).get("choices"):
        yield SettingFault(path, "needs", {"name": "choices"})
    if kind == "money" and not one.get("currency") and not one.get("currencies"):
        yield SettingFault(path, "needs", {"name": "currency"})
    if one.get("country_from") and one["country_from"] not in names:
        yield _unknown((*path, "country_from"), "unknown_question", str(one["country_from"]), names)
    if known is not None and str(known.get("type")) not in FITTING.get(kind, frozenset()):
        yield SettingFault((*path, "fact"), "fact_type", {"name": str(fact), "type": str(known.get("type")), "kind": kind})
    least, most = one.get("min"), one.get("max")
    if least is not None and most is not None and least > most:
        yield SettingFault((*path, "max"), "min_max")


def _check_expression(
    path: Path, text: object, names: set[str], columns: Mapping[str, set[str]], items: set[str], declared: Declared
) -> Iterator[SettingFault]:  # fmt: skip
    if text is None:
        return
    try:
        found = compile_expression(str(text))
    except ConditionError as problem:
        yield SettingFault(path, f"condition.{problem.code}", dict(problem.params), at_character=problem.column, is_ours=False)
        return
    for name, column in _columns(found).items():
        yield from _check_name(path, name, column, names, columns, items, declared)


def _check_name(
    path: Path, name: str, at: int, names: set[str], columns: Mapping[str, set[str]], items: set[str], declared: Declared
) -> Iterator[SettingFault]:  # fmt: skip
    root, _dot, rest = name.partition(".")
    if name == TODAY:
        return
    if root == "answers" and rest:
        key, _dot, column = rest.partition(".")
        if key not in names:
            yield _unknown(path, "unknown_question", key, names, at)
        elif column and column not in columns.get(key, set()):
            yield _unknown(path, "unknown_question", column, columns.get(key, set()), at)
    elif root == "item" and rest:
        if rest not in items:
            yield _unknown(path, "unknown_item", rest, items, at)
    elif name not in declared.facts:
        near = difflib.get_close_matches(name, sorted(declared.facts), n=1)
        code = "unknown_fact.near" if near else "unknown_fact"
        yield SettingFault(path, code, {"name": name, **({"near": near[0]} if near else {})}, at_character=at, is_ours=False)
    elif declared.visibility == "shared" and declared.facts[name].get("visibility") == "internal":
        yield SettingFault(path, "internal_fact", {"name": name}, at_character=at, severity="warning")


def _columns(condition: Condition) -> dict[str, int]:
    found: dict[str, int] = {}
    waiting = [condition.tree]
    while waiting:
        node = waiting.pop()
        if node.op == "fact":
            found.setdefault(str(node.value), node.column)
        waiting += node.args
    return found


def _unknown(path: Path, code: str, name: str, known: Iterable[str], at: int = 0) -> SettingFault:
    near = difflib.get_close_matches(name, sorted(known), n=1)
    params = {"name": name[:80], **({"near": near[0]} if near else {})}
    return SettingFault(path, f"{code}.near" if near else code, params, at_character=at)


def _check_circle(settings: Mapping[str, Any], keys: Mapping[str, Path]) -> Iterator[SettingFault]:
    form = read_form(settings)
    circle = [key for key in form.circle if not key.startswith("§")]
    if circle:
        first = min(circle, key=lambda key: list(keys).index(key) if key in keys else 0)
        edges = dependencies(form)
        around = {key for key in circle if edges.get(key, set()) & set(form.circle)}
        yield SettingFault(keys.get(first, ())[:-1], "circle", {"names": ", ".join(sorted(around))[:200]})
    yield from _row_circles(settings)


def _row_circles(settings: Mapping[str, Any]) -> Iterator[SettingFault]:
    form = read_form(settings)
    groups = [section.questions for section in form.sections if section.repeats] + [
        one.columns for one in form.questions.values() if one.columns
    ]
    for questions in groups:
        edges = {
            one.key: {name.partition(".")[2] for each in (one.when, one.value) if each for name in each.facts if name.startswith("item.")}
            for one in questions
        }
        _order, circle = ordered(edges)
        if circle:
            yield SettingFault((), "circle", {"names": ", ".join(sorted(circle))[:200]})
