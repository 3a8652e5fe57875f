"""A rule in words: “When … and …, then …”, and what a firing says of itself."""

from collections.abc import Mapping
from typing import Any

from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from boardwell.domain.automations.deeds import KINDS
from boardwell.domain.automations.rules import Clause, Rule
from boardwell.domain.automations.triggers import trigger_by_key


def clause_words(clause: Clause, names: Mapping[str, str]) -> str:
    """One condition as a person says it. `names` maps subjects, and `subject=value`, to their words."""
    subject = names.get(clause.subject, clause.subject)
    parts = {"subject": subject, "value": names.get(f"{clause.subject}={clause.value}", clause.value)}
    match clause.operator:
        case "is":
            return _("%(subject)s is %(value)s") % parts
        case "is_not":
            return _("%(subject)s is not %(value)s") % parts
        case "more":
            return _("%(subject)s is more than %(value)s") % parts
        case "less":
            return _("%(subject)s is less than %(value)s") % parts
        case "contains":
            return _("%(subject)s contains %(value)s") % parts
        case "known":
            return _("%(subject)s is known") % parts
    return _("%(subject)s is not known") % parts


def condition_words(rule: Rule, number: int, names: Mapping[str, str]) -> str:
    """The condition with this number, counted as in `Rule.conditions`."""
    return clause_words(rule.clauses[number], names) if number < len(rule.clauses) else rule.expression


def sentence(rule: Rule, names: Mapping[str, str]) -> str:
    """The whole rule; what is still missing stands as three dots."""
    trigger = trigger_by_key(rule.trigger)
    deeds = [KINDS[deed.do].words(deed, names) for deed in rule.deeds if deed.do in KINDS]
    parts = {"when": str(trigger.label) if trigger else "…", "then": get_text_list(deeds, _("and")) if deeds else "…"}
    conditions = [clause_words(clause, names) for clause in rule.clauses] + ([rule.expression] if rule.expression else [])
    if not conditions:
        return _("When %(when)s, then %(then)s.") % parts
    return _("When %(when)s and %(if)s, then %(then)s.") % {**parts, "if": get_text_list(conditions, _("and"))}


def deeds_in_words(rule: Rule, names: Mapping[str, str]) -> list[str]:
    """What the rule does, each in words."""
    return [KINDS[deed.do].words(deed, names) for deed in rule.deeds if deed.do in KINDS]


def why_in_words(rule: Rule, why: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Why nothing was done: the first condition that did not hold, or the guard that cut."""
    match why.get("cut"):
        case "depth":
            return _("Stopped: automations had set each other off %(n)d times in a row.") % {"n": why.get("n", 0)}
        case "rate":
            return _("Stopped: this rule had run %(n)d times on this onboarding within an hour.") % {"n": why.get("n", 0)}
        case "journey_rate":
            return _("Stopped: automations had run %(n)d times on this onboarding within an hour.") % {"n": why.get("n", 0)}
    if why.get("other"):
        return _("Another event of the same kind.")
    if why.get("state"):
        return _("The step is in another state by now.")
    number = why.get("unmet")
    if number is None or number >= len(rule.conditions):
        return ""
    return _("Not so: %(condition)s") % {"condition": condition_words(rule, number, names)}
