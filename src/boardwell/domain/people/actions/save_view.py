"""Keep a list page's filter under a name."""

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.people.models import SavedView
from boardwell.kernel import tenancy
from boardwell.kernel.errors import Invalid, NotAllowed, NotFound
from boardwell.kernel.words import line


def save_view(*, page: str, name: str, query: str, shared: bool = False) -> str:
    """Saves the filter (a query string) for oneself or for the whole team; returns its id."""
    actor = tenancy.require("journeys:view")
    if actor.kind != "member":
        raise NotAllowed(_("Only members keep views."))
    if not line(name, 80):
        raise Invalid(_("Give the view a name."), {"name": [_("Give the view a name.")]})
    with transaction.atomic():
        view = SavedView(
            organisation_id=tenancy.current().organisation_id, member_id=actor.id, page=page[:30], name=line(name, 80),
            query=line(query, 1000), shared=shared,
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
