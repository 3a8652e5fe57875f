"""Kind: meeting."""

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext as _

from boardwell.capabilities.meetings import handing, letters
from boardwell.capabilities.meetings.hourspage import HoursPage
from boardwell.capabilities.meetings.screen import MeetingScreen
from boardwell.kit.capability import Capability
from boardwell.kit.handle import StepHandle
from boardwell.kit.kind import KEY, TEXTS, Held, Kind, settings_of
from boardwell.kit.people import member_players


class MeetingKind(Kind):
    """A meeting for which the customer picks a real slot; done when it was held."""

    word = "meeting"
    icon = "calendar"
    settings_schema = settings_of(
        {
            "minutes": {"enum": [15, 30, 45, 60, 90, 120, 180]},
            "hosts": {"type": "array", "items": KEY, "maxItems": 10},
            "who": {"enum": ["all", "any"]},
            "notice_hours": {"type": "integer", "minimum": 0, "maximum": 720},
            "horizon_days": {"type": "integer", "minimum": 1, "maximum": 90},
            "place": TEXTS,
            "agenda": TEXTS,
        },
        required=("minutes",),
    )
    text_paths = ("place", "agenda")
    screen = MeetingScreen()

    @property
    def label(self) -> str:
        return _("Meeting")

    def settings_words(self) -> Mapping[str, str]:
        return {
            "minutes": _("Length in minutes"), "hosts": _("Roles that host it"), "who": _("Who comes"), "who=all": _("All of them"),
            "who=any": _("Whoever is free and has the fewest meetings"), "notice_hours": _("Hours of notice"),
            "horizon_days": _("Days ahead"), "place": _("Where, or the address of the call"), "agenda": _("Agenda"),
        }  # fmt: skip

    def answers_of(self, handle: StepHandle) -> list[tuple[str, str]]:
        answers = (handle.outcome or {}).get("answers", {})
        found = []
        if answers.get("start_at"):
            found.append((_("When"), letters.in_words(datetime.fromisoformat(answers["start_at"]), answers["time_zone"])))
            names = ", ".join(player.name for player in member_players(answers.get("host_ids", [])))
            found += [(_("With"), names)] if names else []
        if answers.get("minutes"):
            found.append((_("Minutes"), answers["minutes"]))
        return found

    def held_by(self, member_id: str) -> list[Held]:
        return handing.held_by(member_id)

    def pass_on(self, member_id: str, to: Mapping[str, str]) -> list[str]:
        return handing.pass_on(member_id, to)


CAPABILITY = Capability(name="meetings", kinds=(MeetingKind(),), own_pages=(HoursPage(),))
