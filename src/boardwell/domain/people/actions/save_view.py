"""Keep a list page's filter under a name."""

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.people.models import SavedView
from boardwell.kernel import tenancy
from boardwell.kernel.checks import Faults
from boardwell.kernel.errors import NotAllowed, NotFound


def save_view(*, page: str, name: str, query: str, shared: bool = False) -> str:
    """Saves the filter (a query string) for oneself or for the whole team; returns its id."""
    actor = tenancy.require("journeys:view")
    if actor.kind != "member":
        raise NotAllowed(_("Only members keep views."))
    faults = Faults()
    clean_name = faults.line("name", name, 80, missing=_("Give the view a name."))
    clean_page, clean_query = faults.line("page", page, 30), faults.line("query", query, 1000)
    faults.stop()
    with transaction.atomic():
        view = SavedView(
            organisation_id=tenancy.current().organisation_id, member_id=actor.id, page=clean_page, name=clean_name,
            query=clean_query, shared=shared,
        )  # fmt: skip
        view.save(force_insert=True)
        record("view.saved", object_kind="view", object_id=view.id, label=view.name, after={"query": view.query})
        return view.id


def delete_view(view_id: str) -> None:
    """Removes one of one's own views."""
    actor = tenancy.require("journeys:view")
    with transaction.atomic():
        view = SavedView.objects.filter(pk=view_id, member_id=actor.id).first()
        if view is None:
            raise NotFound(_("There is no such view."))
        record("view.deleted", object_kind="view", object_id=view.id, label=view.name)
        view.delete()
