"""Parts of pages that are kept as drawn."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import RequestFactory
from django.utils import timezone, translation

from boardwell.ui import drawn as module
from boardwell.ui.drawn import drawn


@pytest.fixture
def strokes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """What was really drawn."""
    done: list[dict[str, Any]] = []

    def draw(template: str, context: dict[str, Any], request: object) -> str:
        done.append(context)
        return f"<b>{context['name']} {translation.get_language()}</b>"

    monkeypatch.setattr(module, "render_to_string", draw)
    monkeypatch.setattr(module, "_kept", type(module._kept)())
    yield done


def test_the_same_state_is_drawn_once_and_any_other_state_anew(strokes) -> None:
    request = RequestFactory().get("/")
    seen = [drawn(request, "a.html", {"name": name}) for name in ("Anna", "Anna", "Bat")]
    with translation.override("bn"), timezone.override("Asia/Dhaka"):
        seen.append(drawn(request, "a.html", {"name": "Anna"}))
    with timezone.override("Asia/Dhaka"):
        drawn(request, "a.html", {"name": "Anna"})
    drawn(request, "b.html", {"name": "Anna"})
    assert seen == ["<b>Anna en</b>", "<b>Anna en</b>", "<b>Bat en</b>", "<b>Anna bn</b>"]
    assert [one["name"] for one in strokes] == ["Anna", "Bat", "Anna", "Anna", "Anna"]


def test_the_oldest_part_makes_room(strokes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    request = RequestFactory().get("/")
    for name in ("a", "b", "a", "c", "a", "b"):
        drawn(request, "a.html", {"name": name})
    assert [one["name"] for one in strokes] == ["a", "b", "c", "b"]
