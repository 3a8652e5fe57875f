"""Checks of what a playbook declares: its head, roles, facts and stages; pure."""

import re
from dataclasses import replace
from typing import Any

from boardwell.domain.playbooks.faults import BOOK_KEY_PATTERN, FACT_TYPES, LANGUAGES, MOST_STEPS, Problem
from boardwell.domain.playbooks.lintground import Ground, short
from boardwell.domain.playbooks.yamlfile import Path

_ROOT = {"boardwell", "key", "title", "summary", "party", "languages", "roles", "facts", "escalation", "stages"}
_ROLE = {"side", "title"}
_FACT = {"type", "title", "visibility", "choices"}
_STAGE = {"key", "title", "steps", "gate"}
_BOOK_KEY = re.compile(BOOK_KEY_PATTERN)


def check_head(ground: Ground, root: dict[str, Any]) -> None:
    """Format, key, languages, party, titles; fills `languages`."""
    for path, mark in ground.loaded.doubled:
        ground.say(path, "duplicate_key.mapping", name=short(path[-1]))
        ground.found[-1] = _moved(ground.found[-1], mark.line, mark.column)
    ground.known((), root, _ROOT, ("boardwell", "key", "title", "stages"))
    if root.get("boardwell", 1) != 1:
        ground.say(("boardwell",), "format")
    key = root.get("key")
    if key not in (None, "", [], {}) and not (isinstance(key, str) and _BOOK_KEY.fullmatch(key)):
        ground.say(("key",), "bad_key.playbook", name=short(key))
    languages = root.get("languages", ["en"])
    ground.languages = [one for one in languages if one in LANGUAGES] if isinstance(languages, list) else ["en"]
    if not isinstance(languages, list) or len(ground.languages) != len(languages):
        ground.say(("languages",), "language.list", known=", ".join(LANGUAGES))
    if root.get("party", "customer") not in ("customer", "vendor", "partner"):
        ground.say(("party",), "party")
    for name in ("title", "summary"):
        ground.texts((), root, name)


def _moved(problem: Problem, line: int, column: int) -> Problem:
    return replace(problem, line=line, column=column)


def check_roles(ground: Ground, root: dict[str, Any]) -> None:
    """Fills `roles`."""
    ground.roles = ground.mapping(root, "roles")
    for key, role in ground.roles.items():
        path: Path = ("roles", key)
        ground.known(path, role, _ROLE, ("side", "title"))
        if role.get("side") not in ("ours", "customer", "third", None):
            ground.say((*path, "side"), "side")
        ground.texts(path, role, "title")


def check_facts(ground: Ground, root: dict[str, Any]) -> None:
    """Fills `facts`."""
    ground.facts = ground.mapping(root, "facts")
    for key, fact in ground.facts.items():
        path: Path = ("facts", key)
        ground.known(path, fact, _FACT, ("type", "title"))
        kind = fact.get("type")
        if kind not in FACT_TYPES and kind is not None:
            ground.say((*path, "type"), "fact_type", known=", ".join(FACT_TYPES))
        if fact.get("visibility", "shared") not in ("shared", "internal"):
            ground.say((*path, "visibility"), "visibility")
        ground.texts(path, fact, "title")
        choices = fact.get("choices")
        if kind in ("choice", "choices") and (not isinstance(choices, dict) or not choices):
            ground.say(path, "missing_key.choices")
        elif isinstance(choices, dict):
            for value in choices:
                ground.texts((*path, "choices"), choices, value)
        elif choices is not None:
            ground.say((*path, "choices"), "shape.mapping", name="choices")


def check_stages(ground: Ground, stages: Any) -> None:
    """Stages and the keys of steps; fills `steps`."""
    if not isinstance(stages, list):
        if stages is not None:
            ground.say(("stages",), "shape.stages")
        return
    seen: set[str] = set()
    for index, stage in enumerate(stages):
        path: Path = ("stages", index)
        if not isinstance(stage, dict):
            ground.say(path, "shape.stage")
            continue
        ground.known(path, stage, _STAGE, ("key", "title", "steps"))
        ground.texts(path, stage, "title")
        key = stage.get("key")
        if key not in (None, "", [], {}):
            ground.key((*path, "key"), key)
            if str(key) in seen:
                ground.say((*path, "key"), "duplicate_key.stage", name=short(key))
            seen.add(str(key))
        _check_keys(ground, path, stage.get("steps"))
    if len(ground.steps) > MOST_STEPS:
        ground.say(("stages",), "too_many_steps", count=len(ground.steps), most=MOST_STEPS)


def _check_keys(ground: Ground, path: Path, steps: Any) -> None:
    if not isinstance(steps, list):
        if steps is not None:
            ground.say((*path, "steps"), "shape.steps")
        return
    for number, step in enumerate(steps):
        here: Path = (*path, "steps", number)
        if not isinstance(step, dict) or not isinstance(step.get("key"), str):
            ground.say(here, "missing_key.step")
            continue
        ground.key((*here, "key"), step["key"])
        if step["key"] in ground.steps:
            ground.say((*here, "key"), "duplicate_key.step", name=short(step["key"]))
            continue
        ground.steps[step["key"]] = (here, step)
