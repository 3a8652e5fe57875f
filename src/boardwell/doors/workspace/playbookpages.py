"""What the pages of the playbook editor show: the outline, the open part's form, and every problem beside its field."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import jsonschema
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from boardwell.domain.journeys.kinds import registry
from boardwell.domain.playbooks.document import FactType
from boardwell.domain.playbooks.edits import every_step, stages_of, steps_of, uses_fact
from boardwell.domain.playbooks.faults import FACT_TYPES, LANGUAGES, Problem
from boardwell.domain.playbooks.lintwhole import needs_of
from boardwell.domain.playbooks.problemwords import words_of
from boardwell.domain.playbooks.settingsform import Field, draw
from boardwell.doors.workspace.gateform import gate_context
from boardwell.doors.workspace.playbookforms import Place, value_at
from boardwell.doors.workspace.titles import title_of
from boardwell.ui.flowpicture import Box, lay_out

MOST_SHOWN = 100
_SETTING_WORDS = {
    "key": gettext_lazy("Key"), "label": gettext_lazy("Label"), "hint": gettext_lazy("Hint"), "text": gettext_lazy("Text"),
    "required": gettext_lazy("Required"), "choices": gettext_lazy("Choices"), "word": gettext_lazy("Value"), "texts": gettext_lazy("Words"),
    "type": gettext_lazy("Type"), "min": gettext_lazy("Smallest"), "max": gettext_lazy("Largest"), "document": gettext_lazy("Document"),
    "question": gettext_lazy("Question"), "fact": gettext_lazy("Fact"),
}  # fmt: skip
TYPE_WORDS = {
    "text": gettext_lazy("Short text"), "long_text": gettext_lazy("Long text"), "number": gettext_lazy("Number"),
    "yes_no": gettext_lazy("Yes or no"), "date": gettext_lazy("Date"), "choice": gettext_lazy("One of a list"),
    "choices": gettext_lazy("Several of a list"), "country": gettext_lazy("Country"), "list": gettext_lazy("List"),
}  # fmt: skip
EDIT_WORDS = {
    "created": gettext_lazy("Created"), "imported": gettext_lazy("Imported from a file"), "text": gettext_lazy("Edited as text"),
    "restored": gettext_lazy("Went back to an earlier state"), "playbook.changed": gettext_lazy("Changed the playbook's own fields"),
    "roles.changed": gettext_lazy("Changed roles"), "facts.changed": gettext_lazy("Changed facts"), "role.removed": gettext_lazy("Removed a role"),
    "fact.removed": gettext_lazy("Removed a fact"), "stage.changed": gettext_lazy("Changed a stage"), "stage.added": gettext_lazy("Added a stage"),
    "stage.moved": gettext_lazy("Moved a stage"), "stage.copied": gettext_lazy("Copied a stage"), "stage.removed": gettext_lazy("Removed a stage"),
    "step.changed": gettext_lazy("Changed a step"), "step.added": gettext_lazy("Added a step"), "step.moved": gettext_lazy("Moved a step"),
    "step.copied": gettext_lazy("Copied a step"), "step.removed": gettext_lazy("Removed a step"),
}  # fmt: skip


@dataclass(slots=True)
class Line:
    """One line of the outline."""

    at: str
    key: str
    title: str
    icon: str = ""
    internal: bool = False
    errors: int = 0
    warnings: int = 0
    steps: list["Line"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Said:
    """A problem as the page shows it: its words, the part it stands in, and the field of the open part that it concerns."""

    line: int
    column: int
    code: str
    severity: str
    words: str
    at: str
    where: str
    field: str


def outline(plain: Any, problems: Iterable[Problem]) -> list[Line]:
    """Stages and steps with how many problems each has."""
    counts: dict[str, list[int]] = {}
    for problem in problems:
        count = counts.setdefault(_place_of(problem.at).at, [0, 0])
        count[problem.severity != "error"] += 1
    found = []
    for number, stage in enumerate(stages_of(plain)):
        key = str(stage.get("key", "")) if isinstance(stage, dict) else ""
        line = Line(str(number), key, title_of(stage, key or _("Stage without a title")))
        line.errors, line.warnings = counts.get(line.at, [0, 0])
        for index, step in enumerate(steps_of(stage)):
            values = step if isinstance(step, dict) else {}
            key, kind = str(values.get("key", "")), registry.get(str(values.get("kind", "")))
            one = Line(f"{number}.{index}", key, title_of(step, key or _("Step without a title")), kind.icon if kind else "circle-dashed")
            one.internal = values.get("visibility") == "internal"
            one.errors, one.warnings = counts.get(one.at, [0, 0])
            line.steps.append(one)
        found.append(line)
    return found


def _place_of(path: tuple[Any, ...]) -> Place:
    if path[:1] == ("stages",) and len(path) > 1 and isinstance(path[1], int):
        if len(path) > 3 and path[2] == "steps" and isinstance(path[3], int):
            return Place("step", path[1], path[3])
        return Place("stage", path[1])
    return Place(str(path[0])) if path[:1] in (("roles",), ("facts",)) else Place("playbook")


def said(problems: Iterable[Problem], plain: Any, place: Place) -> list[Said]:
    """Every problem with its words; those of the open part name their field."""
    found = []
    for problem in problems:
        there = _place_of(problem.at)
        where = title_of(value_at(plain, there.path), there.at) if there.word in ("stage", "step") else ""
        name = _field(problem, there, plain) if there == place else ""
        found.append(Said(problem.line, problem.column, problem.code, problem.severity, words_of(problem), there.at, where, name))
    return sorted(found, key=lambda one: one.at != place.at)


def _field(problem: Problem, there: Place, plain: Any) -> str:
    """The name of the field that a problem concerns: its path within the part, the missing key put behind."""
    rest = [str(part) for part in problem.at[len(there.path) :]]
    params = dict(problem.params)
    if problem.fault in ("missing_key", "settings.missing"):
        rest.append(str(params["name"]))
    elif problem.fault == "no_owner":
        rest.append("owner")
    elif problem.fault == "unreachable":
        rest.append("needs")
    if there.word in ("roles", "facts") and rest:
        group = value_at(plain, there.path)
        keys = [str(key) for key in group] if isinstance(group, dict) else []
        rest = [there.word, str(keys.index(rest[0])) if rest[0] in keys else "", *rest[1:]]
    return ".".join(rest)


def beside(problems: Iterable[Said], names: Iterable[str]) -> dict[str, list[str]]:
    """The words for each field: those of a deeper path stand at the nearest field that there is."""
    known = set(names)
    found: dict[str, list[str]] = {}
    for one in problems:
        if not one.field:
            continue
        parts = one.field.split(".")
        for length in range(len(parts), 0, -1):
            name = ".".join(parts[:length])
            if name in known:
                found.setdefault(name, []).append(one.words)
                break
    return found


def around(names: Iterable[str]) -> set[str]:
    """The fields and whatever lies around them: which groups to open so that a problem can be seen."""
    return {".".join(name.split(".")[:length]) for name in names for length in range(1, len(name.split(".")) + 1)}


# --- the open part ------------------------------------------------------------------------------------------------


def step_context(plain: Any, step: Any, place: Place) -> dict[str, Any]:
    """What the form of a step needs; `step` may be typed and not written yet."""
    value: dict[str, Any] = step if isinstance(step, dict) else {}
    root: dict[str, Any] = plain if isinstance(plain, dict) else {}
    kind = registry.get(str(value.get("kind", "")))
    settings = draw(kind.settings_schema, value.get("settings")) if kind else []
    due = value.get("due") if isinstance(value.get("due"), dict) else {"days": value.get("due")}
    remind = value.get("remind")
    return {
        "value": value, "kinds": _with_present([(one.word, one.label) for one in registry.all()], value.get("kind")),
        "settings": settings, "imports": kind.imports if kind else "", "words": _words(settings, kind.settings_words() if kind else {}),
        "roles": _with_present(_titles(root.get("roles")), value.get("owner")), "sides": _sides(), "visibilities": _visibilities(),
        "units": [("working", _("Working days")), ("calendar", _("Calendar days"))], "due": due,
        "origins": _with_present(_origins(root, value), due.get("from") or "kickoff" if due else "kickoff"),
        "needs": _needs(root, value, place), "effort": str(value.get("effort") or ""), "facts": _facts(root), "remind": remind if isinstance(remind, dict) else {},
        **gate_context(plain, value), "own_reminders": remind is not None, "before": _joined(remind, "before", ""), "after": _joined(remind, "after", "1"),
    }  # fmt: skip


def preview_of(step: Any, plain: Any) -> dict[str, Any] | None:
    """How a step would look whose settings may be half written: the template and what it needs; None when its kind has no preview or they do not fit."""
    kind = registry.get(str(step.get("kind"))) if isinstance(step, dict) else None
    if kind is None or not kind.screen.preview_template:
        return None
    settings = step.get("settings")
    if not isinstance(settings, dict) or not jsonschema.Draft202012Validator(kind.settings_schema).is_valid(settings):
        return None
    facts = plain.get("facts") if isinstance(plain, dict) else None
    declared = (
        {
            str(key): FactType(
                str(key), str(fact.get("type")), {}, choices=fact["choices"] if isinstance(fact.get("choices"), dict) else {}
            )
            for key, fact in (facts or {}).items()
            if isinstance(fact, dict)
        }
        if isinstance(facts, dict)
        else {}
    )
    return {"template": kind.screen.preview_template, **kind.screen.preview(settings, declared)}


def _with_present(options: list[tuple[str, str]], value: Any) -> list[tuple[str, str]]:
    """The options, with what stands there when it is none of them, so that saving the form does not change it unseen."""
    text = "" if value is None else str(value)
    if any(key == text for key, _words in options):
        return options
    return [(text, text or "–"), *options]


def _sides() -> list[tuple[str, str]]:
    return [("ours", _("Our team")), ("customer", _("Customer")), ("third", _("Third party"))]


def parties() -> list[tuple[str, str]]:
    """Whom a playbook is for."""
    return [("customer", _("Customers")), ("vendor", _("Vendors")), ("partner", _("Partners"))]


def _visibilities() -> list[tuple[str, str]]:
    return [("shared", _("Customer and team")), ("internal", _("Our team only"))]


def _titles(group: Any) -> list[tuple[str, str]]:
    return [(str(key), title_of(value, str(key))) for key, value in group.items()] if isinstance(group, dict) else []


def _origins(root: Mapping[str, Any], value: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = [("kickoff", _("Kick-off"))]
    facts = root.get("facts")
    for key, fact in facts.items() if isinstance(facts, dict) else ():
        if isinstance(fact, dict) and fact.get("type") == "date":
            found.append((f"fact:{key}", _("Fact: %(title)s") % {"title": title_of(fact, str(key))}))
    steps = [step for stage in stages_of(root) for step in steps_of(stage) if isinstance(step, dict) and step.get("due") is not None]
    others = [(str(step.get("key")), step) for step in steps if step.get("key") != value.get("key")]
    return found + [(f"step:{key}", _("Step: %(title)s") % {"title": title_of(step, key)}) for key, step in others]


def _needs(root: Mapping[str, Any], value: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """The steps that are needed, with type and lag, and all others by stage."""
    listed = value.get("needs")
    needs = {str(one.get("step") if isinstance(one, dict) else one): one for one in listed} if isinstance(listed, list) else {}
    chosen, groups, known = [], [], set()
    for number, stage in enumerate(stages_of(root)):
        others = []
        for index, step in enumerate(steps_of(stage)):
            if not isinstance(step, dict) or ((number, index) == (place.stage, place.step) and place.word == "step"):
                continue
            key, title = str(step.get("key", "")), title_of(step, str(step.get("key", "")))
            known.add(key)
            if key in needs:
                need = needs[key] if isinstance(needs[key], dict) else {}
                chosen.append(
                    {
                        "key": key,
                        "title": title,
                        "type": need.get("type", "fs"),
                        "lag": need.get("lag", ""),
                        "unit": need.get("unit", "working"),
                    }
                )
            else:
                others.append((key, title))
        if others:
            groups.append((title_of(stage, str(number)), others))
    chosen += [{"key": str(key), "title": str(key), "type": "fs", "lag": ""} for key in needs if str(key) not in known]
    types = [
        ("fs", _("when it has ended")),
        ("ss", _("when it has begun")),
        ("ff", _("ends after it ends")),
        ("sf", _("ends after it begins")),
    ]
    return {"chosen": chosen, "groups": groups, "types": types}


def _facts(root: Mapping[str, Any]) -> list[dict[str, Any]]:
    facts = root.get("facts")
    found = []
    for key, fact in facts.items() if isinstance(facts, dict) else ():
        if isinstance(fact, dict):
            choices = fact.get("choices")
            found.append({
                "written": f'facts["{key}"]' if "-" in str(key) else f"facts.{key}", "title": title_of(fact, str(key)), "type": TYPE_WORDS.get(str(fact.get("type")), fact.get("type")),
                "values": [f'"{word}"' for word in choices] if isinstance(choices, dict) else [],
            })  # fmt: skip
    return found


def _joined(remind: Any, name: str, default: str) -> str:
    if not isinstance(remind, dict):
        return default
    days = remind.get(name, [])
    return ", ".join(map(str, days)) if isinstance(days, list) else str(days)


def _words(fields: Iterable[Field], own: Mapping[str, str]) -> dict[str, str]:
    """Labels of settings by the name in the HTML form, and of choices by `name=choice`."""
    found: dict[str, str] = {}
    for one in fields:
        place = ".".join(part for part in one.name.split(".")[1:] if not part.isdigit())
        plain = one.label.replace("_", " ")
        found[one.name] = own.get(place) or str(_SETTING_WORDS.get(one.label, plain[:1].upper() + plain[1:]))
        for option in one.options:
            found[f"{one.name}={option}"] = own.get(f"{place}={option}") or str(TYPE_WORDS.get(option, option.replace("_", " ")))
        for row in one.rows:
            found |= _words(row, own)
    return found


def names_of(fields: Iterable[Field]) -> list[str]:
    """Every field's name, those of rows too."""
    return [name for one in fields for name in (one.name, *(inner for row in one.rows for inner in names_of(row)))]


