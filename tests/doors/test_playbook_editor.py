"""The playbook editor over HTTP, as a browser without JavaScript uses it."""

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.people.roles import actor_for_member
from boardwell.domain.playbooks.actions.write_draft import edit_draft, save_draft
from boardwell.domain.playbooks.actions.write_playbook import create_playbook, import_playbook
from boardwell.domain.playbooks.edits import set_step
from boardwell.domain.playbooks.models import DraftRevision, Playbook
from boardwell.domain.playbooks.problems import lint
from boardwell.domain.playbooks.queries import playbook_page
from boardwell.domain.playbooks.yamlfile import load
from boardwell.kernel.errors import Conflict, Invalid, NotAllowed
from boardwell.kernel.tenancy import acting_for
from tests.conftest import SMALL

EDIT = "/acme/playbooks/small/edit/"
SHIPPED = Path(__file__).resolve().parents[2] / "playbooks"


def draft(house, key: str = "small") -> str:
    with house.as_owner():
        return playbook_page(key).draft


def form_of(client: Client, path: str) -> dict[str, Any]:
    """What the open part's form would send when nothing is changed, read from the page as a browser reads it."""
    from html.parser import HTMLParser

    class Fields(HTMLParser):
        def __init__(self) -> None:
            super().__init__(convert_charrefs=True)
            self.inside, self.found, self.select, self.option, self.area = False, {}, "", None, ""

        def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
            values = dict(given)
            if tag == "form":
                self.inside = values.get("id") == "part"
            if not self.inside:
                return
            name = values.get("name") or ""
            if tag == "input" and (values.get("type") not in ("checkbox", "radio") or "checked" in values):
                self.put(name, values.get("value") or "")
            elif tag == "select":
                self.select, self.option = name, None
            elif tag == "option" and self.select and (self.option is None or "selected" in values):
                self.option = values.get("value") or ""
            elif tag == "textarea":
                self.area = name
                self.put(name, "")

        def handle_endtag(self, tag: str) -> None:
            if tag == "form":
                self.inside = False
            elif tag == "select" and self.select:
                self.put(self.select, self.option or "")
                self.select = ""
            elif tag == "textarea":
                self.area = ""

        def handle_data(self, text: str) -> None:
            if self.area:
                self.found[self.area][-1] += text

        def put(self, name: str, value: str) -> None:
            self.found.setdefault(name, []).append(value)

    answer = client.get(path)
    assert answer.status_code == 200, answer.status_code
    fields = Fields()
    fields.feed(answer.content.decode())
    fields.found.pop("verb", None)
    fields.found.pop("csrfmiddlewaretoken", None)
    return fields.found


@pytest.fixture
def client(house, signed_in) -> Client:
    return signed_in(house.owner.person)


PARTS = ["playbook", "roles", "facts", "0", *(f"0.{n}" for n in range(5))]


