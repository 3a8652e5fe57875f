"""A journey's outlook for the team: by when, with what chance, what it hangs on, how often such ranges held."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from boardwell.domain.journeys.documents import document_of_version
from boardwell.domain.journeys.forecasts.least import FEWEST_JOURNEYS, FEWEST_STEPS
from boardwell.domain.journeys.models import Journey, Step
from boardwell.domain.journeys.queries.pages import journey_head
from boardwell.kernel import tenancy
from boardwell.kernel.errors import NotFound
from boardwell.kernel.texts import in_language


@dataclass(frozen=True, slots=True)
class Range:
    """Days by which something has happened with chances of 10, 50, 80, 90 and 95 %."""

    key: str
    title: str
    p10: date
    p50: date
    p80: date
    p90: date
    p95: date


@dataclass(frozen=True, slots=True)
class DrivenBy:
    """A step that the range hangs on, as `forecasts.outlook.Driver`."""

    key: str
    title: str
    share: int
    usual: int
    planned: int
    cases: int


FEWEST_TRIED = 5
"""Past onboardings below which "held in 0 %" would be said of one unlucky case."""


@dataclass(frozen=True, slots=True)
class TheOutlook:
    """What the page shows. `end` None: not enough history (`journeys`, `steps` say how much there is), or nothing computed yet (`on` None).

    `chance` in hundredths of making `promised_on`; None when nothing is promised or the promise has changed since.
    """

    on: date | None
    journeys: int
    steps: int
    journeys_needed: int
    steps_needed: int
    end: Range | None
    milestones: tuple[Range, ...]
    chance: int | None
    promised_on: date | None
    planned_on: date | None
    drivers: tuple[DrivenBy, ...]
    held: int
    tested: int
    imported: int = 0

    @property
    def is_tried(self) -> bool:
        """Whether enough past onboardings were tried for the share to say anything."""
        return self.tested >= FEWEST_TRIED

    @property
    def held_share(self) -> int:
        """How often the ranges held, in hundredths."""
        return round(100 * self.held / self.tested) if self.tested else 0


def outlook_for(journey_id: str) -> TheOutlook:
    """The outlook as it was last computed. Three queries. Never for a customer. Raises NotFound."""
    if not tenancy.current().actor.is_insider:
        raise NotFound(_("There is no such onboarding."))
    head, _document = journey_head(journey_id)
    journey = Journey.objects.get(pk=head.id)
    kept = journey.outlook or {}
    document = document_of_version(journey.version_id)
    own = {key: texts or {} for key, texts in Step.objects.filter(journey_id=journey_id, texts__isnull=False).values_list("key", "texts")}

    def title(key: str) -> str:
        source = document.step(key)
        return in_language(source.title) if source else in_language(own.get(key, {}).get("title", {})) or key

    def as_range(key: str, named: str, days: dict[str, str]) -> Range:
        return Range(key, named, *(date.fromisoformat(days[level]) for level in ("10", "50", "80", "90", "95")))

    promised_on = journey.committed_live_on
    is_current = promised_on is not None and kept.get("promised_on") == promised_on.isoformat()
    return TheOutlook(
        on=date.fromisoformat(kept["on"]) if kept else None,
        journeys=kept.get("journeys", 0), steps=kept.get("steps", 0), journeys_needed=FEWEST_JOURNEYS, steps_needed=FEWEST_STEPS,
        end=as_range("", _("Go-live"), kept["end"]) if kept.get("end") else None,
        milestones=tuple(as_range(key, title(key), days) for key, days in kept.get("milestones", {}).items()),
        chance=kept.get("chance") if is_current else None, promised_on=promised_on, planned_on=journey.planned_live_on,
        drivers=tuple(
            DrivenBy(one["key"], title(one["key"]), one["share"], one["usual"], one["planned"], one["cases"]) for one in kept.get("drivers", [])
        ),
        held=kept.get("held", 0), tested=kept.get("tested", 0), imported=kept.get("imported", 0),
    )  # fmt: skip
