"""A playbook as frozen values, parsed from its YAML text; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from boardwell.domain.playbooks.conditions import FACTS, Condition, ConditionError, Roots, compile_condition
from boardwell.domain.playbooks.yamlfile import YamlProblem, load

type Texts = Mapping[str, str]

SIDES = ("ours", "customer", "third")
FORMAT = 1


class DocumentError(ValueError):
    """The text is no playbook; `lint` says where and why."""


@dataclass(frozen=True, slots=True)
class Role:
    """A function in the plan, filled by a person when a journey starts."""

    key: str
    side: str
    title: Texts


@dataclass(frozen=True, slots=True)
class FactType:
    """Something that can be known about a customer. `choices` maps values to their words."""

    key: str
    type: str
    title: Texts
    visibility: str = "shared"
    choices: Mapping[str, Texts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DueRule:
    """A day counted from an origin: `kickoff`, `step:<key>` or `fact:<key>`. `unit` is working or calendar days."""

    days: int
    unit: str = "working"
    origin: str = "kickoff"


@dataclass(frozen=True, slots=True)
class Need:
    """A predecessor. `type`: fs, ss, ff or sf (its end first, then this step's); `lag` in days of `unit`, negative to overlap."""

    step: str
    type: str = "fs"
    lag: int = 0
    unit: str = "working"


@dataclass(frozen=True, slots=True)
class Reminders:
    """Days before and after the due day on which to remind, and when the owner's managers hear of it."""

    before: tuple[int, ...] = ()
    on: bool = True
    after: tuple[int, ...] = (1,)
    escalate: int | None = None


def minutes_of_work(effort: float | None, minutes: int | None) -> int:
    """Minutes of work for hours of effort; without them the minutes that it takes."""
    return round(effort * 60) if effort is not None else minutes or 0


CLOCKS = ("our_turn", "our_overdue", "their_overdue")
TELLS = ("doer", "owner", "managers", "admins")


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung of an escalation ladder: after so many working hours or days of a clock, who hears of it, and who gets the step.

    `tell`: doer, owner, managers, admins, a member (mem_…) or, in a playbook, a role of it. `reassign`: owner, or a member.
    """

    after: int
    unit: str = "days"
    clock: str = "our_overdue"
    tell: tuple[str, ...] = ("owner",)
    reassign: str = ""

    @property
    def key(self) -> str:
        """What tells it from the others of its ladder: two that wait for the same are one."""
        return f"{self.clock}:{self.after}:{self.unit}"


GATE_ROOTS: Roots = (*FACTS, ("steps", None))
"""What a gate's condition looks at: facts, and the state of each step by its key."""
GATE_KINDS = ("if", "done", "nothing_blocked", "in_time", "opened_by")


@dataclass(frozen=True, slots=True)
class GateRule:
    """One condition of a gate.

    `kind`: if (the condition holds), done (the step is done), nothing_blocked, in_time (the promised go-live has not passed), opened_by
    (whoever plays the role opens it by hand). `says` puts it in words for the customer; `who` is the role that can act on it.
    """

    kind: str
    condition: Condition | None = None
    step: str = ""
    who: str = ""
    says: Texts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StepPlan:
    """One step as the playbook plans it.

    `minutes` is how long it takes whoever does it, `effort` the hours of work that it costs them in all.
    `duration` working days; None: as long as its days leave it. `not_before` and `deadline` are counted as `due` is.
    `fixed`: its due day stays whatever it waits for.
    """

    key: str
    kind: str
    side: str
    owner: str
    title: Texts
    visibility: str = "shared"
    required: bool = True
    minutes: int | None = None
    effort: float | None = None
    help: Texts = field(default_factory=dict)
    expect: Texts = field(default_factory=dict)
    due: DueRule | None = None
    duration: int | None = None
    not_before: DueRule | None = None
    deadline: DueRule | None = None
    fixed: bool = False
    needs: tuple[Need, ...] = ()
    when: Condition | None = None
    gate: tuple[GateRule, ...] = ()
    remind: Reminders = field(default_factory=Reminders)
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def marks(self) -> str:
        """kickoff, first_value or go_live for a milestone that records one of them, else empty."""
        return str(self.settings.get("marks", "")) if self.kind == "milestone" else ""

    @property
    def effort_minutes(self) -> int:
        """Minutes of work: the effort, else the minutes that it takes; 0 when neither is told."""
        return minutes_of_work(self.effort, self.minutes)


@dataclass(frozen=True, slots=True)
class Stage:
    """A named run of steps; a gate before it is before each of them."""

    key: str
    title: Texts
    steps: tuple[StepPlan, ...]
    gate: tuple[GateRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A whole playbook. `gates` maps stage:KEY and step:KEY to their conditions, `gated` a step's key to the gates before it.

    `escalation` is its own ladder, which may be empty; None: the house's.
    """

    key: str
    title: Texts
    summary: Texts
    party: str
    languages: tuple[str, ...]
    roles: Mapping[str, Role]
    facts: Mapping[str, FactType]
    stages: tuple[Stage, ...]
    escalation: tuple[Rung, ...] | None = None
    steps_by_key: Mapping[str, StepPlan] = field(init=False, repr=False, compare=False)
    gates: Mapping[str, tuple[GateRule, ...]] = field(init=False, repr=False, compare=False)
    gated: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)

    def every_step(self) -> Iterator[StepPlan]:
        """The steps in order."""
        for stage in self.stages:
            yield from stage.steps

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps_by_key", {step.key: step for step in self.every_step()})
        gates: dict[str, tuple[GateRule, ...]] = {f"stage:{stage.key}": stage.gate for stage in self.stages if stage.gate}
        gates |= {f"step:{step.key}": step.gate for step in self.every_step() if step.gate}
        object.__setattr__(self, "gates", gates)
        gated = {
            step.key: tuple(key for key in (f"stage:{stage.key}", f"step:{step.key}") if key in gates)
            for stage in self.stages
            for step in stage.steps
        }
        object.__setattr__(self, "gated", {key: found for key, found in gated.items() if found})

    def step(self, key: str) -> StepPlan | None:
        """A step by key."""
        return self.steps_by_key.get(key)

    def stage(self, key: str) -> Stage | None:
        """A stage by key."""
        return next((stage for stage in self.stages if stage.key == key), None)

    def steps_dated_from(self, key: str) -> list[StepPlan]:
        """Steps whose due day counts from another step's."""
        return [step for step in self.every_step() if step.due is not None and step.due.origin == f"step:{key}"]


def parse(source: str) -> Document:
    """The document, or DocumentError with the first fault; run `problems.lint` to get them all with their places."""
    try:
        root = load(source).plain
    except YamlProblem as problem:
        raise DocumentError(str(problem)) from problem
    try:
        return _document(root)
    except (KeyError, TypeError, ValueError, AttributeError, ConditionError) as problem:
        raise DocumentError(f"not a playbook: {problem!r}") from problem


@lru_cache(maxsize=256)
def _parsed(sha256: str, source: "_Unhashed") -> Document:
    return parse(source.text)


class _Unhashed:
    """A source that takes no part in the cache's key: the hash beside it already names it."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Unhashed)

    def __hash__(self) -> int:
        return 0


def document_for(sha256: str, source: str) -> Document:
    """`parse`, remembered by hash."""
    return _parsed(sha256, _Unhashed(source))


def _document(root: Any) -> Document:
    if root["boardwell"] != FORMAT:
        raise ValueError(f"format {root['boardwell']!r} is not {FORMAT}")
    return Document(
        key=str(root["key"]),
        title=_texts(root.get("title")),
        summary=_texts(root.get("summary")),
        party=str(root.get("party", "customer")),
        languages=tuple(root.get("languages", ("en",))),
        roles={key: Role(key, value["side"], _texts(value.get("title"))) for key, value in (root.get("roles") or {}).items()},
        facts={key: _fact(key, value) for key, value in (root.get("facts") or {}).items()},
        stages=tuple(
            Stage(
                stage["key"], _texts(stage.get("title")), tuple(_step(step) for step in stage.get("steps") or ()), _gate(stage.get("gate"))
            )
            for stage in root["stages"]
        ),
        escalation=_ladder(root.get("escalation")),
    )


def _fact(key: str, value: Any) -> FactType:
    choices = {str(word): _texts(texts) for word, texts in (value.get("choices") or {}).items()}
    return FactType(key, value.get("type", "text"), _texts(value.get("title")), value.get("visibility", "shared"), choices)


def _step(value: Any) -> StepPlan:
    when = value.get("when")
    remind = value.get("remind")
    duration = value.get("duration")
    minutes, effort = value.get("minutes"), value.get("effort")
    return StepPlan(
        key=value["key"],
        kind=value["kind"],
        side=value["side"],
        owner=value["owner"],
        title=_texts(value.get("title")),
        visibility=value.get("visibility", "shared"),
        required=bool(value.get("required", True)),
        minutes=int(minutes) if minutes is not None else None,
        effort=float(effort) if effort is not None else None,
        help=_texts(value.get("help")),
        expect=_texts(value.get("expect")),
        due=_counted(value.get("due")),
        duration=int(duration) if duration is not None else None,
        not_before=_counted(value.get("not_before")),
        deadline=_counted(value.get("deadline")),
        fixed=bool(value.get("fixed", False)),
        needs=tuple(_need(need) for need in value.get("needs") or ()),
        when=compile_condition(when) if when is not None else None,
        gate=_gate(value.get("gate")),
        remind=_reminders(remind) if remind is not None else Reminders(),
        settings=value.get("settings") or {},
    )


def _ladder(value: Any) -> tuple[Rung, ...] | None:
    if value is None:
        return None
    return tuple(
        Rung(
            int(rung["after"]), rung.get("unit", "days"), rung.get("clock", "our_overdue"), tuple(rung.get("tell", ("owner",))),
            rung.get("reassign", ""),
        )
        for rung in value
    )  # fmt: skip


def _gate(value: Any) -> tuple[GateRule, ...]:
    return tuple(_gate_rule(rule) for rule in value or ())


def _gate_rule(value: Any) -> GateRule:
    (kind,) = [name for name in GATE_KINDS if value.get(name) not in (None, False)]
    return GateRule(
        kind, compile_condition(value["if"], GATE_ROOTS) if kind == "if" else None, value["done"] if kind == "done" else "",
        value["opened_by"] if kind == "opened_by" else value.get("who", ""), _texts(value.get("says")),
    )  # fmt: skip


def _counted(value: Any) -> DueRule | None:
    return DueRule(int(value["days"]), value.get("unit", "working"), value.get("from", "kickoff")) if value else None


def _need(value: Any) -> Need:
    if isinstance(value, str):
        return Need(value)
    return Need(value["step"], value.get("type", "fs"), int(value.get("lag", 0)), value.get("unit", "working"))


def _reminders(value: Any) -> Reminders:
    escalate = value.get("escalate")
    return Reminders(
        before=tuple(int(days) for days in value.get("before", ())),
        on=bool(value.get("on", True)),
        after=tuple(int(days) for days in value.get("after", ())),
        escalate=int(escalate) if escalate is not None else None,
    )


def _texts(value: Any) -> Texts:
    if value is None:
        return {}
    if isinstance(value, str):
        return {"en": value}
    return {str(language): str(words) for language, words in value.items()}
