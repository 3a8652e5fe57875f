"""Whatever stands in a playbook, the linter names it; it never fails itself."""

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from boardwell.domain.audit.queries import entries_for_object
from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.playbooks.actions.write_playbook import create_playbook, duplicate_playbook, import_playbook
from boardwell.domain.playbooks.document import parse
from boardwell.domain.playbooks.models import Playbook
from boardwell.domain.playbooks.problems import lint
from boardwell.kernel.errors import Invalid
from tests.conftest import SMALL

WHOLE = YAML(typ="safe", pure=True).load(SMALL)
JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.just(10**400), st.just(-(10**400)), st.floats(), st.text(max_size=20),
    st.just([]), st.just({}), st.just(["a"]), st.just({"en": 1}), st.just([[["x"]]]), st.just({"a": {"b": []}}),
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, child in inner for found in places(child, (*path, key)))]


def written(value: Any) -> str:
    """JSON is YAML; floats that JSON has no words for are written as Python writes them."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{written(str(key))}: {written(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(written(inner) for inner in value) + "]"
    if isinstance(value, str):
        return '"' + "".join(letter if letter.isalnum() or letter in " -_.:=<>|&" else f"\\U{ord(letter):08x}" for letter in value) + '"'
    return {None: "null", True: "true", False: "false"}.get(value) or str(value) if value is None or isinstance(value, bool) else str(value)


@settings(max_examples=300)
@given(st.data())
def test_any_value_in_any_place_is_named_and_never_breaks_the_linter(data: st.DataObject) -> None:
    changed = copy.deepcopy(WHOLE)
    *most, last = data.draw(st.sampled_from(places(WHOLE)[1:]))
    holder = changed
    for part in most:
        holder = holder[part]
    holder[last] = data.draw(JUNK)
    source = written(changed)
    if not [problem for problem in lint(source, kinds=kind_rules()) if problem.severity == "error"]:
        parse(source)


@pytest.mark.parametrize("owner", ["[a]", "{a: b}", "3", "true", "1e400"])
def test_an_owner_that_is_no_word_is_an_unknown_role(owner: str) -> None:
    source = written(WHOLE).replace('"owner": "', '"owner": [], "x": "', 1)
    assert "no_owner" in {problem.code for problem in lint(source)}
    named = written(
        {**WHOLE, "stages": [{"key": "s", "title": "T", "steps": [{"key": "a", "kind": "task", "side": "ours", "title": "T"}]}]}
    )
    with_owner = named.replace('"side": "ours", "title": "T"}', f'"side": "ours", "title": "T", "owner": {owner}}}')
    assert "unknown_role" in {problem.code for problem in lint(with_owner)}


def test_half_a_character_is_refused_with_its_place(house) -> None:
    broken = SMALL + "# x\ud800\n"
    found = lint(broken)
    assert [(problem.code, problem.line, problem.column) for problem in found] == [("yaml", SMALL.count("\n") + 1, 4)]
    with house.as_owner():
        with pytest.raises(Invalid):
            import_playbook(broken, kind_rules())
        assert Playbook.objects.get(key="small").draft == SMALL


@pytest.mark.parametrize("new_key", [r"\1", r"\g<x>", "\\", "Big", "a b", ""])
def test_a_copy_with_a_bad_key_is_refused_and_leaves_nothing(house, new_key: str) -> None:
    with house.as_owner():
        with pytest.raises(Invalid) as refused:
            duplicate_playbook("small", new_key)
        assert list(refused.value.fields) == ["key"]
        assert Playbook.objects.count() == 1


def test_an_import_over_a_colleagues_draft_stands_in_the_log(house) -> None:
    with house.as_owner():
        book_id = create_playbook("mine", "key: mine\n")
        import_playbook(SMALL.replace("key: small", "key: mine", 1), kind_rules(), publish=False)
        assert [entry.verb for entry in entries_for_object(book_id)].count("playbook.drafted") == 1
