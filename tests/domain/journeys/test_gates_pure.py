"""Gates without a database: what each condition means, and that a gate opens exactly when all of them hold."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from boardwell.domain.journeys.gates import Standing, judged, may_open
from boardwell.domain.playbooks.conditions import compile_condition
from boardwell.domain.playbooks.document import GATE_ROOTS, GateRule

TODAY = date(2026, 3, 2)
STATES = ("locked", "ready", "active", "waiting", "blocked", "done", "skipped", "cancelled")
RULES = (
    GateRule("if", compile_condition("facts.seats > 50 && steps.review == 'done'", GATE_ROOTS)),
    GateRule("done", step="sign"), GateRule("nothing_blocked"), GateRule("in_time"), GateRule("opened_by", who="manager"),
)  # fmt: skip
GOOD = Standing({"seats": 60}, {"review": "done", "sign": "done"}, TODAY, TODAY, signed=True)

standings = st.builds(
    Standing, st.fixed_dictionaries({"seats": st.sampled_from([None, 10, 60])}),
    st.dictionaries(st.sampled_from(["review", "sign", "other"]), st.sampled_from(STATES)), st.just(TODAY),
    st.one_of(st.none(), st.integers(-3, 3).map(lambda days: TODAY + timedelta(days=days))), st.booleans(),
)  # fmt: skip


def holds(standing: Standing) -> list[bool]:
    return [verdict.holds for verdict in judged(RULES, standing)]


def test_each_condition_stands_for_itself() -> None:
    assert holds(GOOD) == [True] * 5
    assert holds(Standing({}, GOOD.steps, TODAY, TODAY, signed=True)) == [False, True, True, True, True]
    assert holds(Standing(GOOD.facts, {"review": "done", "sign": "ready"}, TODAY, TODAY, signed=True)) == [True, False, True, True, True]
    assert holds(Standing(GOOD.facts, {**GOOD.steps, "x": "blocked"}, TODAY, TODAY, signed=True)) == [True, True, False, True, True]
    assert holds(Standing(GOOD.facts, GOOD.steps, TODAY, TODAY - timedelta(days=1), signed=True)) == [True, True, True, False, True]
    assert holds(Standing(GOOD.facts, GOOD.steps, TODAY, TODAY)) == [True, True, True, True, False]


def test_a_step_that_this_customer_does_not_get_holds_nobody_up_but_a_skipped_one_is_not_done() -> None:
    (verdict,) = judged([GateRule("done", step="sign")], Standing({}, {}, TODAY))
    assert verdict.holds
    for state, held in (("cancelled", True), ("skipped", False), ("waiting", False), ("done", True)):
        (verdict,) = judged([GateRule("done", step="sign")], Standing({}, {"sign": state}, TODAY))
        assert (verdict.holds, verdict.steps) == (held, () if held else ("sign",))


def test_what_stands_in_the_way_is_named() -> None:
    (verdict,) = judged([GateRule("nothing_blocked")], Standing({}, {"a": "blocked", "b": "done", "c": "blocked"}, TODAY))
    assert verdict.steps == ("a", "c")


@given(standings)
def test_a_gate_opens_exactly_when_every_condition_holds(standing: Standing) -> None:
    verdicts = judged(RULES, standing)
    assert [verdict.rule for verdict in verdicts] == list(RULES)
    assert may_open(verdicts) == all(holds(standing))
    expected = (
        standing.facts.get("seats") == 60 and standing.steps.get("review") == "done",
        standing.steps.get("sign", "done") in {"done", "cancelled"},
        "blocked" not in standing.steps.values(),
        standing.committed_on is None or standing.committed_on >= TODAY,
        standing.signed,
    )
    assert tuple(holds(standing)) == expected


@given(standings)
def test_a_condition_more_never_opens_a_gate(standing: Standing) -> None:
    for length in range(len(RULES)):
        if not may_open(judged(RULES[:length], standing)):
            assert not may_open(judged(RULES[: length + 1], standing))


@given(standings, st.integers(0, 30))
def test_time_alone_opens_no_gate(standing: Standing, days: int) -> None:
    """So no clock has to look at gates: what is shut stays so until something happens."""
    later = Standing(standing.facts, standing.steps, TODAY + timedelta(days=days), standing.committed_on, standing.signed)
    if not may_open(judged(RULES, standing)):
        assert not may_open(judged(RULES, later))
