"""The editor's changes to a playbook's text: they mean what was asked, and what they do not touch keeps its bytes."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.playbooks import edits, yamledit, yamlparts
from boardwell.domain.playbooks.edits import every_step, stages_of, steps_of
from boardwell.domain.playbooks.problems import lint
from boardwell.domain.playbooks.yamledit import EditError, same
from boardwell.domain.playbooks.yamlfile import load

ROOT = Path(__file__).resolve().parents[3]
COMMENTED = """\
# At the top.
boardwell: 1   # the format
key: "commented"
title: {en: Commented, bn: 'মন্তব্য'}

# People.
roles:
  we:    {side: ours, title: {en: We}}
  # the other side
  they:
    side: customer   # always
    title: They
facts:
  seats: {type: number, title: {en: Seats}}
stages:

  # --- the first ---
  - key: first
    title: {en: "First: one"}
    steps:
    # about asking
    - key: ask   # the key
      kind: form
      side: customer
      owner: they
      title:
        en: Ask
        # not sure about this word
        bn: জিজ্ঞাসা
      due: {days: 3, unit: working}   # three
      settings: {fields: [{key: seats, type: number, fact: seats, label: {en: Seats}}]}

    - {key: note, kind: task, side: ours, owner: we, title: {en: Note}, needs: [ask], when: facts.seats > 5}   # on one line
  - key: second
    title: {en: Second}
    steps:
      - key: train
        kind: task
        side: ours
        owner: we
        title: {en: Train}
        help: {en: |
          Two
          lines}
        needs:
          - ask
          - step: note   # later
            lag: 2
        due:
          days: 2
          from: step:ask
