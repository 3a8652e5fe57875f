"""Choose when one's weekly digest comes, and of what; or stop it."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.people.models import Member
from boardwell.kernel import tenancy
from boardwell.kernel.checks import Faults
from boardwell.kernel.errors import NotAllowed, NotFound

SCOPES = ("mine", "all")


def choose_digest(*, weekday: int | None, hour: int, scope: str) -> None:
    """Sets the acting member's weekday (Monday is 0, None never), hour of their own clock, and scope (mine or all).

    Nothing is written when nothing differs. Raises NotAllowed, Invalid.
    """
    actor = tenancy.require("journeys:view")
    if actor.kind != "member":
        raise NotAllowed(_("Only members get a weekly digest."))
    faults = Faults()
    if weekday is not None and not 0 <= weekday <= 6:
        faults.add("weekday", _("Choose one of the list."))
    if not 0 <= hour <= 23:
        faults.add("hour", _("Choose one of the list."))
    faults.one_of("scope", scope, SCOPES, _("Choose one of the list."))
    faults.stop()
    _set(actor.id, {"digest_weekday": weekday, "digest_hour": hour, "digest_scope": scope})


def stop_digest(member_id: str) -> None:
    """Stops a member's weekly digest: what the link in the mail does, so nobody needs to be signed in. Raises NotFound."""
    _set(member_id, {"digest_weekday": None})


def _set(member_id: str, wanted: dict[str, Any]) -> None:
    with transaction.atomic():
        member = Member.objects.select_for_update().filter(pk=member_id).first()
        if member is None:
            raise NotFound(_("There is no such member on your team."))
        before = {name: getattr(member, name) for name, value in wanted.items() if getattr(member, name) != value}
        if not before:
            return
        for name in before:
            setattr(member, name, wanted[name])
        member.save(update_fields=[*before, "changed_at"])
        record(
            "digest.chosen", object_kind="member", object_id=member.id, label=member.name, before=before,
            after={name: wanted[name] for name in before},
        )  # fmt: skip
