"""A member's own page: when they can be booked."""

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from boardwell.capabilities.meetings.availability import week_of_house
from boardwell.capabilities.meetings.hours import BUFFERS, HoursOrder, change_hours, hours_of_member
from boardwell.kit.pages import OwnPage
from boardwell.kit.people import actor_now, house_calendar, member_players, time_zones
from boardwell.kit.screens import Submitted


class HoursPage(OwnPage):
    """Hours by weekday, days off, buffers, and a calendar whose busy times are kept clear."""

    key = "hours"
    icon = "clock"
    template = "meetings/hours.html"

    @property
    def label(self) -> str:
        return _("My hours")

    def context(self, typed: QueryDict | None = None) -> Mapping[str, Any]:
        row = hours_of_member(actor_now().id)
        house = house_calendar()
        week = row.week or week_of_house(house)
        players = member_players([actor_now().id])
        kept: dict[str, Any] = {f"day_{day}": ", ".join("-".join(each) for each in week.get(str(day), [])) for day in range(7)}
        kept |= {
            "time_zone": row.time_zone or (players[0].time_zone if players else house["time_zone"]), "before_minutes": str(row.before_minutes),
            "after_minutes": str(row.after_minutes), "days_off": "\n".join(" ".join(dict.fromkeys(each)) for each in row.days_off), "feed": "",
        }  # fmt: skip
        values = {name: typed.get(name, "") if typed is not None else value for name, value in kept.items()}
        return {
            "values": values, "days": [(f"day_{day}", WEEKDAYS[day], values[f"day_{day}"]) for day in range(7)],
            "zones": [(one, one) for one in sorted(time_zones())], "buffers": [(str(n), _("%(n)d minutes") % {"n": n}) for n in BUFFERS],
            "has_feed": bool(row.feed_sealed), "feed_problem": row.feed_problem, "busy_count": len(row.busy),
            "read_at": date_format(timezone.localtime(row.read_at), "DATETIME_FORMAT") if row.read_at else "",
        }  # fmt: skip

    def submit(self, typed: QueryDict) -> Submitted:
        feed = typed.get("feed", "").strip()
        change_hours(
            HoursOrder(
                time_zone=typed.get("time_zone", ""), week={day: typed.get(f"day_{day}", "")[:200] for day in range(7)},
                days_off=typed.get("days_off", ""), before_minutes=_number(typed.get("before_minutes", "")),
                after_minutes=_number(typed.get("after_minutes", "")), feed="" if typed.get("verb") == "unlink" else feed or None,
            )
        )  # fmt: skip
        return Submitted(saved=True, message=_("Saved. Customers see your times at once."))


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 4 else -1
