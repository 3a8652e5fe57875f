"""Keep a list page's filter under a name, change it, share it, and choose which one opens first."""

from django.db import transaction
from django.utils.translation import gettext as _

from boardwell.domain.audit.actions import record
from boardwell.domain.people.models import Member, SavedView
from boardwell.kernel import tenancy
from boardwell.kernel.checks import Faults
from boardwell.kernel.errors import NotAllowed, NotFound

MOST_VIEWS = 100


def save_view(*, page: str, name: str, query: str, shared: bool = False) -> str:
    """Saves the filter (a query string) for oneself or for the whole team; returns its id. Raises NotAllowed, Invalid."""
    actor = tenancy.require("journeys:view")
    if actor.kind != "member":
        raise NotAllowed(_("Only members keep views."))
    faults = Faults()
    clean_name = faults.line("name", name, 80, missing=_("Give the view a name."))
    clean_page, clean_query = faults.line("page", page, 30), faults.line("query", query, 1000)
    if SavedView.objects.filter(member_id=actor.id).count() >= MOST_VIEWS:
        faults.add("name", _("You have a hundred views. Delete one first."))
    faults.stop()
    with transaction.atomic():
        view = SavedView(
            organisation_id=tenancy.current().organisation_id, member_id=actor.id, page=clean_page, name=clean_name,
            query=clean_query, shared=shared,
        )  # fmt: skip
        view.save(force_insert=True)
        record("view.saved", object_kind="view", object_id=view.id, label=view.name, after={"query": view.query, "shared": shared})
        return view.id


def change_view(view_id: str, *, name: str | None = None, query: str | None = None, shared: bool | None = None) -> None:
    """Renames a view, gives it another filter, shares it or makes it private. Nothing is written when nothing differs.

    One's own views; whoever manages settings also the shared ones of others. Raises NotFound, Invalid.
    """
    faults = Faults()
    wanted: dict[str, object] = {}
    if name is not None:
        wanted["name"] = faults.line("name", name, 80, missing=_("Give the view a name."))
    if query is not None:
        wanted["query"] = faults.line("query", query, 1000)
    if shared is not None:
        wanted["shared"] = shared
    faults.stop()
    with transaction.atomic():
        view = _changeable(view_id)
        before = {field: getattr(view, field) for field, value in wanted.items() if getattr(view, field) != value}
        if not before:
            return
        for field in before:
            setattr(view, field, wanted[field])
        view.save()
        after = {field: wanted[field] for field in before}
        record("view.changed", object_kind="view", object_id=view.id, label=view.name, before=before, after=after)


def delete_view(view_id: str) -> None:
    """Removes a view; those who opened their list with it get the plain one again. Raises NotFound."""
    with transaction.atomic():
        view = _changeable(view_id)
        record("view.deleted", object_kind="view", object_id=view.id, label=view.name, before={"query": view.query, "shared": view.shared})
        view.delete()


def open_first(page: str, view_id: str) -> None:
    """Makes a view the one that opens when the actor comes to the page; empty for none. Raises NotAllowed, NotFound."""
    actor = tenancy.require("journeys:view")
    if actor.kind != "member":
        raise NotAllowed(_("Only members keep views."))
    with transaction.atomic():
        if view_id and not any(view.shared or view.member_id == actor.id for view in SavedView.objects.filter(pk=view_id, page=page)):
            raise NotFound(_("There is no such view."))
        member = Member.objects.get(pk=actor.id)
        before = member.first_views.get(page, "")
        if before == view_id:
            return
        member.first_views = {**member.first_views, page: view_id}
        member.save(update_fields=["first_views", "changed_at"])
        record("view.opens_first", object_kind="member", object_id=member.id, label=page, before={"view": before}, after={"view": view_id})


def _changeable(view_id: str) -> SavedView:
    actor = tenancy.require("journeys:view")
    view = SavedView.objects.filter(pk=view_id).first()
    if view is None or not (view.member_id == actor.id or (view.shared and actor.may("settings:manage"))):
        raise NotFound(_("There is no such view."))
    return view
