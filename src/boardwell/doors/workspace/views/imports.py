"""Importing accounts: upload, map the columns, watch, see what was refused."""

import csv

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from boardwell.domain.journeys.actions.import_accounts import start_import, upload_import
from boardwell.domain.journeys.csvfile import FIELDS
from boardwell.domain.journeys.queries.imports import import_problems, import_run, import_runs
from boardwell.domain.playbooks.queries import playbook_list
from boardwell.doors.workspace.attempts import Errors, attempt
from boardwell.doors.workspace.entry import workspace
from boardwell.kernel.storage import content_disposition
from boardwell.kernel.texts import in_language
from boardwell.ui.page import page

_INERT = ("=", "+", "-", "@", "\t", "\r")


@workspace("accounts:import")
def imports(request: HttpRequest, slug: str) -> HttpResponse:
    """The runs, and a place to drop a file."""
    errors: Errors | None = None
    if request.method == "POST":
        sent = request.FILES.get("file")
        if sent is None:
            errors = {"file": [_("Choose a CSV file.")]}
        else:
            run_id, errors = attempt(request, lambda: upload_import(sent, sent.name or "accounts.csv"))
            if errors is None:
                return redirect("workspace:import", slug=slug, run_id=run_id)
    return page(request, "workspace/imports.html", {"runs": import_runs(), "errors": errors}, status=422 if errors else 200)


@workspace("accounts:import")
def one(request: HttpRequest, slug: str, run_id: str) -> HttpResponse:
    """Maps the columns, then shows how far the run is and what was refused."""
    run, errors = import_run(run_id), None
    if request.method == "POST":
        mapping = {field: request.POST.get(field, "") for field in FIELDS}
        key = request.POST.get("playbook_key", "")
        _none, errors = attempt(request, lambda: start_import(run_id, mapping=mapping, playbook_key=key))
        if errors is None:
            return redirect("workspace:import", slug=slug, run_id=run_id)
    labels = {
        "name": _("Name"), "external_id": _("External id"), "industry": _("Industry"), "country": _("Country"), "city": _("City"),
        "website": _("Website"), "contact_name": _("Contact's name"), "contact_email": _("Contact's e-mail address"),
        "owner_email": _("Owner's e-mail address"),
    }  # fmt: skip
    context = {
        "run": run, "errors": errors, "problems": import_problems(run_id),
        "fields": [(field, labels[field], run.mapping.get(field, "")) for field in FIELDS],
        "headers": [(header, header) for header in run.options.get("headers", [])],
        "playbooks": [(book.key, in_language(book.title)) for book in playbook_list() if book.number],
    }  # fmt: skip
    return page(request, "workspace/import.html", context, status=422 if errors else 200)


@workspace("accounts:import")
def refused(request: HttpRequest, slug: str, run_id: str) -> HttpResponse:
    """The refused rows as CSV; cells that a spreadsheet would run are made inert."""
    run = import_run(run_id)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = content_disposition("refused-" + run.file_name)
    writer = csv.writer(response)
    writer.writerow([_("Row"), _("Column"), _("Reason"), _("Value")])
    for problem in import_problems(run_id, most=200_000):
        value = "'" + problem.value if problem.value.startswith(_INERT) else problem.value
        writer.writerow([problem.row, problem.column, problem.reason, value])
    return response
