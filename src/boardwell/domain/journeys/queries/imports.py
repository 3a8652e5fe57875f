"""Reads imports: the runs, how far each is, and its refused rows."""

from django.utils.translation import gettext as _

from boardwell.domain.journeys.models import ImportProblem, ImportRun
from boardwell.kernel import tenancy
from boardwell.kernel.errors import NotFound


def import_runs() -> list[ImportRun]:
    """The newest runs."""
    tenancy.require("accounts:import")
    return list(ImportRun.objects.select_related("started_by").order_by("-created_at", "-id")[:50])


def import_run(run_id: str) -> ImportRun:
    """One run, else NotFound."""
    tenancy.require("accounts:import")
    run = ImportRun.objects.filter(pk=run_id).first()
    if run is None:
        raise NotFound(_("There is no such import."))
    return run


def import_problems(run_id: str, *, most: int = 500) -> list[ImportProblem]:
    """The refused rows in the order of the file."""
    return list(ImportProblem.objects.filter(run_id=import_run(run_id).id).order_by("row")[:most])