# The end.
""".replace(
    "        help: {en: |\n          Two\n          lines}\n", "        help:\n          en: |\n            Two\n            lines\n"
)
SMALL = (ROOT / "tests" / "small.yaml").read_text(encoding="utf-8")
TEXTS = {
    "commented": COMMENTED, "small": SMALL, "windows": COMMENTED.replace("\n", "\r\n"), "json": json.dumps(load(SMALL).plain, indent=1),
    "one line": json.dumps(load(SMALL).plain), "no end": COMMENTED.removesuffix("\n# The end.\n"),
    "shipped": (ROOT / "playbooks" / "four-steps.yaml").read_text(encoding="utf-8"),
}  # fmt: skip


def step_bytes(source: str) -> dict[str, str]:
    """The text of each step that stands on lines of its own."""
    text = yamlparts.Text(source)
    found = {}
    for path, step in every_step(text.plain):
        parent = text.node(path[:-1])
        if not parent.flow_style:
            start, end = text.item_lines(parent, path[-1])
            found[str(step["key"])] = source[start:end].rstrip()
    return found


def test_one_change_of_a_commented_text_changes_one_place() -> None:
    changed = edits.set_step(COMMENTED, 0, 0, {"due": {"days": 4, "unit": "working", "from": "kickoff"}})
    assert changed == COMMENTED.replace("due: {days: 3, unit: working}   # three", "due: {days: 4, unit: working}   # three")
    changed = edits.set_step(COMMENTED, 0, 0, {"title": {"en": "Ask: now", "bn": "জিজ্ঞাসা", "ms": "Tanya"}})
    assert changed == COMMENTED.replace("        en: Ask\n", "        en: 'Ask: now'\n").replace(
        "        bn: জিজ্ঞাসা\n", "        bn: জিজ্ঞাসা\n        ms: Tanya\n"
    )
    assert edits.set_step(COMMENTED, 0, 0, {"visibility": "shared", "required": True}) == COMMENTED
    assert edits.set_role(COMMENTED, "they", "they", {"side": "customer", "title": {"en": "They"}}) == COMMENTED


def test_what_is_emptied_goes_and_what_is_new_stands_at_its_usual_place() -> None:
    changed = edits.set_step(COMMENTED, 0, 0, {"due": None, "minutes": 15, "remind": {"before": [1], "on": True}})
    assert changed == COMMENTED.replace(
        "      due: {days: 3, unit: working}   # three\n", "      remind: {before: [1], on: true}\n"
    ).replace("      owner: they\n      title:", "      owner: they\n      minutes: 15\n      title:")


def test_a_moved_step_takes_its_comments_along_and_is_indented_as_its_new_neighbours() -> None:
    changed = edits.move_step(COMMENTED, 0, 0, 1, 0)
    moved = COMMENTED[COMMENTED.index("    # about asking") : COMMENTED.index("\n    - {key: note")]
    wanted = COMMENTED.replace(moved, "")
    put = "".join(f"  {line}\n" for line in moved.splitlines())
    assert changed == wanted.replace("    steps:\n      - key: train", f"    steps:\n{put}      - key: train")
    assert edits.move_step(changed, 1, 0, 0, 0) == COMMENTED.replace(f"{moved}\n", f"\n{moved}")


def test_a_step_renamed_is_renamed_wherever_it_is_named() -> None:
    changed = edits.set_step(COMMENTED, 0, 0, {"key": "inquire"})
    assert changed == COMMENTED.replace("key: ask ", "key: inquire ").replace("needs: [ask]", "needs: [inquire]").replace(
        "- ask\n", "- inquire\n"
    ).replace("step:ask", "step:inquire")


def test_a_fact_renamed_is_renamed_in_conditions_and_fields() -> None:
    changed = edits.set_fact(COMMENTED, "seats", "head_count", {"type": "number", "title": {"en": "Seats"}})
    assert changed == COMMENTED.replace("  seats: {type", "  head_count: {type").replace("fact: seats", "fact: head_count").replace(
        "facts.seats", "facts.head_count"
    )
    assert (
        'facts["head-count"] > 5'
        in load(edits.set_fact(COMMENTED, "seats", "head-count", {"type": "number"})).plain["stages"][0]["steps"][1]["when"]
    )


def test_a_role_renamed_is_renamed_at_its_steps() -> None:
    changed = edits.set_role(COMMENTED, "they", "lead", {"side": "customer"})
    assert changed == COMMENTED.replace("  they:\n", "  lead:\n").replace("owner: they", "owner: lead")


def test_a_removed_step_is_forgotten_by_those_that_need_it() -> None:
    changed = edits.remove_step(COMMENTED, 0, 0)
    gone = COMMENTED[COMMENTED.index("    # about asking") : COMMENTED.index("\n    - {key: note")]
    assert changed == COMMENTED.replace(gone, "").replace(", needs: [ask]", "").replace("          - ask\n", "")


def test_a_copy_has_the_same_bytes_but_for_its_key() -> None:
    changed = edits.duplicate_step(COMMENTED, 1, 0)
    text = COMMENTED[COMMENTED.index("      - key: train") : COMMENTED.index("# The end.")]
    assert changed == COMMENTED.replace(text, text + text.replace("key: train", "key: train-2"))


def test_a_copied_stage_has_keys_of_its_own() -> None:
    plain = load(edits.duplicate_stage(COMMENTED, 0)).plain
    assert [(stage["key"], [step["key"] for step in stage["steps"]]) for stage in plain["stages"]] == [
        ("first", ["ask", "note"]), ("first-2", ["ask-2", "note-2"]), ("second", ["train"]),
    ]  # fmt: skip
    assert plain["stages"][1]["steps"][1]["needs"] == ["ask-2"]


def test_new_parts_are_written_as_people_write_them() -> None:
    changed = edits.add_step(COMMENTED, 1, 1, {"en": "Say hello", "bn": "হ্যালো বলুন"}, ("we", "ours"))
    new = (
        "      - key: say-hello\n        kind: task\n        side: ours\n        owner: we\n        title: {en: Say hello, bn: হ্যালো বলুন}\n"
    )
    assert changed == COMMENTED.replace("# The end.", f"{new}# The end.")


def test_keys_are_made_of_titles_and_never_taken_twice() -> None:
    assert [edits.free_key(wish, {"ask"}) for wish in ("Ask", "Ask!", "আমার", "1st", "x" * 80)] == [
        "ask-2",
        "ask-2",
        "step",
        "step-1st",
        "x" * 56,
    ]


@pytest.mark.parametrize("name", TEXTS)
def test_an_edit_that_has_nothing_to_edit_is_refused(name: str) -> None:
    for wrong in (
        lambda s: edits.set_step(s, 9, 0, {}),
        lambda s: edits.move_step(s, 0, 99, 0, 0),
        lambda s: edits.remove_entry(s, "roles", "nope"),
    ):
        with pytest.raises((EditError, IndexError)):
            wrong(TEXTS[name])


words = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
texts = st.dictionaries(st.sampled_from(["en", "bn", "hi"]), words, min_size=1)


def any_edit(data: st.DataObject, source: str) -> tuple[str, set[str], bool]:
    """The text after one edit that was drawn, the keys of the steps that it may touch, and whether all may be."""
    plain = load(source).plain
    stage = data.draw(st.integers(0, len(stages_of(plain)) - 1))
    steps = steps_of(stages_of(plain)[stage])
    verb = data.draw(
        st.sampled_from(["title", "due", "when", "rename", "move", "copy", "remove", "add", "stage", "move_stage", "role", "settings"])
    )
    if verb == "add" or not steps:
        return edits.add_step(source, stage, data.draw(st.integers(0, len(steps))), data.draw(texts), ("we", "ours")), set(), False
    number = data.draw(st.integers(0, len(steps) - 1))
    key = str(steps[number]["key"])
    if verb == "title":
        return edits.set_step(source, stage, number, {"title": data.draw(texts), "help": data.draw(texts)}), {key}, False
    if verb == "due":
        due = {"days": data.draw(st.integers(-9, 9)), "unit": data.draw(st.sampled_from(["working", "calendar"])), "from": "kickoff"}
        return edits.set_step(source, stage, number, {"due": data.draw(st.sampled_from([None, due]))}), {key}, False
    if verb == "when":
        return edits.set_step(source, stage, number, {"when": data.draw(words), "minutes": 5}), {key}, False
    if verb == "settings":
        return edits.set_step(source, stage, number, {"settings": {"fields": [{"key": "a", "label": data.draw(texts)}] * 2}}), {key}, False
    if verb == "rename":
        return edits.set_step(source, stage, number, {"key": f"renamed-{data.draw(st.integers(0, 99))}-{key[:9]}"}), set(), True
    if verb == "move":
        to = data.draw(st.integers(0, len(stages_of(plain)) - 1))
        most = len(steps_of(stages_of(plain)[to])) - (to == stage)
        return edits.move_step(source, stage, number, to, data.draw(st.integers(0, most))), {key}, False
    if verb == "copy":
        return edits.duplicate_step(source, stage, number), set(), False
    if verb == "remove":
        return edits.remove_step(source, stage, number), set(), True
    if verb == "stage":
        return edits.set_stage(source, stage, {"title": data.draw(texts)}), set(), False
    if verb == "move_stage":
        return edits.move_stage(source, stage, data.draw(st.integers(0, len(stages_of(plain)) - 1))), set(), False
    return edits.set_role(source, "", f"role-{data.draw(st.integers(0, 9))}", {"side": "ours", "title": data.draw(texts)}), set(), False


@pytest.mark.parametrize("name", ["commented", "small", "windows", "json", "one line", "no end"])
@settings(max_examples=25)
@given(data=st.data())
def test_any_sequence_of_edits_gives_a_document_and_leaves_the_rest_alone(name: str, data: st.DataObject) -> None:
    source = TEXTS[name]
    for _turn in range(data.draw(st.integers(1, 6))):
        before = step_bytes(source) if name != "windows" else {}
        source, touched, any_may_be = any_edit(data, source)
        plain = load(source).plain
        assert [key for key, count in _counted(plain).items() if count > 1] == []
        if not any_may_be:
            after = step_bytes(source) if name != "windows" else {}
            moved = {key: text for key, text in before.items() if key not in touched and _bare(after.get(key, "")) != _bare(text)}
            assert moved == {}
    assert source.count("# At the top.") == (1 if "# At the top." in TEXTS[name] else 0)
    lint(source, kinds=kind_rules())


def _bare(text: str) -> list[str]:
    """A step's lines without their margin: moving between stages may change it. Comments above belong to whoever follows."""
    lines = [line.strip() for line in text.splitlines()]
    return [line for line in lines if not line.startswith("#")]


