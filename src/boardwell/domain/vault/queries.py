"""Reads files, narrowed to the reader."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from boardwell.domain.vault.models import StoredFile
from boardwell.kernel import tenancy
from boardwell.kernel.errors import NotFound


def _visible() -> QuerySet[StoredFile]:
    rows = StoredFile.objects.filter(removed_at=None)
    return rows if tenancy.current().actor.is_insider else rows.filter(visibility="shared")


def files_of_journey(journey_id: str) -> list[StoredFile]:
    """The journey's files, newest first."""
    return list(_visible().filter(journey_id=journey_id).order_by("-created_at"))


def files_of_step(step_id: str) -> list[StoredFile]:
    """What was attached to a step, oldest first."""
    return list(_visible().filter(step_id=step_id).order_by("created_at"))


def file_by_id(file_id: str) -> StoredFile:
    """A file that the reader may see, else NotFound."""
    tenancy.require("files:view")
    kept = _visible().filter(pk=file_id).first()
    if kept is None:
        raise NotFound(_("There is no such file."))
    return kept
