"""Switch a rule, or all of them, on and off; take a rule away."""

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.automations.models import Automation, MasterSwitch
from boardwell.domain.automations.queries import automation_by_id
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.errors import NotAllowed


def switch_automation(automation_id: str, *, on: bool) -> None:
    """From now on the rule hears, or does not; switching on forgets errors before. What happened while it was off is not caught up.

    Raises NotAllowed, NotFound.
    """
    _require_member()
    with transaction.atomic():
        row = automation_by_id(automation_id).row
        state = "on" if on else "off"
        if row.state == state:
            return
        Automation.objects.filter(pk=row.id).update(state=state, failures=0, stopped_words="")
        record(
            "automation.switched",
            object_kind="automation",
            object_id=row.id,
            label=row.name,
            before={"state": row.state},
            after={"state": state},
        )


def switch_all(*, on: bool) -> None:
    """Lets every rule of the organisation stand still, or go on as it was. Raises NotAllowed."""
    actor = _require_member()
    with transaction.atomic():
        standing = MasterSwitch.objects.first()
        if (standing is None) == on:
            return
        if standing is None:
            standing = MasterSwitch(off_by_name=actor.name)
            standing.save(force_insert=True)
        else:
            standing.delete()
        record("automations.switched", object_kind="automation", object_id=actor.id, label="", after={"state": "on" if on else "off"})


def remove_automation(automation_id: str) -> None:
    """Takes a rule away; its firings and versions stay in the record. Raises NotAllowed, NotFound."""
    _require_member()
    with transaction.atomic():
        row = automation_by_id(automation_id).row
        Automation.objects.filter(pk=row.id).update(state="off", removed_at=now())
        record("automation.removed", object_kind="automation", object_id=row.id, label=row.name)


def _require_member() -> tenancy.Actor:
    actor = tenancy.require("automations:edit")
    if actor.kind != "member":
        raise NotAllowed(_("Only members make automations: a rule acts in the name of whoever made it."))
    return actor