@pytest.mark.parametrize("at", PARTS)
def test_saving_a_form_that_nobody_touched_changes_not_one_byte(house, client, at: str) -> None:
    assert client.post(EDIT, form_of(client, f"{EDIT}?at={at}")).status_code == 302
    assert draft(house) == SMALL
    with house.as_owner():
        assert playbook_page("small").revision == 1


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yaml")), ids=lambda path: path.stem)
def test_no_form_of_a_shipped_playbook_changes_a_byte_when_nobody_touched_it(house, client, path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    with house.as_owner():
        import_playbook(source, kind_rules(), publish=False)
    stages = load(source).plain["stages"]
    # One step for each kind with each set of fields: the rest of a playbook is more of the same.
    steps = {(step["kind"], *sorted(step)): f"{n}.{m}" for n, stage in enumerate(stages) for m, step in enumerate(stage["steps"])}
    parts = ["playbook", "roles", "facts", "0", *steps.values()]
    for at in parts:
        address = f"/acme/playbooks/{path.stem}/edit/"
        client.post(address, form_of(client, f"{address}?at={at}"))
        assert draft(house, path.stem) == source, at


def test_fields_of_a_step_are_written_where_they_belong(house, client) -> None:
    form = form_of(client, f"{EDIT}?at=0.1")
    form |= {
        "title.en": "What do you need?",
        "title.bn": "কী দরকার?",
        "due.days": "4",
        "due.unit": "calendar",
        "minutes": "15",
        "effort": "1,5",
        "when": "facts.seats > 3",
    }
    form |= {"remind.own": "1", "remind.before": "2, 1", "remind.after": "3", "remind.escalate": "5"}
    assert client.post(EDIT, {**form, "verb": "save"}).status_code == 302
    wanted = SMALL.replace(
        "        title: {en: Needs}\n", "        minutes: 15\n        effort: 1.5\n        title: {en: What do you need?, bn: কী দরকার?}\n"
    )
    step = load(draft(house)).plain["stages"][0]["steps"][1]
    assert (step["title"], step["due"], step["minutes"], step["effort"], step["when"], step["remind"]) == (
        {"en": "What do you need?", "bn": "কী দরকার?"}, {"days": 4, "unit": "calendar"}, 15, 1.5, "facts.seats > 3",
        {"before": [2, 1], "on": True, "after": [3], "escalate": 5},
    )  # fmt: skip
    untouched = [line for line in wanted.splitlines() if "key: " in line and "needs" not in line]
    assert [line for line in untouched if line not in draft(house).splitlines()] == []


def test_settings_of_a_kind_are_edited_row_by_row(house, client) -> None:
    form = form_of(client, f"{EDIT}?at=0.1")
    assert form["settings.fields.0.label.en"] == ["Seats"]
    form |= {"settings.fields.1.label.en": "Which plan?", "settings.fields.1.type": "choice", "settings.fields.1.choices.0.texts.en": "Big"}
    client.post(EDIT, form)
    fields = load(draft(house)).plain["stages"][0]["steps"][1]["settings"]["fields"]
    assert fields[0] == {"key": "seats", "type": "number", "label": {"en": "Seats"}, "required": True, "fact": "seats"}
    assert fields[1] == {"key": "which-plan", "type": "choice", "label": {"en": "Which plan?"}, "choices": {"big": {"en": "Big"}}}
    client.post(EDIT, {**form_of(client, f"{EDIT}?at=0.1"), "verb": "row-up:settings.fields.1"})
    assert [one["key"] for one in load(draft(house)).plain["stages"][0]["steps"][1]["settings"]["fields"]] == ["which-plan", "seats"]
    client.post(EDIT, {**form_of(client, f"{EDIT}?at=0.1"), "verb": "row-remove:settings.fields.0"})
    assert load(draft(house)).plain == load(SMALL).plain


def test_steps_are_added_moved_copied_and_taken_out_and_it_can_be_undone(house, client) -> None:
    def press(verb: str, at: str) -> str:
        answer = client.post(EDIT, {**form_of(client, f"{EDIT}?at={at}"), "verb": verb})
        assert answer.status_code == 302
        return answer.headers["Location"]

    def keys() -> list[list[str]]:
        return [[step["key"] for step in stage["steps"]] for stage in load(draft(house)).plain["stages"]]

    assert press("add_step", "0.0").endswith("?at=0.1#o-0.1")
    assert keys() == [["welcome", "new-step", "needs", "training", "signoff", "live"]]
    assert press("down", "0.1").endswith("?at=0.2#o-0.2")
    assert press("duplicate", "0.2").endswith("?at=0.3#o-0.3")
    assert keys() == [["welcome", "needs", "new-step", "new-step-2", "training", "signoff", "live"]]
    assert press("add_stage", "0").endswith("?at=1#o-1")
    press("down", "0.6")
    assert keys() == [["welcome", "needs", "new-step", "new-step-2", "training", "signoff"], ["live", "new-stage"]]
    before = draft(house)
    gone = press("delete", "0.1")
    assert keys() == [["welcome", "new-step", "new-step-2", "training", "signoff"], ["live", "new-stage"]]
    assert "needs" not in load(draft(house)).plain["stages"][0]["steps"][3]
    page = client.get(gone.partition("#")[0]).content.decode()
    undo = re.search(r'value="(restore:\d+)"', page)
    assert undo is not None
    client.post(EDIT, {**form_of(client, f"{EDIT}?at=0"), "verb": undo.group(1)})
    assert draft(house) == before


def test_a_renamed_step_is_followed_and_a_fact_and_a_role_too(house, client) -> None:
    client.post(EDIT, {**form_of(client, f"{EDIT}?at=0.1"), "key": "discovery"})
    client.post(EDIT, {**form_of(client, f"{EDIT}?at=facts"), "facts.0.key": "users"})
    client.post(EDIT, {**form_of(client, f"{EDIT}?at=roles"), "roles.1.key": "sponsor"})
    assert draft(house) == (
        SMALL.replace("key: needs\n", "key: discovery\n").replace("needs: [needs]", "needs: [discovery]").replace("  seats: {type", "  users: {type")
        .replace("fact: seats", "fact: users").replace("facts.seats", "facts.users").replace("  lead: {", "  sponsor: {").replace("owner: lead", "owner: sponsor")
    )  # fmt: skip
    with house.as_owner():
        assert lint(draft(house), kinds=kind_rules()) == []


def test_what_is_typed_wrong_is_kept_and_named_beside_its_field(house, client) -> None:
    answer = client.post(
        EDIT, {**form_of(client, f"{EDIT}?at=0.1"), "due.days": "soon", "when": "facts.seets > 3", "owner": "nobody"}, follow=True
    )
    page = answer.content.decode()
    for field, words in (("due", "due is such as"), ("when", "Did you mean “seats”?"), ("owner", "There is no role “nobody”")):
        beside = page[page.index(f'id="at-{field}"') :][:900]
        assert words in beside.replace("&quot;", '"'), field
    assert 'value="soon"' in page
    assert 'value="facts.seets &gt; 3"' in page


def test_the_check_answers_as_if_it_were_saved_and_saves_nothing(house, client) -> None:
    form = {**form_of(client, f"{EDIT}?at=0.1"), "when": "facts.seats >"}
    answer = client.post(f"{EDIT}check/", form)
    assert (answer.status_code, answer.content.decode().count("data-field=")) == (200, 1)
    assert 'data-field="when"' in answer.content.decode()
    assert draft(house) == SMALL


def test_the_second_of_two_editors_is_told_who_changed_what_and_loses_nothing(house, client) -> None:
    form = form_of(client, f"{EDIT}?at=0.1")
    with acting_for(house.organisation_id, actor_for_member(house.member("manager"))):
        other = lambda source: set_step(source, 0, 1, {"minutes": 45, "title": {"en": "Theirs"}})  # noqa: E731
        edit_draft("small", other, revision=1, verb="step.changed", subject="0.1")
    answer = client.post(EDIT, {**form, "title.en": "Mine"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "manager acme" in page
    assert "steps.needs.minutes" in page
    assert 'value="Mine"' in page
    assert 'value="45"' in page  # what they changed and I did not stands there too
    assert load(draft(house)).plain["stages"][0]["steps"][1]["title"] == {"en": "Theirs"}
    again = {**form, "revision": "2", "title.en": "Mine", "minutes": "45"}
    assert client.post(EDIT, again).status_code == 302
    step = load(draft(house)).plain["stages"][0]["steps"][1]
    assert (step["title"], step["minutes"]) == ({"en": "Mine"}, 45)


def test_a_step_that_was_taken_out_meanwhile_is_put_in_again_by_saving(house, client) -> None:
    form = form_of(client, f"{EDIT}?at=0.2")
    client.post(EDIT, {**form_of(client, f"{EDIT}?at=0.2"), "verb": "delete"})
    answer = client.post(EDIT, {**form, "title.en": "Training, mine"})
    assert answer.status_code == 409
    assert 'value="0.new"' in answer.content.decode()
    assert client.post(EDIT, {**form, "title.en": "Training, mine", "revision": "2", "at": "0.new"}).status_code == 302
    steps = load(draft(house)).plain["stages"][0]["steps"]
    assert [(step["key"], step["title"]["en"]) for step in steps][-1] == ("training", "Training, mine")


def shown_text(answer: Any) -> str:
    """What stands in the text editor of a page."""
    return unescape(re.search(r"<textarea[^>]*>\n(.*?)</textarea>", answer.content.decode(), re.DOTALL)[1])  # type: ignore[index]


def test_two_who_edit_the_text_never_overwrite_each_other(house, client) -> None:
    address = "/acme/playbooks/small/text/"
    assert client.post(address, {"source": SMALL + "# one\n", "revision": "1"}).status_code == 302
    answer = client.post(address, {"source": SMALL + "# two\n", "revision": "1"})
    assert answer.status_code == 409
    assert shown_text(answer) == f"{SMALL}<<<<<<< You\n# two\n=======\n# one\n>>>>>>> Owner acme\n"
    assert "In 1 place you both changed the same lines." in answer.content.decode()
    assert draft(house) == SMALL + "# one\n"


def test_changes_to_the_text_in_different_places_stand_together_to_be_saved(house, client) -> None:
    address = "/acme/playbooks/small/text/"
    theirs, mine = SMALL + "# theirs\n", "# mine\n" + SMALL
    client.post(address, {"source": theirs, "revision": "1"})
    answer = client.post(address, {"source": mine, "revision": "1"})
    assert (answer.status_code, shown_text(answer)) == (409, "# mine\n" + theirs)
    assert 'name="revision" value="2"' in answer.content.decode()
    assert "you both changed the same lines" not in answer.content.decode()
    assert draft(house) == theirs
    assert client.post(address, {"source": shown_text(answer), "revision": "2"}).status_code == 302
    assert draft(house) == "# mine\n" + theirs


def test_publishing_shows_what_changes_and_is_blocked_by_errors(house, client) -> None:
    address = "/acme/playbooks/small/publish/"
    assert "Nothing has changed" in client.get(address).content.decode()
    client.post(EDIT, {**form_of(client, f"{EDIT}?at=0.0"), "title.en": "Hello"})
    page = client.get(address).content.decode()
    assert "steps.welcome.title" in page
    client.post(EDIT, {**form_of(client, f"{EDIT}?at=0.0"), "owner": "nobody"})
    page = client.get(address).content.decode()
    assert "1 error stands in the way" in page
    answer = client.post(address, {"note": "try"})
    assert answer.status_code == 422
    with house.as_owner():
        assert playbook_page("small").number == 1
    client.post(EDIT, {**form_of(client, f"{EDIT}?at=0.0"), "owner": "manager"})
    assert client.post(address, {"note": "Friendlier"}).status_code == 302
    with house.as_owner():
        assert playbook_page("small").number == 2


@pytest.mark.parametrize(
    ("sent", "key"),
    [
        ({"from": "nothing", "nothing_key": "mine"}, "mine"), ({"from": "shipped", "name": "four-steps"}, "four-steps"),
        ({"from": "shipped", "name": "four-steps", "shipped_key": "own-steps"}, "own-steps"), ({"from": "own", "name": "small", "own_key": "copy"}, "copy"),
    ],
)  # fmt: skip
def test_there_are_four_ways_to_begin(house, client, sent: dict[str, str], key: str) -> None:
    answer = client.post("/acme/playbooks/new/", sent)
    assert answer.headers["Location"] == f"/acme/playbooks/{key}/edit/"
    assert load(draft(house, key)).plain["key"] == key
    assert [one for one in lint(draft(house, key), kinds=kind_rules()) if one.severity == "error"] == []
    assert client.post("/acme/playbooks/new/", {**sent, "shipped_key": sent.get("shipped_key", ""), "own_key": key}).status_code == 422


@pytest.mark.parametrize(
    ("name", "content", "status"), [("good.yaml", SMALL.replace("key: small", "key: other").encode(), 302), ("bad.yaml", b"\xff\xfe", 422)]
)
def test_a_file_is_taken_in_byte_for_byte_or_refused(house, client, tmp_path, name: str, content: bytes, status: int) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with path.open("rb") as file:
        answer = client.post("/acme/playbooks/new/", {"from": "file", "file": file})
    assert answer.status_code == status
    with house.as_owner():
        assert sorted(Playbook.objects.values_list("key", flat=True)) == (["other", "small"] if status == 302 else ["small"])
    if status == 302:
        assert draft(house, "other").encode() == content


def test_a_viewer_cannot_edit(house, signed_in) -> None:
    viewer = house.member("viewer")
    client = signed_in(viewer.person)
    assert [
        client.get(path).status_code
        for path in (EDIT, "/acme/playbooks/small/text/", "/acme/playbooks/new/", "/acme/playbooks/small/publish/")
    ] == [404] * 4
    with acting_for(house.organisation_id, actor_for_member(viewer)), pytest.raises(NotAllowed):
        edit_draft("small", lambda source: source + "#", revision=1, verb="x")
    assert draft(house) == SMALL


def test_the_draft_refuses_what_is_no_text_and_writes_nothing(house) -> None:
    with house.as_owner():
        for write in (
            lambda: save_draft("small", "# \ud800", revision=1),
            lambda: create_playbook("x", "# \udfff"),
            lambda: save_draft("small", "x" * 1_000_001, revision=1),
        ):
            with pytest.raises(Invalid):
                write()
        with pytest.raises(Conflict):
            save_draft("small", "x", revision=7)
        assert (Playbook.objects.count(), DraftRevision.objects.count(), draft(house)) == (1, 1, SMALL)


def test_each_edit_stands_in_the_log_and_old_states_go(house) -> None:
    with house.as_owner():
        book = playbook_page("small")
        revision = 1
        for number in range(60):
            revision = save_draft("small", f"{SMALL}# {number}\n", revision=revision)
        assert AuditEntry.objects.filter(verb="playbook.drafted", object_id=book.id).count() == 60
        assert sorted(DraftRevision.objects.values_list("number", flat=True)) == list(range(12, 62))


JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["key", "title", "steps", "needs", "due", "settings", "kind", "when", "en"]), inner, max_size=4)),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    root=st.dictionaries(st.sampled_from(["key", "title", "stages", "roles", "facts", "languages"]), JUNK),
    at=st.sampled_from(PARTS),
    text=st.text(max_size=20),
)
def test_no_draft_and_no_form_makes_the_editor_fail(house, client, root: dict[str, Any], at: str, text: str) -> None:
    import json

    with house.as_owner():
        save_draft("small", json.dumps(root).replace("\\ud", "x"), revision=playbook_page("small").revision)
        revision = playbook_page("small").revision
    for path in (
        f"{EDIT}?at={at}",
        "/acme/playbooks/small/text/",
        "/acme/playbooks/small/picture/",
        "/acme/playbooks/small/publish/",
        "/acme/playbooks/small/",
    ):
        assert client.get(path, follow=True).status_code == 200  # what cannot be read is shown as text
    sent = {
        "revision": str(revision),
        "at": at,
        "title.en": text,
        "key": text,
        "needs": [text],
        "due.days": text,
        "roles.0.key": text,
        "settings.fields.0.label.en": text,
        "kind": "form",
        "settings_kind": "form",
    }
    assert client.post(f"{EDIT}check/", sent).status_code in {200, 204}
    assert client.post(EDIT, sent).status_code in {302, 422}


