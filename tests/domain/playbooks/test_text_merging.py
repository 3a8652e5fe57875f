"""Two people's changes to one text: together where they can be, both where they cannot."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boardwell.domain.playbooks.merging import Merged, merge
from boardwell.domain.playbooks.problems import lint

BASE = "a\nb\nc\nd\ne\n"
TEXTS = st.lists(st.sampled_from("abcdefg"), max_size=12).map(lambda lines: "".join(f"{line}\n" for line in lines))


def merged(mine: str, theirs: str, base: str = BASE) -> Merged:
    return merge(base, mine, theirs, me="Anna", them="Bat")


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        ("a\nB\nc\nd\ne\n", "a\nb\nc\nD\ne\n", "a\nB\nc\nD\ne\n"),
        ("x\na\nb\nc\nd\ne\n", "a\nb\nc\nd\ne\nz\n", "x\na\nb\nc\nd\ne\nz\n"),
        ("a\nc\nd\ne\n", "a\nb\nc\nd\n", "a\nc\nd\n"),
        ("a\nX\nc\nd\ne\n", "a\nX\nc\nd\ne\n", "a\nX\nc\nd\ne\n"),
        ("a\r\nB\r\nc\r\n", "a\r\nb\r\nc\r\nd\r\n", None),
    ],
)
def test_changes_in_different_places_go_together(mine: str, theirs: str, expected: str | None) -> None:
    if expected is None:
        assert merged(mine, theirs, "a\r\nb\r\nc\r\n") == ("a\r\nB\r\nc\r\nd\r\n", 0)
    else:
        assert merged(mine, theirs) == (expected, 0)


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        ("a\nB1\nc\nd\ne\n", "a\nB2\nc\nd\ne\n", "a\n<<<<<<< Anna\nB1\n=======\nB2\n>>>>>>> Bat\nc\nd\ne\n"),
        ("a\nc\nd\ne\n", "a\nB2\nc\nd\ne\n", "a\n<<<<<<< Anna\n=======\nB2\n>>>>>>> Bat\nc\nd\ne\n"),
        ("a\nb\nc\nd\ne\nmine", "a\nb\nc\nd\ne\ntheirs", "a\nb\nc\nd\ne\n<<<<<<< Anna\nmine\n=======\ntheirs\n>>>>>>> Bat\n"),
        ("a\nB\nsame\nc\nd\ne\n", "a\nBB\nsame\nc\nd\ne\n", "a\n<<<<<<< Anna\nB\n=======\nBB\n>>>>>>> Bat\nsame\nc\nd\ne\n"),
    ],
)
def test_where_both_changed_the_same_lines_both_stand_between_marks(mine: str, theirs: str, expected: str) -> None:
    assert merged(mine, theirs) == (expected, 1)


def test_without_the_text_that_both_began_from_only_what_differs_is_marked() -> None:
    assert merged("a\nmine\nc\n", "a\ntheirs\nc\n", "") == ("a\n<<<<<<< Anna\nmine\n=======\ntheirs\n>>>>>>> Bat\nc\n", 1)


@given(TEXTS, TEXTS)
def test_who_changed_nothing_gets_the_other_text(base: str, changed: str) -> None:
    assert merged(changed, base, base or "x\n") == ((changed, 0) if base else merged(changed, base, "x\n"))
    assert merge(base or "x\n", base or "x\n", changed, me="", them="") == (changed, 0)
    assert merged(changed, changed, base) == (changed, 0)


@given(TEXTS, TEXTS, TEXTS)
def test_nothing_that_anybody_wrote_is_left_out(base: str, mine: str, theirs: str) -> None:
    text, conflicts = merged(mine, theirs, base)
    lines = text.splitlines()
    for wrote in (mine, theirs):
        assert set(wrote.splitlines()) - set(base.splitlines()) <= set(lines)
    assert [line.split()[0] for line in lines if line[:7] in {"<<<<<<<", "=======", ">>>>>>>"}] == [
        "<<<<<<<",
        "=======",
        ">>>>>>>",
    ] * conflicts


def test_marks_that_were_left_are_named_by_the_linter() -> None:
    text = merged("boardwell: 1\nkey: one\n", "boardwell: 1\nkey: two\n", "boardwell: 1\nkey: x\n").text
    (problem,) = lint(text)
    assert (problem.fault, problem.line, problem.column) == ("yaml.conflict", 2, 1)
