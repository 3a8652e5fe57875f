"""Write down that somebody took a list, or one onboarding, out of the house."""

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.kernel import tenancy
from boardwell.kernel.errors import NotAllowed


def note_export(what: str, *, query: Mapping[str, str] | None = None, rows: int = 0, journey_id: str = "", account_id: str = "") -> None:
    """Records the export before its first byte leaves: who, what, with which filter, how many rows. Raises NotAllowed."""
    actor = tenancy.require("lists:export")
    if actor.kind != "member":
        raise NotAllowed(_("Only members export lists."))
    with transaction.atomic():
        record(
            "list.exported", object_kind="list", object_id=what, label=what, account_id=account_id, journey_id=journey_id,
            after={"filter": dict(query or {}), "rows": rows},
        )  # fmt: skip