def rows_context(plain: Any, word: str, typed: Any) -> dict[str, Any]:
    """The form of all roles or all facts."""
    group = typed if isinstance(typed, dict) else {}
    entries = [(str(key), value if isinstance(value, dict) else {}) for key, value in group.items()]
    rows = []
    for number, (key, value) in enumerate([*entries, ("", {})]):
        row: dict[str, Any] = {"name": f"{word}.{number}", "key": key, "value": value, "title": title_of(value, key), "blank": not key}
        row["used"] = _uses(plain, word, key) if key else 0
        if word == "facts":
            schema = {
                "properties": {
                    "choices": {"type": "object", "additionalProperties": {"type": "object", "propertyNames": {"enum": list(LANGUAGES)}}}
                }
            }
            row["choices"] = draw(schema, {"choices": value.get("choices")}, f"{word}.{number}")[0]
            row["types"] = _with_present([(one, str(TYPE_WORDS[one])) for one in FACT_TYPES], value.get("type") or "text")
        rows.append(row)
    words = {row["choices"].name: _("Choices") for row in rows if "choices" in row}
    for row in rows:
        if "choices" in row:
            words |= _words([row["choices"]], {})
    return {"rows": rows, "sides": _sides(), "visibilities": _visibilities(), "words": words}


def _uses(plain: Any, word: str, key: str) -> int:
    steps = [step for _path, step in every_step(plain)]
    if word == "roles":
        return sum(step.get("owner") == key for step in steps)
    return sum(uses_fact(step, key) for step in steps)


