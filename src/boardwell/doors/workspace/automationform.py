"""The form of an automation: what was typed becomes a rule, a rule becomes what the page draws."""

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from boardwell.domain.automations.deeds import KINDS, DeedKind
from boardwell.domain.automations.queries import Choices
from boardwell.domain.automations.rules import MOST_CLAUSES, MOST_DEEDS, Clause, Deed, Rule
from boardwell.domain.automations.subjects import VALUES
from boardwell.domain.automations.triggers import all_triggers, trigger_by_key
from boardwell.domain.automations.words import sentence

_WORDS = 2_500


def typed_rule(posted: QueryDict, choices: Choices) -> Rule:
    """The rule as typed, unchecked; rows without a subject or a deed are left out."""
    kinds = {subject.key: subject.kind for subject in choices.subjects}

    def word(name: str, most: int = 200) -> str:
        return posted.get(name, "").strip()[:most]

    clauses = [
        Clause(subject, word(f"clause{n}_operator", 10), word(f"clause{n}_value"), kinds.get(subject, "text"))
        for n in range(MOST_CLAUSES)
        if (subject := word(f"clause{n}_subject"))
    ]
    deeds = [
        Deed(do, word(f"deed{n}_who", 40), word(f"deed{n}_what", 300), word(f"deed{n}_text", _WORDS), word(f"deed{n}_value", 500))
        for n in range(MOST_DEEDS)
        if (do := word(f"deed{n}_do", 20))
    ]
    return Rule(word("trigger", 40), tuple(clauses), word("expression", 600), tuple(deeds))


def drawn(rule: Rule, choices: Choices) -> dict[str, Any]:
    """What the template needs: every row with its boxes, one empty row after them, the sentence, the lists."""
    clauses = [*rule.clauses, *([Clause("", "is")] if len(rule.clauses) < MOST_CLAUSES else [])]
    deeds = [*rule.deeds, *([Deed("")] if len(rule.deeds) < MOST_DEEDS else [])]
    trigger = trigger_by_key(rule.trigger)
    has_step = trigger is None or trigger.has_step
    kinds = [(kind.key, str(kind.label)) for kind in KINDS.values() if has_step or not kind.needs_step]
    return {
        "triggers": [("", _("Choose…")), *((one.key, str(one.label)) for one in all_triggers())],
        "rule": rule, "sentence": sentence(_sayable(rule), choices.names),
        "subjects": [("", "–"), *((one.key, str(one.label)) for one in choices.subjects if has_step or not one.key.startswith("step."))],
        "operators": [
            ("is", _("is")), ("is_not", _("is not")), ("more", _("is more than")), ("less", _("is less than")), ("contains", _("contains")),
            ("known", _("is known")), ("unknown", _("is not known")),
        ],
        "clauses": [_clause(number, clause) for number, clause in enumerate(clauses)],
        "deeds": [_deed(number, deed, kinds, choices) for number, deed in enumerate(deeds)],
        "offered": [
            {"id": f"of-{key.replace('.', '-')}", "values": values} for key, values in _offered(rule.clauses, choices).items()
        ],
    }  # fmt: skip


def _sayable(rule: Rule) -> Rule:
    return Rule(rule.trigger, tuple(one for one in rule.clauses if one.operator), rule.expression, rule.deeds)


def _clause(number: int, clause: Clause) -> dict[str, Any]:
    return {
        "subject_name": f"clause{number}_subject", "subject": clause.subject, "operator_name": f"clause{number}_operator",
        "operator": clause.operator, "value_name": f"clause{number}_value", "value": clause.value,
        "list": f"of-{clause.subject.replace('.', '-')}", "has_value": clause.operator not in {"known", "unknown"},
    }  # fmt: skip


def _offered(clauses: tuple[Clause, ...], choices: Choices) -> Mapping[str, list[tuple[str, str]]]:
    """Values to choose from while typing, for the subjects that are there."""
    found: dict[str, list[tuple[str, str]]] = {}
    for clause in clauses:
        values = [(value, str(label)) for key, value, label in VALUES if key == clause.subject]
        if clause.subject == "journey.playbook":
            values = list(choices.lists["playbooks"].items())
        if clause.subject == "event.facts":
            values = list(choices.lists["facts"].items())
        found[clause.subject] = values
    return found


def _deed(number: int, deed: Deed, kinds: list[tuple[str, str]], choices: Choices) -> dict[str, Any]:
    kind: DeedKind | None = KINDS.get(deed.do)
    return {
        "do_name": f"deed{number}_do", "do": deed.do, "kinds": [("", "–"), *kinds],
        "fields": [
            {
                "name": f"deed{number}_{one.name}", "label": str(one.label), "how": one.how, "value": getattr(deed, one.name),
                "options": [("", _("Choose…")), *choices.lists.get(one.how, {}).items()],
            }
            for one in (kind.fields if kind else ())
        ],
        "fills": deed.do in {"notify", "message", "note", "add_step", "hold", "pause", "move_due"},
    }  # fmt: skip
