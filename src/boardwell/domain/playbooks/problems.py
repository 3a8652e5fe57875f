"""The linter: every fault of a playbook in one run, with line, column and a way to mend it; pure."""

from collections.abc import Mapping

from boardwell.domain.playbooks.faults import FACT_TYPES, LANGUAGES, MOST_STEPS, KindRules, Problem
from boardwell.domain.playbooks.lintdeclared import check_facts, check_head, check_roles, check_stages
from boardwell.domain.playbooks.lintgates import check_gates, check_ladder
from boardwell.domain.playbooks.lintground import Ground
from boardwell.domain.playbooks.lintsteps import check_step
from boardwell.domain.playbooks.lintwhole import (
    check_cycles,
    check_durations,
    check_facts_are_recorded,
    check_reach,
    check_waiting,
    check_words,
)
from boardwell.domain.playbooks.yamlfile import Loaded, YamlProblem, load


def lint(source: str, *, kinds: Mapping[str, KindRules] | None = None) -> list[Problem]:
    """Every problem, in the order of the text. Hostile input gives problems, never an exception.

    Without `kinds`, kinds and their settings are not checked.
    """
    try:
        loaded = load(source)
    except YamlProblem as problem:
        return [Problem(problem.line, problem.column, f"yaml.{problem.code}", params=tuple(problem.params.items()))]
    return lint_loaded(loaded, kinds=kinds)


def lint_loaded(loaded: Loaded, *, kinds: Mapping[str, KindRules] | None = None) -> list[Problem]:
    """The same for a text that is read already, or for values that are not written yet (`with_value`)."""
    ground = Ground(loaded, kinds)
    root = loaded.plain
    if not isinstance(root, dict):
        ground.say((), "shape.root")
        return ground.found
    check_head(ground, root)
    check_roles(ground, root)
    check_facts(ground, root)
    check_stages(ground, root.get("stages"))
    for key in ground.steps:
        check_step(ground, key)
    check_gates(ground, root.get("stages"))
    check_ladder(ground, root.get("escalation"))
    check_cycles(ground)
    check_reach(ground)
    check_durations(ground)
    check_facts_are_recorded(ground)
    check_waiting(ground)
    check_words(ground)
    return sorted(dict.fromkeys(ground.found), key=lambda one: (one.line, one.column, one.fault, one.path))


__all__ = ["FACT_TYPES", "LANGUAGES", "MOST_STEPS", "KindRules", "Problem", "lint", "lint_loaded"]
