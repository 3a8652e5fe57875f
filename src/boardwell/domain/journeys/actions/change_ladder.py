"""Change how an organisation escalates what takes too long."""

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.journeys.events import LadderChanged
from boardwell.domain.journeys.ladders import CLOCKS, MOST_RUNGS, Ladder, Rung, kept_ladder
from boardwell.domain.organisations.models import Organisation
from boardwell.domain.organisations.queries import current_organisation
from boardwell.domain.people.models import Member
from boardwell.domain.playbooks.document import TELLS
from boardwell.kernel import tenancy
from boardwell.kernel.checks import Faults
from boardwell.kernel.clock import now
from boardwell.kernel.events import emit

MOST_AFTER = 365


def change_ladder(ladder: Ladder) -> None:
    """Sets rungs and working hours; open steps are wound anew in the background, and what was done stays done.

    Nothing is written when nothing differs. Raises NotAllowed, Invalid (fields such as rung0_after).
    """
    tenancy.require("settings:manage")
    kept = kept_ladder(_checked(ladder))
    with transaction.atomic():
        organisation = current_organisation()
        if organisation.ladder == kept or (not organisation.ladder and not ladder.rungs):
            return
        before = organisation.ladder
        Organisation.objects.filter(pk=organisation.id).update(ladder=kept, changed_at=now())
        record(
            "ladder.changed", object_kind="ladder", object_id=organisation.id, label=organisation.name, before=before or None, after=kept
        )
        emit(LadderChanged())


def _checked(ladder: Ladder) -> Ladder:
    faults = Faults()
    if not (0 <= ladder.from_hour < ladder.until_hour <= 24):
        faults.add("from_hour", _("The working day has to end after it begins."))
    members = set(Member.objects.filter(active=True).values_list("id", flat=True))
    for number, rung in enumerate(ladder.rungs):
        field = f"rung{number}"
        if not 1 <= rung.after <= MOST_AFTER:
            faults.add(f"{field}_after", _("Enter a number between 1 and %(most)d.") % {"most": MOST_AFTER})
        faults.one_of(f"{field}_unit", rung.unit, ("hours", "days"), _("Choose one of the two."))
        faults.one_of(f"{field}_clock", rung.clock, CLOCKS, _("Choose one of the list."))
        if not rung.tell and not rung.reassign:
            faults.add(f"{field}_tell", _("Say who hears of it, or who gets the step."))
        if not {*rung.tell} <= {*TELLS, *members} or rung.reassign not in {"", "owner", *members}:
            faults.add(f"{field}_tell", _("Choose somebody who is still there."))
    faults.stop()
    return Ladder(tuple({rung.key: rung for rung in ladder.rungs[:MOST_RUNGS]}.values()), ladder.from_hour, ladder.until_hour)


def suggested() -> Ladder:
    """What most houses begin with."""
    return Ladder(
        (
            Rung(1, "days", "our_overdue", ("doer", "owner")), Rung(3, "days", "our_overdue", ("owner", "managers")),
            Rung(5, "days", "their_overdue", ("owner",)),
        )
    )  # fmt: skip
