"""Save a rule: each time as a new version that never changes; it acts with the permissions of whoever saved it last."""

from dataclasses import replace

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.automations.deeds import check_deeds
from boardwell.domain.automations.models import Automation, AutomationVersion
from boardwell.domain.automations.queries import automation_by_id, choices
from boardwell.domain.automations.rules import MOST_CLAUSES, MOST_DEEDS, OPERATORS, ROOTS, Clause, Rule, kept, number_of
from boardwell.domain.automations.triggers import trigger_by_key
from boardwell.domain.people.models import Member
from boardwell.domain.playbooks.conditions import ConditionError, compile_condition
from boardwell.domain.playbooks.faults import Problem
from boardwell.domain.playbooks.problemwords import words_of
from boardwell.kernel import tenancy
from boardwell.kernel.checks import Faults
from boardwell.kernel.errors import NotAllowed


def save_automation(automation_id: str, *, name: str, rule: Rule) -> str:
    """Writes a new version and returns the rule's id; a new rule is off. Saving what is there already writes nothing.

    Raises NotAllowed, NotFound, Invalid: every field that must be put right, clauses as `clause0_value`, deeds as `deed0_who`.
    """
    actor = tenancy.require("automations:edit")
    maker = Member.objects.filter(pk=actor.id).first() if actor.kind == "member" else None
    if maker is None:
        raise NotAllowed(_("Only members make automations: a rule acts in the name of whoever made it."))
    faults = Faults()
    title = faults.line("name", name, 120, missing=_("Give it a name."))
    clean = checked(rule, faults)
    faults.stop()
    with transaction.atomic():
        before = automation_by_id(automation_id) if automation_id else None
        trigger = trigger_by_key(clean.trigger)
        event = trigger.event.__name__ if trigger else ""
        if before is None:
            row = Automation(name=title, event=event)
            row.save(force_insert=True)
        else:
            row = before.row
            if row.name == title and kept(before.rule) == kept(clean) and before.maker_id == maker.id:
                return row.id
            Automation.objects.filter(pk=row.id).update(
                name=title, event=event, current=row.current + 1, failures=0, stopped_words="",
                state="off" if row.state == "stopped" else row.state,
            )  # fmt: skip
        number = row.current + 1 if before else 1
        AutomationVersion(automation=row, number=number, rule=kept(clean), made_by=maker).save(force_insert=True)
        record(
            "automation.saved", object_kind="automation", object_id=row.id, label=title,
            before=kept(before.rule) if before else None, after={"version": number, **kept(clean)},
        )  # fmt: skip
    return row.id


def checked(rule: Rule, faults: Faults) -> Rule:
    """The rule, cleaned; notes under each field's name what must be put right."""
    trigger = trigger_by_key(rule.trigger)
    if trigger is None:
        faults.add("trigger", _("Choose what it waits for."))
    offered = choices()
    kinds = {subject.key: subject.kind for subject in offered.subjects}
    clauses = tuple(_clause(number, clause, kinds, faults) for number, clause in enumerate(rule.clauses[:MOST_CLAUSES]) if clause.subject)
    expression = faults.paragraph("expression", rule.expression, 500)
    if expression:
        try:
            compile_condition(expression, ROOTS)
        except ConditionError as problem:
            said = words_of(Problem(1, problem.column, f"condition.{problem.code}", params=tuple(problem.params.items())))
            faults.add("expression", _("At character %(column)d: %(fault)s") % {"column": problem.column, "fault": said})
    clean = replace(rule, deeds=rule.deeds[:MOST_DEEDS])
    return Rule(rule.trigger, clauses, expression, check_deeds(clean, trigger, offered.lists, faults))


def _clause(number: int, clause: Clause, kinds: dict[str, str], faults: Faults) -> Clause:
    field = f"clause{number}"
    subject = faults.one_of(f"{field}_subject", clause.subject, kinds, _("Choose one of the list."))
    operator = faults.one_of(f"{field}_operator", clause.operator, OPERATORS, _("Choose one of the list."))
    value = faults.line(f"{field}_value", clause.value, 200)
    kind = kinds.get(subject, "text")
    if operator not in {"known", "unknown", ""}:
        if not value:
            faults.add(f"{field}_value", _("Enter a value."))
        elif kind == "number" and number_of(value) is None:
            faults.add(f"{field}_value", _("Enter a number, such as 25."))
    return Clause(subject, operator or "is", "" if operator in {"known", "unknown"} else value, kind)
