"""The three-way difference, held by properties over thousands of made-up plans: nothing done is touched, nothing by hand is lost."""

from hypothesis import given
from hypothesis import strategies as st

from boardwell.domain.journeys.merging import FIELDS, WORK_FIELDS, FieldChange, Running, StepMerge, merge, outcome, tally_of

KEYS = ["a", "b", "c", "d", "e"]
VALUES = st.integers(0, 2)
PICTURE = st.fixed_dictionaries(dict.fromkeys(FIELDS, VALUES))
PLAN = st.dictionaries(st.sampled_from(KEYS), PICTURE, max_size=5)
RUNNING = st.builds(Running, PICTURE, st.booleans(), st.booleans())
THEIRS = st.dictionaries(st.sampled_from(KEYS), RUNNING, max_size=5)
PREFER = st.sampled_from(["theirs", "new"])


def untouched(plan):
    return {key: Running(picture) for key, picture in plan.items()}


@given(THEIRS, PLAN, PLAN)
def test_every_step_gets_exactly_one_verdict(theirs, old, new) -> None:
    keys = [step.key for step in merge(theirs, old, new)]
    assert sorted(keys) == sorted(theirs.keys() | new.keys())
    assert keys[: len(new)] == list(new)


@given(THEIRS, PLAN)
def test_a_version_that_means_the_same_changes_nothing(theirs, old) -> None:
    merged = merge(theirs, old, old)
    assert not tally_of(merged).changes_anything
    final = outcome(merged, theirs, old, prefer="new")
    assert {key: picture for key, picture in final.items() if picture is not None} == {key: one.picture for key, one in theirs.items()}


@given(PLAN, PLAN, PREFER)
def test_a_plan_that_nobody_touched_becomes_the_new_version(old, new, prefer) -> None:
    theirs = untouched(old)
    merged = merge(theirs, old, new)
    assert tally_of(merged).conflict == 0
    final = outcome(merged, theirs, new, prefer=prefer)
    assert {key: picture for key, picture in final.items() if picture is not None} == new


@given(THEIRS, PLAN, PLAN, PREFER)
def test_what_has_ended_is_never_touched(theirs, old, new, prefer) -> None:
    merged = merge(theirs, old, new)
    final = outcome(merged, theirs, new, prefer=prefer)
    for key, one in theirs.items():
        if one.has_ended:
            assert final[key] == one.picture
            assert next(step for step in merged if step.key == key) == StepMerge(key, "ended")


@given(THEIRS, PLAN, PLAN)
def test_nothing_that_was_changed_by_hand_is_lost_unless_somebody_says_so(theirs, old, new) -> None:
    final = outcome(merge(theirs, old, new), theirs, new, prefer="theirs")
    for key, one in theirs.items():
        if key in old and final[key] is None:
            assert not one.has_begun
            continue
        for name in FIELDS:
            if final[key] is not None and key in old and one.picture[name] != old[key][name]:
                assert final[key][name] == one.picture[name], name


@given(THEIRS, PLAN, PLAN)
def test_work_that_has_begun_keeps_what_it_rests_on(theirs, old, new) -> None:
    final = outcome(merge(theirs, old, new), theirs, new, prefer="theirs")
    for key, one in theirs.items():
        if one.has_begun and not one.has_ended:
            assert final[key] is not None
            if key in old:
                assert {name: final[key][name] for name in WORK_FIELDS} == {name: one.picture[name] for name in WORK_FIELDS}


@given(THEIRS, PLAN, PLAN)
def test_the_new_version_wins_everywhere_that_it_speaks_when_asked_to(theirs, old, new) -> None:
    final = outcome(merge(theirs, old, new), theirs, new, prefer="new")
    for key, one in theirs.items():
        if one.has_ended or key not in old:
            continue
        if key not in new:
            assert final[key] is None
            continue
        for name in FIELDS:
            wanted = new[key][name] if new[key][name] != old[key][name] else one.picture[name]
            assert final[key][name] == wanted, name


@given(PLAN, PLAN, PLAN)
def test_what_was_taken_out_by_hand_does_not_come_back(old, new, rest) -> None:
    theirs = {key: one for key, one in untouched(old).items() if key not in rest}
    final = outcome(merge(theirs, old, new), theirs, new, prefer="new")
    assert all(final.get(key) is None for key in old if key in rest)


@given(THEIRS, PLAN, PLAN, PREFER)
def test_moving_again_changes_nothing_more(theirs, old, new, prefer) -> None:
    final = outcome(merge(theirs, old, new), theirs, new, prefer=prefer)
    after = {
        key: Running(picture, theirs[key].has_ended if key in theirs else False, theirs[key].has_begun if key in theirs else False)
        for key, picture in final.items()
        if picture is not None
    }
    assert not tally_of(merge(after, new, new)).changes_anything


def test_a_conflict_names_all_three_sides() -> None:
    base = {**dict.fromkeys(FIELDS, 0), "planned_on": "2026-12-01"}
    mine, wanted = {**base, "planned_on": "2026-12-09"}, {**base, "planned_on": "2026-12-04", "title": 1}
    (step,) = merge({"a": Running(mine)}, {"a": base}, {"a": wanted})
    assert step.verdict == "conflict"
    assert step.changes == (
        FieldChange("planned_on", "2026-12-01", "2026-12-09", "2026-12-04", is_conflict=True), FieldChange("title", 0, 0, 1),
    )  # fmt: skip
    assert outcome((step,), {"a": Running(mine)}, {"a": wanted}, prefer="theirs")["a"] == {**mine, "title": 1}
    assert outcome((step,), {"a": Running(mine)}, {"a": wanted}, prefer="new")["a"] == wanted


def test_work_that_has_begun_on_a_step_that_goes_is_a_conflict_not_a_loss() -> None:
    base = dict.fromkeys(FIELDS, 0)
    (step,) = merge({"a": Running(base, has_begun=True)}, {"a": base}, {})
    assert (step.verdict, step.changes[0].name) == ("conflict", "step")
