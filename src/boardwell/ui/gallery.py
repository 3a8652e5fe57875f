"""The gallery: every component in every state, for whoever builds pages."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from boardwell.ui import charts
from boardwell.ui.page import page


@dataclass(frozen=True, slots=True)
class SampleStep:
    """A step as far as its badge and icon look at it."""

    state: str
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class SampleStage:
    """A stage as far as the line of stations looks at it."""

    key: str
    title: str
    done: int
    total: int


def _samples() -> dict[str, Any]:
    steps = [SampleStep(one) for one in ("done", "ready", "active", "waiting", "blocked", "skipped", "cancelled", "locked")]
    health = ((_("On track"), "good"), (_("At risk"), "warn"), (_("Off track"), "bad"))
    counts = (("four-steps", (5, 2, 1)), ("saas", (9, 0, 2)), ("financial-services", (1, 3, 0)))
    return {
        "tones": ("neutral", "good", "warn", "bad", "info"),
        "steps": [*steps, SampleStep("ready", is_late=True)],
        "health": ("on_track", "at_risk", "off_track"),
        "journeys": ("active", "paused", "live", "closed", "cancelled"),
        "stages": [SampleStage(f"s{n}", title, done, 4) for n, (title, done) in enumerate((("Collect", 4), ("Equip", 2), ("Test", 0)))],
        "bars": charts.stacked((name, "", [(w, n, t) for (w, t), n in zip(health, numbers, strict=True)]) for name, numbers in counts),
        "columns": charts.columns((f"{month:02}", number) for month, number in enumerate((0, 2, 5, 3, 8, 6), 1)),
        "options": [("a", "Ulaanbaatar"), ("b", "Dhaka"), ("c", "Bakı")],
        "errors": {"wrong": [_("Enter a number, such as 25.")]},
        "yesterday": timezone.now() - timedelta(days=1), "someday": date(2027, 3, 1),
        "names": ("Anna Bauer", "রহিমা খাতুন চৌধুরী", "Батболд Ганзориг", "Elçin Quliyev"),
    }  # fmt: skip


def gallery(request: HttpRequest) -> HttpResponse:
    """Draws the page; it shows samples only and reads nothing."""
    return page(request, "gallery.html", _samples())