GATED = """boardwell: 1
key: gated
title: {en: Gated}
roles:
  manager: {side: ours, title: {en: Manager}}
facts:
  seats: {type: number, title: {en: Seats}}
stages:
  - key: begin
    title: {en: Begin}
    steps:
      - {key: ask, kind: task, side: ours, owner: manager, title: {en: Ask}}
  - key: build
    title: {en: Build}
    gate: [{done: ask}]   # asked first
    steps:
      - {key: install, kind: task, side: ours, owner: manager, title: {en: Install}}
"""


def test_a_gate_is_written_in_the_form_and_read_back(house, signed_in) -> None:
    from boardwell.domain.playbooks.actions.write_playbook import create_playbook
    from boardwell.domain.playbooks.queries import playbook_by_key

    with house.as_owner():
        create_playbook("gated", GATED)
    client = signed_in(house.owner.person)
    body = client.get("/acme/playbooks/gated/edit/?at=1").content.decode()
    assert 'name="gate.0.done"' in body
    assert 'name="gate.1.kind"' in body
    typed = {
        "revision": "1", "at": "1", "verb": "save", "key": "build", "title.en": "Build", "gate.shown": "1", "gate.0.kind": "done",
        "gate.0.done": "ask", "gate.1.kind": "if", "gate.1.if": "facts.seats > 5", "gate.1.says.en": "More than five seats",
        "gate.1.who": "manager",
    }  # fmt: skip
    assert client.post("/acme/playbooks/gated/edit/", typed).status_code == 302
    with house.as_owner():
        draft = playbook_by_key("gated").draft
    assert "gate: [{done: ask}, {if: facts.seats > 5, who: manager, says: {en: More than five seats}}]   # asked first" in draft
    unchanged = {
        "revision": "2",
        "at": "0.0",
        "verb": "save",
        "key": "ask",
        "kind": "task",
        "side": "ours",
        "owner": "manager",
        "title.en": "Ask",
    }
    client.post(
        "/acme/playbooks/gated/edit/", {**unchanged, "required": "1", "settings_kind": "task", "gate.shown": "1", "gate.0.kind": ""}
    )
    with house.as_owner():
        assert playbook_by_key("gated").draft == draft