def languages_of(plain: Any) -> list[str]:
    """The document's languages, the first first; what is no language of ours is left out."""
    found = plain.get("languages", ["en"]) if isinstance(plain, dict) else ["en"]
    return [one for one in found if one in LANGUAGES] or ["en"] if isinstance(found, list) else ["en"]


def flow_context(plain: Any, *, edit_address: str = "") -> dict[str, Any]:
    """The picture of the plan and the table that says the same; boxes lead to their forms when there is an address."""
    titles = {str(step.get("key", "")): title_of(step, str(step.get("key", ""))) for _path, step in every_step(plain)}
    stages: list[tuple[str, list[Box]]] = []
    table: list[dict[str, Any]] = []
    for number, stage in enumerate(stages_of(plain)):
        boxes, name = [], title_of(stage, str(number + 1))
        for index, step in enumerate(steps_of(stage)):
            if not isinstance(step, dict):
                continue
            needs, side, when = tuple(needs_of(step)), str(step.get("side", "ours")), step.get("when")
            title, internal = title_of(step, str(step.get("key", ""))), step.get("visibility") == "internal"
            href = f"{edit_address}?at={number}.{index}" if edit_address else ""
            tone = side if side in ("ours", "customer", "third") else "ours"
            boxes.append(
                Box(str(step.get("key", "")), title, tone, when is not None, internal, step.get("kind") == "milestone", href, needs)
            )
            table.append({
                "stage": name, "title": title, "side": side, "internal": internal, "needs": [titles.get(need, need) for need in needs],
                "when": "" if when is None else str(when),
            })  # fmt: skip
        stages.append((name, boxes))
    return {"picture": lay_out(stages), "table": table}
