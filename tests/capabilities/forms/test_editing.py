"""The playbook's editor: a form's settings with a preview, and a JSON Schema put in their place."""

import json

import pytest

from boardwell.domain.playbooks.queries import playbook_page
from boardwell.domain.playbooks.yamlfile import load
from tests.capabilities.forms.samples import question
from tests.capabilities.forms.test_filling import Place
from tests.capabilities.forms.test_importing import SCHEMA

PATH = "/suite/playbooks/suite/edit/"


@pytest.fixture
def place(db: None) -> Place:
    return Place(
        {"fields": [question("legal_name", hint={"en": "As registered"}), question("tax", "tax_id", when="answers.legal_name == 'x'")]}
    )


def posted(place: Place, **more: str) -> dict[str, str]:
    with place.bench.as_member():
        revision = str(playbook_page("suite").revision)
    return {
        "at": "0.0", "revision": revision, "key": "step-1", "kind": "form", "side": "customer", "owner": "lead", "title.en": "Step 1", "due.days": "1",
        "settings_kind": "form", "settings.fields.0.key": "legal_name", "settings.fields.0.type": "text", "settings.fields.0.label.en": "New label", **more,
    }  # fmt: skip


def test_the_form_is_shown_as_it_will_look_and_follows_what_is_typed(place: Place) -> None:
    page = place.member.get(f"{PATH}?at=0.0").content.decode()
    assert 'name="f_' not in page
    assert 'name="preview_legal_name"' in page
    assert "answers.legal_name == &#x27;x&#x27;" in page
    fresh = place.member.post(f"{PATH}preview/", posted(place))
    assert fresh.status_code == 200
    assert "New label" in fresh.content.decode()
    half = place.member.post(f"{PATH}preview/", posted(place, **{"settings.fields.0.type": "no-such-type"}))
    assert half.status_code == 204


def test_a_json_schema_takes_the_place_of_the_settings_and_says_what_was_left(place: Place) -> None:
    answer = place.member.post(PATH, {**posted(place), "verb": "import", "import": json.dumps(SCHEMA)}, follow=True)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Left behind at #/properties/companyName: pattern" in page
    with place.bench.as_member():
        settings = load(playbook_page("suite").draft).plain["stages"][0]["steps"][0]["settings"]
    assert [one["key"] for one in settings["fields"]][:3] == ["company_name", "about", "seats"]


def test_what_is_no_schema_is_refused_and_shown_again(place: Place) -> None:
    answer = place.member.post(PATH, {**posted(place), "verb": "import", "import": '{"no": "schema"}'})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "This is no JSON Schema of an object with properties." in page
    assert "{&quot;no&quot;: &quot;schema&quot;}" in page
    with place.bench.as_member():
        assert "legal_name" in playbook_page("suite").draft
