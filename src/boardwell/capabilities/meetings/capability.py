"""Kind: meeting."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from boardwell.capabilities.meetings import handing, letters
from boardwell.capabilities.meetings.booking import call_off
from boardwell.capabilities.meetings.hourspage import HoursPage
from boardwell.capabilities.meetings.screen import MeetingScreen
from boardwell.kit.capability import Capability
from boardwell.kit.faults import Declared, SettingFault
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

    fault_words = {
        "host_unknown": _lazy("“%(role)s” is to host this meeting, but the playbook has no such role."),
        "host_outside": _lazy("“%(role)s” is to host this meeting, but is not a role of ours."),
    }

    def check_settings(self, settings: Mapping[str, Any], declared: Declared) -> Iterable[SettingFault]:
        for place, role in enumerate(settings.get("hosts", ())):
            known = declared.roles.get(role)
            if known is None or known.get("side") != "ours":
                yield SettingFault(("hosts", place), "host_unknown" if known is None else "host_outside", {"role": role})

    def settings_words(self) -> Mapping[str, str]:
        return {
            "minutes": _("Length in minutes"), "hosts": _("Roles that host it"), "who": _("Who comes"), "who=all": _("All of them"),
            "who=any": _("Whoever is free and has the fewest meetings"), "notice_hours": _("Hours of notice"),
            "horizon_days": _("Days ahead"), "place": _("Where, or the address of the call"), "agenda": _("Agenda"),
        }  # fmt: skip

    def on_left_out(self, handle: StepHandle) -> None:
        """Nobody comes to a meeting whose step was left out: it is taken out of the calendars."""
        call_off(handle)

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