def _counted(plain: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for _path, step in every_step(plain):
        found[str(step["key"])] = found.get(str(step["key"]), 0) + 1
    return found


leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-99, 99),
    words,
    st.sampled_from(["a: b", "a #b", "- x", "true", "1.5", "'", '"', "x\ny\n", " x", "{", "৫", "2026-01-01", "\u2028"]),
)
values = st.recursive(leaves, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(words, inner, max_size=3)), max_leaves=8)


@pytest.mark.parametrize("name", ["commented", "json", "windows"])
@settings(max_examples=60)
@given(data=st.data())
def test_any_value_can_be_written_at_any_place(name: str, data: st.DataObject) -> None:
    source = TEXTS[name]
    wanted = copy.deepcopy(load(source).plain)
    path = data.draw(st.sampled_from([path for path in _paths(wanted) if path]))
    value = data.draw(values)
    assume(not isinstance(value, float))
    holder = wanted
    for part in path[:-1]:
        holder = holder[part]
    holder[path[-1]] = value
    assert same(load(yamledit.become(source, path, value)).plain, wanted)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, child in inner for found in _paths(child, (*path, key)))]


def test_a_needs_unit_and_a_steps_duration_survive_and_change_in_place() -> None:
    text = COMMENTED.replace("needs: [ask]", "needs: [{step: ask, type: ss, lag: 2, unit: calendar}]")
    same = edits.set_step(text, 0, 1, {"needs": [{"step": "ask", "type": "ss", "lag": 2, "unit": "calendar"}]})
    assert same == text
    working = edits.set_step(text, 0, 1, {"needs": [{"step": "ask", "type": "ss", "lag": 2, "unit": "working"}], "duration": 3})
    step = load(working).plain["stages"][0]["steps"][1]
    assert (step["needs"], step["duration"]) == ([{"step": "ask", "type": "ss", "lag": 2}], 3)
    renamed = edits.set_step(
        text.replace("title: {en: Note}", "title: {en: Note}, deadline: {days: 9, from: step:ask}"), 0, 0, {"key": "inquire"}
    )
    step = load(renamed).plain["stages"][0]["steps"][1]
    assert (step["needs"][0]["step"], step["deadline"]["from"]) == ("inquire", "step:inquire")
