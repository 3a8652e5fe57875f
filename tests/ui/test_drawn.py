"""Parts of pages that are kept as drawn."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.utils import timezone, translation

from boardwell.ui import drawn as module
from boardwell.ui.drawn import drawn


@pytest.fixture
def strokes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """What was really drawn."""
    done: list[dict[str, Any]] = []

    def draw(template: str, context: dict[str, Any]) -> str:
        done.append(context)
        return f"<b>{context['name']} {translation.get_language()}</b>"

    monkeypatch.setattr(module, "render_to_string", draw)
    monkeypatch.setattr(module, "_kept", type(module._kept)())
    monkeypatch.setattr(module, "_held", {"characters": 0})
    yield done


def test_the_same_state_is_drawn_once_and_any_other_state_anew(strokes) -> None:
    seen = [drawn("a.html", {"name": name}) for name in ("Anna", "Anna", "Bat")]
    with translation.override("bn"), timezone.override("Asia/Dhaka"):
        seen.append(drawn("a.html", {"name": "Anna"}))
    with timezone.override("Asia/Dhaka"):
        drawn("a.html", {"name": "Anna"})
    drawn("b.html", {"name": "Anna"})
    assert seen == ["<b>Anna en</b>", "<b>Anna en</b>", "<b>Bat en</b>", "<b>Anna bn</b>"]
    assert [one["name"] for one in strokes] == ["Anna", "Bat", "Anna", "Anna", "Anna"]


def test_the_oldest_part_makes_room(strokes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    for name in ("a", "b", "a", "c", "a", "b"):
        drawn("a.html", {"name": name})
    assert [one["name"] for one in strokes] == ["a", "b", "c", "b"]


def test_long_parts_make_room_by_their_length(strokes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_CHARACTERS", 2 * len("<b>a en</b>"))
    for name in ("a", "b", "c", "b", "a"):
        drawn("a.html", {"name": name})
    assert [one["name"] for one in strokes] == ["a", "b", "c", "a"]
    assert module._held["characters"] == sum(map(len, module._kept.values())) == 2 * len("<b>a en</b>")


def test_a_kept_part_of_a_template_sees_what_it_is_given_and_nothing_else() -> None:
    inside = Template('{% kept "layout/navigation_entries.html" navigation=wanted %}')
    entry = {"href": "/a/", "label": "<A>", "icon": "house", "current": True}
    html = inside.render(Context({"wanted": [entry], "navigation": [{**entry, "label": "not asked for"}]}))
    assert ('href="/a/" aria-current="page"' in html, "&lt;A&gt;" in html, "not asked for" in html) == (True, True, False)
    with pytest.raises(TemplateSyntaxError, match="name=value"):
        Template('{% kept "layout/navigation_entries.html" wanted %}')
