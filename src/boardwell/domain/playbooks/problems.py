"""The linter: every fault of a playbook in one run, with line, column and a way to mend it; pure."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import jsonschema

from boardwell.domain.playbooks.conditions import Condition, ConditionError, compile_condition
from boardwell.domain.playbooks.reasoning import always
from boardwell.domain.playbooks.yamlfile import Loaded, Path, YamlProblem, load

LANGUAGES = ("en", "hi", "bn", "az", "ms", "mn")
FACT_TYPES = ("text", "long_text", "number", "yes_no", "date", "choice", "choices", "country", "list")
MOST_STEPS = 500
_MOST_DAYS = 1500

_ROOT = {"boardwell", "key", "title", "summary", "party", "languages", "roles", "facts", "stages"}
_ROLE = {"side", "title"}
_FACT = {"type", "title", "visibility", "choices"}
_STAGE = {"key", "title", "steps"}
_STEP = {
    "key", "kind", "side", "owner", "visibility", "required", "minutes", "title", "help", "expect", "due", "needs", "when",
    "remind", "settings",
}  # fmt: skip
_DUE = {"days", "unit", "from"}
_NEED = {"step", "type", "lag"}
_REMIND = {"before", "on", "after", "escalate"}


@dataclass(frozen=True, slots=True)
class KindRules:
    """What the linter knows of a kind: the JSON Schema of its settings."""

    schema: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault. `line` and `column` count from 1; `code` is stable; `severity` is error or warning."""

    line: int
    column: int
    code: str
    message: str
    path: str
    severity: str = "error"


def lint(source: str, *, kinds: Mapping[str, KindRules] | None = None) -> list[Problem]:
    """Every problem, in the order of the text. Hostile input gives problems, never an exception.

    Without `kinds`, kinds and their settings are not checked.
    """
    try:
        loaded = load(source)
    except YamlProblem as problem:
        return [Problem(problem.line, problem.column, "yaml", f"{problem}.", "")]
    linter = _Linter(loaded, kinds)
    linter.check()
    return sorted(set(linter.found))


