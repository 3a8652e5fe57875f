"""What happens next to a step that takes too long, and when; what its ladder has done so far."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from boardwell.domain.people.models import Member


@dataclass(frozen=True, slots=True)
class RungView:
    """One rung: what it waits for, who hears of it, and when; `done_at` once it was done, `due_at` while its clock runs."""

    words: str
    who: str
    done_at: datetime | None = None
    due_at: datetime | None = None


def clock_words(clock: str, after: int, unit: str) -> str:
    """What a rung waits for, as a sentence."""
    if unit == "hours":
        time = ngettext("%(n)d working hour", "%(n)d working hours", after) % {"n": after}
    else:
        time = ngettext("%(n)d working day", "%(n)d working days", after) % {"n": after}
    if clock == "our_turn":
        return _("It has been our turn for %(time)s.") % {"time": time}
    if clock == "their_overdue":
        return _("It is the other side's turn, and %(time)s overdue.") % {"time": time}
    return _("It is our turn, and %(time)s overdue.") % {"time": time}


def who_words(tell: Iterable[str], reassign: str, names: Mapping[str, str]) -> str:
    """Who hears of it and who gets the step; `names` has words for members and roles of the playbook."""
    known = {
        "doer": _("whoever does the step"), "owner": _("whoever owns the onboarding"), "managers": _("the managers"),
        "admins": _("the administrators"), **names,
    }  # fmt: skip
    told = get_text_list([known.get(one, one) for one in tell], _("and"))
    if not reassign:
        return _("%(who)s will hear of it") % {"who": told}
    to = known.get(reassign, reassign)
    return (
        _("%(who)s will hear of it, and %(to)s gets the step") % {"who": told, "to": to} if told else _("%(to)s gets the step") % {"to": to}
    )


def member_names() -> dict[str, str]:
    """Names of the active members by id."""
    return dict(Member.objects.filter(active=True).order_by("name", "id").values_list("id", "name"))
