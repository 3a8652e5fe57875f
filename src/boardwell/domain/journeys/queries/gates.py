"""Reads the gates of a journey: why each is shut, condition by condition, who can act, in the words of whoever reads."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from boardwell.domain.accounts.models import Contact
from boardwell.domain.journeys.access import may_sign_gate
from boardwell.domain.journeys.gates import Standing, Verdict, judged
from boardwell.domain.journeys.models import Fact, Gate, Journey
from boardwell.domain.organisations.queries import brand_of_current
from boardwell.domain.people.models import Member
from boardwell.domain.playbooks.document import Document
from boardwell.kernel import tenancy
from boardwell.kernel.clock import today
from boardwell.kernel.texts import in_language


@dataclass(frozen=True, slots=True)
class GateLine:
    """One condition: its words, whether it holds, and who can act on it (empty when nobody in particular)."""

    kind: str
    words: str
    holds: bool
    who: str = ""


@dataclass(frozen=True, slots=True)
class GateView:
    """A gate as a reader sees it. `title` is of what it stands before; `may_sign` and `may_override` are the reader's."""

    key: str
    title: str
    is_shut: bool
    lines: tuple[GateLine, ...]
    may_sign: bool = False
    may_override: bool = False
    opened_at: datetime | None = None
    opened_by_name: str = ""
    reason: str = ""

    @property
    def in_the_way(self) -> tuple[GateLine, ...]:
        """The conditions that do not hold."""
        return tuple(line for line in self.lines if not line.holds)

    @property
    def waits_only(self) -> bool:
        """Shut although every condition holds: what comes before the steps has to be done first."""
        return self.is_shut and not self.in_the_way


def gates_before(journey_id: str, document: Document, rows: Iterable[Mapping[str, Any]]) -> dict[str, tuple[GateView, ...]]:
    """The gates before each step, by its key. `rows` are the steps that the reader may see.

    Three or four queries, and none for a playbook without gates.
    """
    if not document.gates:
        return {}
    journey = Journey.objects.filter(pk=journey_id).first()
    gates = {gate.key: gate for gate in Gate.objects.filter(journey_id=journey_id) if gate.key in document.gates}
    if journey is None or not gates:
        return {}
    # Conditions are judged by all steps, whoever reads; the words name only what the reader may see.
    states = dict(journey.steps.exclude(state="cancelled").values_list("key", "state"))
    verdicts = weighed(journey, document, gates, states)
    reader = _Reader(journey, document, {str(row["key"]): row for row in rows})
    views = {key: reader.view(gate, verdicts[key]) for key, gate in gates.items()}
    return {key: tuple(views[gate] for gate in found if gate in views) for key, found in document.gated.items()}


def weighed(journey: Journey, document: Document, gates: Mapping[str, Gate], steps: Mapping[str, str]) -> dict[str, tuple[Verdict, ...]]:
    """Each of these gates with its conditions judged as of now; `steps` maps the keys of the plan to their states. One query."""
    facts = dict(Fact.objects.filter(journey=journey, superseded_at=None).values_list("key", "value"))
    day = today(journey.time_zone)
    return {
        key: judged(document.gates[key], Standing(facts, steps, day, journey.committed_live_on, gate.signed_at is not None))
        for key, gate in gates.items()
        if key in document.gates
    }


class _Reader:
    """Says conditions in the reader's words: the team reads everything, customers what was written for them."""

    def __init__(self, journey: Journey, document: Document, seen: Mapping[str, Mapping[str, Any]]) -> None:
        self.journey, self.document, self.seen = journey, document, seen
        self.actor = tenancy.current().actor
        ids = {str(person) for person in journey.roles.values() if person}
        self.people: dict[str, str] = dict(Contact.objects.filter(pk__in=ids).values_list("id", "name"))
        self.us = brand_of_current().display_name if not self.actor.is_insider else ""
        if self.actor.is_insider:
            self.people |= dict(Member.objects.filter(pk__in=ids).values_list("id", "name"))

    def view(self, gate: Gate, verdicts: tuple[Verdict, ...]) -> GateView:
        kind, _colon, key = gate.key.partition(":")
        stage, step = self.document.stage(key), self.document.step(key)
        title = in_language(stage.title) if kind == "stage" and stage else in_language(step.title) if step else key
        signers = [self.journey.roles.get(verdict.rule.who, "") for verdict in verdicts if verdict.rule.kind == "opened_by"]
        shut, insider = gate.state == "shut", self.actor.is_insider
        return GateView(
            gate.key, title, shut, tuple(self.line(verdict) for verdict in verdicts),
            may_sign=shut and gate.signed_at is None and may_sign_gate(self.actor, signers),
            may_override=shut and insider and self.actor.may("journeys:open_gates"),
            opened_at=gate.opened_at, opened_by_name=gate.opened_by_name if insider else "", reason=gate.reason if insider else "",
        )  # fmt: skip

    def line(self, verdict: Verdict) -> GateLine:
        rule = verdict.rule
        words = in_language(rule.says) if rule.says else ""
        return GateLine(rule.kind, words or self.words(verdict), verdict.holds, "" if verdict.holds else self.who(verdict))

    def words(self, verdict: Verdict) -> str:
        """What a condition says when the playbook has no words for it."""
        rule = verdict.rule
        match rule.kind:
            case "done":
                step = self.document.step(rule.step)
                if step is None or (rule.step not in self.seen and not self.actor.is_insider):
                    return _("Something is finished on our side")
                return _("“%(step)s” is done") % {"step": in_language(step.title)}
            case "nothing_blocked":
                return _("Nothing is blocked")
            case "in_time":
                day = self.journey.committed_live_on
                return (
                    _("The promised go-live has not passed: %(day)s") % {"day": date_format(day)}
                    if day
                    else _("The promised go-live has not passed")
                )
            case "opened_by":
                return _("It is opened by hand")
        return rule.condition.text if rule.condition and self.actor.is_insider else _("Something is still to be settled")

    def who(self, verdict: Verdict) -> str:
        """Who can act: who plays the role that the playbook names, else whoever does the steps in the way."""
        role = self.document.roles.get(verdict.rule.who)
        if role is not None:
            if role.side == "ours" and not self.actor.is_insider:
                return self.us
            return self.people.get(str(self.journey.roles.get(role.key, "")), "") or in_language(role.title)
        found = [self.doer(self.seen[key]) for key in verdict.steps if key in self.seen]
        if not found and verdict.steps and not self.actor.is_insider:
            return self.us
        return ", ".join(dict.fromkeys(name for name in found if name))

    def doer(self, row: Mapping[str, Any]) -> str:
        """The name of whoever does a step."""
        if row["side"] == "ours" and not self.actor.is_insider:
            return self.us
        return str(row["member_name"] or row["contact_name"] or "")