class _Linter:
    def __init__(self, loaded: Loaded, kinds: Mapping[str, KindRules] | None) -> None:
        self.loaded, self.kinds = loaded, kinds
        self.found: list[Problem] = []
        self.steps: dict[str, tuple[Path, dict[str, Any]]] = {}
        self.order: list[str] = []
        self.languages: list[str] = ["en"]
        self.roles: dict[str, Any] = {}
        self.facts: dict[str, Any] = {}
        self.never: set[str] = set()

    def say(self, path: Path, code: str, message: str, severity: str = "error") -> None:
        mark = self.loaded.place(path)
        dotted = ".".join(str(part) for part in path)
        self.found.append(Problem(mark.line, mark.column, code, message, dotted, severity))

    def check(self) -> None:
        root = self.loaded.plain
        if not isinstance(root, dict):
            self.say((), "shape", "A playbook is a mapping that begins with “boardwell: 1”.")
            return
        for path, mark in self.loaded.doubled:
            self.found.append(
                Problem(mark.line, mark.column, "duplicate_key", f"“{path[-1]}” stands here twice.", ".".join(map(str, path)))
            )
        self.known((), root, _ROOT, ("boardwell", "key", "title", "stages"))
        if root.get("boardwell", 1) != 1:
            self.say(("boardwell",), "format", "This is written for format 1: “boardwell: 1”.")
        languages = root.get("languages", ["en"])
        self.languages = [one for one in languages if one in LANGUAGES] if isinstance(languages, list) else ["en"]
        if not isinstance(languages, list) or len(self.languages) != len(languages):
            self.say(("languages",), "language", f"List languages out of {', '.join(LANGUAGES)}.")
        if root.get("party", "customer") not in ("customer", "vendor", "partner"):
            self.say(("party",), "party", "party is customer, vendor or partner.")
        self.texts((), root, "title")
        if "summary" in root:
            self.texts((), root, "summary")
        self.roles = self.mapping(root, "roles")
        self.facts = self.mapping(root, "facts")
        self.check_roles()
        self.check_facts()
        self.check_stages(root.get("stages"))
        for key in self.order:
            self.check_step(key)
        self.check_cycles()
        self.check_reach()
        self.check_unused_facts()

    # -- shapes -----------------------------------------------------------------------------------------------------

    def mapping(self, root: dict[str, Any], name: str) -> dict[str, Any]:
        value = root.get(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.say((name,), "shape", f"{name} is a mapping from a key to its description.")
            return {}
        good = {}
        for key, inner in value.items():
            if isinstance(inner, dict):
                good[str(key)] = inner
            else:
                self.say((name, key), "shape", f"“{key}” needs an indented description below it.")
        return good

    def known(self, path: Path, value: dict[str, Any], allowed: set[str], needed: tuple[str, ...]) -> None:
        for key in value:
            if key not in allowed:
                near = difflib.get_close_matches(str(key), sorted(allowed), n=1)
                hint = f" Did you mean “{near[0]}”?" if near else ""
                self.say((*path, key), "unknown_key", f"“{key}” is not known here.{hint}")
        for key in needed:
            if value.get(key) in (None, "", [], {}):
                self.say(path, "missing_key", f"“{key}” is missing here.")

    def texts(self, path: Path, holder: dict[str, Any], name: str) -> None:
        value = holder.get(name)
        here = (*path, name)
        if value is None:
            return
        if isinstance(value, str):
            value = {"en": value}
        if not isinstance(value, dict) or not all(isinstance(words, str) for words in value.values()):
            self.say(here, "shape", f"{name} is a text for each language, such as {{en: …}}.")
            return
        for language in value:
            if language not in LANGUAGES:
                self.say((*here, language), "language", f"“{language}” is not one of {', '.join(LANGUAGES)}.")
        missing = [language for language in self.languages if not str(value.get(language, "")).strip()]
        if missing:
            self.say(here, "missing_translation", f"{name} has no text in {', '.join(missing)}.")

    def settings_texts(self, path: Path, value: Any) -> None:
        """Wherever settings hold a mapping whose keys are languages, all languages must be there."""
        if isinstance(value, dict):
            if value and set(map(str, value)) <= set(LANGUAGES):
                self.texts(path[:-1], {str(path[-1]): value}, str(path[-1]))
                return
            for key, inner in value.items():
                self.settings_texts((*path, key), inner)
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                self.settings_texts((*path, index), inner)

    # -- roles, facts, stages ---------------------------------------------------------------------------------------

    def check_roles(self) -> None:
        for key, role in self.roles.items():
            path: Path = ("roles", key)
            self.known(path, role, _ROLE, ("side", "title"))
            if role.get("side") not in ("ours", "customer", "third", None):
                self.say((*path, "side"), "side", "side is ours, customer or third.")
            self.texts(path, role, "title")

    def check_facts(self) -> None:
        for key, fact in self.facts.items():
            path: Path = ("facts", key)
            self.known(path, fact, _FACT, ("type", "title"))
            if fact.get("type") not in FACT_TYPES:
                self.say((*path, "type"), "fact_type", f"type is one of {', '.join(FACT_TYPES)}.")
            if fact.get("visibility", "shared") not in ("shared", "internal"):
                self.say((*path, "visibility"), "visibility", "visibility is shared or internal.")
            self.texts(path, fact, "title")
            if fact.get("type") in ("choice", "choices"):
                choices = fact.get("choices")
                if not isinstance(choices, dict) or not choices:
                    self.say(path, "missing_key", "A choice needs “choices”: each value with its words.")
                    continue
                for value in choices:
                    self.texts((*path, "choices"), choices, value)

    def check_stages(self, stages: Any) -> None:
        if not isinstance(stages, list):
            self.say(("stages",), "shape", "stages is a list; each begins with “- key: …”.")
            return
        seen: set[str] = set()
        for index, stage in enumerate(stages):
            path: Path = ("stages", index)
            if not isinstance(stage, dict):
                self.say(path, "shape", "A stage begins with “- key: …”.")
                continue
            self.known(path, stage, _STAGE, ("key", "title", "steps"))
            self.texts(path, stage, "title")
            key = str(stage.get("key", ""))
            if key in seen:
                self.say((*path, "key"), "duplicate_key", f"There are two stages called “{key}”.")
            seen.add(key)
            steps = stage.get("steps")
            if not isinstance(steps, list):
                if steps is not None:
                    self.say((*path, "steps"), "shape", "steps is a list; each begins with “- key: …”.")
                continue
            for number, step in enumerate(steps):
                here: Path = (*path, "steps", number)
                if not isinstance(step, dict) or not isinstance(step.get("key"), str):
                    self.say(here, "missing_key", "A step begins with “- key: …”.")
                    continue
                if step["key"] in self.steps:
                    self.say((*here, "key"), "duplicate_key", f"There are two steps called “{step['key']}”.")
                    continue
                self.steps[step["key"]] = (here, step)
                self.order.append(step["key"])
        if len(self.order) > MOST_STEPS:
            self.say(("stages",), "too_many_steps", f"{len(self.order)} steps; at most {MOST_STEPS}.")

    # -- one step ---------------------------------------------------------------------------------------------------

    def check_step(self, key: str) -> None:
        path, step = self.steps[key]
        self.known(path, step, _STEP, ("kind", "side", "title"))
        for name in ("title", "help", "expect"):
            self.texts(path, step, name)
        if step.get("side") not in ("ours", "customer", "third", None):
            self.say((*path, "side"), "side", "side is ours, customer or third.")
        visibility = step.get("visibility", "shared")
        if visibility not in ("shared", "internal"):
            self.say((*path, "visibility"), "visibility", "visibility is shared or internal.")
        if visibility == "internal" and step.get("side") in ("customer", "third"):
            self.say((*path, "visibility"), "internal_leak", "An internal step cannot be done by somebody outside.")
        self.check_owner(path, step)
        self.check_kind(path, step)
        self.check_when(key, path, step, visibility)
        self.check_needs(key, path, step)
        self.check_due(key, path, step)
        self.check_remind(path, step)
        minutes = step.get("minutes")
        if minutes is not None and (not isinstance(minutes, int) or isinstance(minutes, bool) or not 0 < minutes <= 10_000):
            self.say((*path, "minutes"), "minutes", "minutes is a whole number between 1 and 10000.")

    def check_owner(self, path: Path, step: dict[str, Any]) -> None:
        owner = step.get("owner")
        if not owner:
            self.say(path, "no_owner", f"Nobody owns “{step['key']}”. Add “owner: <role>”.")
        elif not isinstance(owner, str) or owner not in self.roles:
            near = difflib.get_close_matches(str(owner), list(self.roles), n=1)
            hint = f" Did you mean “{near[0]}”?" if near else " Declare it under roles."
            self.say((*path, "owner"), "unknown_role", f"There is no role “{owner}”.{hint}")
        elif step.get("side") and self.roles[owner].get("side") != step.get("side"):
            self.say((*path, "owner"), "role_side", f"“{owner}” is on another side than this step.")

    def check_kind(self, path: Path, step: dict[str, Any]) -> None:
        settings = step.get("settings", {})
        if settings is not None and not isinstance(settings, dict):
            self.say((*path, "settings"), "shape", "settings is a mapping.")
            return
        self.settings_texts((*path, "settings"), settings or {})
        if self.kinds is None or not step.get("kind"):
            return
        rules = self.kinds.get(str(step["kind"]))
        if rules is None:
            near = difflib.get_close_matches(str(step["kind"]), list(self.kinds), n=1)
            hint = f" Did you mean “{near[0]}”?" if near else f" Kinds here: {', '.join(sorted(self.kinds))}."
            self.say((*path, "kind"), "unknown_kind", f"There is no kind “{step['kind']}”.{hint}")
            return
        validator = jsonschema.Draft202012Validator(rules.schema)
        for fault in validator.iter_errors(settings or {}):
            self.say((*path, "settings", *fault.absolute_path), "settings", f"{fault.message[:200]}.")

    def check_when(self, key: str, path: Path, step: dict[str, Any], visibility: str) -> None:
        text = step.get("when")
        if text is None:
            return
        here = (*path, "when")
        try:
            condition = compile_condition(text if isinstance(text, str) else "")
        except ConditionError as problem:
            self.say(here, "condition", f"{problem} (column {problem.column} of the condition).")
            return
        unknown = sorted(condition.facts - self.facts.keys())
        for name in unknown:
            near = difflib.get_close_matches(name, list(self.facts), n=1)
            hint = f" Did you mean “{near[0]}”?" if near else " Declare it under facts."
            self.say(here, "unknown_fact", f"There is no fact “{name}”.{hint}")
        if unknown:
            return
        verdict = always(condition, {name: self.facts[name] for name in condition.facts})
        if verdict is False:
            self.never.add(key)
            self.say(here, "dead_condition", "This is never true, so the step would never come.")
        elif verdict is True:
            self.say(here, "dead_condition", "This is always true. Leave the condition out.", "warning")
        if visibility == "shared":
            for name in sorted(condition.facts):
                if self.facts[name].get("visibility") == "internal":
                    message = f"Customers can tell the internal fact “{name}” from whether this step is there."
                    self.say(here, "internal_leak", message, "warning")

    def check_needs(self, key: str, path: Path, step: dict[str, Any]) -> None:
        needs = step.get("needs") or []
        if not isinstance(needs, list):
            self.say((*path, "needs"), "shape", "needs is a list of step keys.")
            return
        for index, need in enumerate(needs):
            here = (*path, "needs", index)
            if isinstance(need, dict):
                self.known(here, need, _NEED, ("step",))
                if need.get("type", "fs") not in ("fs", "ss", "ff", "sf"):
                    self.say(here, "need_type", "type is fs, ss, ff or sf.")
            name = need.get("step") if isinstance(need, dict) else need
            if not isinstance(name, str) or name not in self.steps:
                near = difflib.get_close_matches(str(name), self.order, n=1)
                hint = f" Did you mean “{near[0]}”?" if near else ""
                self.say(here, "unknown_step", f"There is no step “{name}”.{hint}")

    def check_due(self, key: str, path: Path, step: dict[str, Any]) -> None:
        due = step.get("due")
        if due is None:
            return
        here = (*path, "due")
        if not isinstance(due, dict) or not isinstance(due.get("days"), int) or isinstance(due.get("days"), bool):
            self.say(here, "due", "due is such as {days: 3, unit: working, from: kickoff}.")
            return
        self.known(here, due, _DUE, ())
        if due.get("unit", "working") not in ("working", "calendar"):
            self.say((*here, "unit"), "due", "unit is working or calendar.")
        if abs(due["days"]) > _MOST_DAYS:
            self.say((*here, "days"), "impossible_date", f"More than {_MOST_DAYS} days away.")
        kind, _sep, name = str(due.get("from", "kickoff")).partition(":")
        if kind == "step":
            if name not in self.steps:
                self.say((*here, "from"), "unknown_step", f"There is no step “{name}”.")
            elif self.steps[name][1].get("due") is None:
                self.say((*here, "from"), "impossible_date", f"“{name}” has no due day to count from.")
        elif kind == "fact":
            if name not in self.facts:
                self.say((*here, "from"), "unknown_fact", f"There is no fact “{name}”.")
            elif self.facts[name].get("type") != "date":
                self.say((*here, "from"), "impossible_date", f"The fact “{name}” is not a date.")
        elif kind != "kickoff":
            self.say((*here, "from"), "due", "from is kickoff, step:<key> or fact:<key>.")
        elif due["days"] < 0 and step.get("side") == "customer":
            self.say((*here, "days"), "impossible_date", "A customer cannot be asked before kick-off.")
        mine = self.offset(key, frozenset())
        for need in needs_of(step):
            other = self.offset(need, frozenset())
            if mine is not None and other is not None and mine < other:
                message = f"Due before “{need}”, which has to be done first."
                self.say(here, "impossible_date", message)

    def offset(self, key: str, on_the_way: frozenset[str]) -> float | None:
        """Calendar days from kick-off, working days stretched by 7/5; None when it hangs on a fact or turns in a circle."""
        if key not in self.steps or key in on_the_way:
            return None
        due = self.steps[key][1].get("due")
        if not isinstance(due, dict) or not isinstance(due.get("days"), int) or abs(due["days"]) > _MOST_DAYS:
            return None
        days = float(due["days"]) * (1.4 if due.get("unit", "working") == "working" else 1.0)
        kind, _sep, name = str(due.get("from", "kickoff")).partition(":")
        if kind == "kickoff":
            return days
        if kind == "step":
            origin = self.offset(name, on_the_way | {key})
            return None if origin is None else origin + days
        return None

    def check_remind(self, path: Path, step: dict[str, Any]) -> None:
        remind = step.get("remind")
        if remind is None:
            return
        here = (*path, "remind")
        if not isinstance(remind, dict):
            self.say(here, "remind", "remind is such as {before: [2], on: true, after: [1, 3], escalate: 5}.")
            return
        self.known(here, remind, _REMIND, ())
        for name in ("before", "after"):
            days = remind.get(name, [])
            if not isinstance(days, list) or not all(isinstance(day, int) and 0 < day <= 365 for day in days):
                self.say((*here, name), "remind", f"{name} is a list of days between 1 and 365.")
        escalate = remind.get("escalate")
        if escalate is not None and (not isinstance(escalate, int) or not 0 < escalate <= 365):
            self.say((*here, "escalate"), "remind", "escalate is a number of days between 1 and 365.")
        if step.get("due") is None:
            self.say(here, "remind", "There is nothing to remind of without a due day.", "warning")

    # -- the whole --------------------------------------------------------------------------------------------------

    def check_cycles(self) -> None:
        for what, code, edges in (
            ("need each other", "cycle", {key: needs_of(step) for key, (_path, step) in self.steps.items()}),
            ("count their due days from each other", "due_cycle", {k: dated_from(s) for k, (_p, s) in self.steps.items()}),
        ):
            for circle in circles(edges):
                path, _step = self.steps[circle[0]]
                names = " → ".join([*circle, circle[0]])
                field_name = "needs" if code == "cycle" else "due"
                self.say((*path, field_name), code, f"These steps {what}: {names}.")
                self.never.update(circle if code == "cycle" else ())

    def check_reach(self) -> None:
        """A step whose every way in is dead cannot come; one that needs only left-out steps merely loses the need."""
        in_circle = {name for name in self.never if self.steps[name][1].get("when") is None}
        changed = True
        while changed:
            changed = False
            for key in self.order:
                if key not in in_circle and any(need in in_circle for need in needs_of(self.steps[key][1])):
                    in_circle.add(key)
                    changed = True
                    self.say(self.steps[key][0], "unreachable", f"“{key}” can never open: it needs a step that never ends.")

    def check_unused_facts(self) -> None:
        recorded: set[str] = set()
        for _path, step in self.steps.values():
            settings = step.get("settings")
            fields = settings.get("fields", []) if isinstance(settings, dict) else []
            for each in fields if isinstance(fields, list) else []:
                if isinstance(each, dict) and isinstance(each.get("fact"), str):
                    recorded.add(each["fact"])
                    if each["fact"] not in self.facts:
                        self.say(_path, "unknown_fact", f"A field records the fact “{each['fact']}”, which is not declared.")


def needs_of(step: dict[str, Any]) -> list[str]:
    """Keys that a step needs, whatever the form they are written in."""
    needs = step.get("needs") or []
    if not isinstance(needs, list):
        return []
    return [name for need in needs if isinstance(name := need.get("step") if isinstance(need, dict) else need, str)]


def dated_from(step: dict[str, Any]) -> list[str]:
    """The step whose day this one's counts from."""
    due = step.get("due")
    origin = str(due.get("from", "")) if isinstance(due, dict) else ""
    return [origin.removeprefix("step:")] if origin.startswith("step:") else []


def circles(edges: Mapping[str, list[str]]) -> Iterator[list[str]]:
    """Each circle once, beginning with its first step in the order of the text."""
    state: dict[str, int] = {}
    for start in edges:
        if state.get(start):
            continue
        trail: list[tuple[str, Iterator[str]]] = [(start, iter(edges[start]))]
        state[start] = 1
        while trail:
            key, rest = trail[-1]
            following = next((name for name in rest if name in edges), None)
            if following is None:
                state[key] = 2
                trail.pop()
            elif state.get(following) == 1:
                names = [name for name, _rest in trail]
                yield names[names.index(following) :]
            elif not state.get(following):
                state[following] = 1
                trail.append((following, iter(edges[following])))


__all__ = ["Condition", "KindRules", "Problem", "circles", "lint"]
