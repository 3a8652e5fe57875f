"""Importing accounts: upload, map the columns, watch, see what was refused, stop."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from boardwell.domain.journeys.actions.import_accounts import cancel_import, refused_rows, start_import, upload_import
from boardwell.domain.journeys.csvfile import FIELDS
from boardwell.domain.journeys.queries.imports import import_problems, import_run, import_runs
from boardwell.domain.people.queries import member_list
from boardwell.doors.workspace.attempts import Errors, attempt, day_from, say_errors
from boardwell.doors.workspace.csvout import csv_response
from boardwell.doors.workspace.entry import workspace
from boardwell.doors.workspace.views.journeys import playbook_choices
from boardwell.ui.page import page

_MOST_SHOWN = 200


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
            errors = {"file": [line for lines in errors.values() for line in lines]}
    return page(request, "workspace/imports.html", {"runs": import_runs(), "errors": errors}, status=422 if errors else 200)


@workspace("accounts:import")
def one(request: HttpRequest, slug: str, run_id: str) -> HttpResponse:
    """Maps the columns, then shows how far the run is and what was refused."""
    run, errors = import_run(run_id), None
    posted = request.POST
    if request.method == "POST":
        mapping = {field: posted.get(field, "") for field in FIELDS}
        _none, errors = attempt(
            request,
            lambda: start_import(
                run_id, mapping=mapping, playbook_key=posted.get("playbook_key", ""), kickoff_on=day_from(posted.get("kickoff_on", "")),
                owner_ids=posted.getlist("owner_ids"),
            ),
        )  # fmt: skip
        if errors is None:
            return redirect("workspace:import", slug=slug, run_id=run_id)
    labels = {
        "name": _("Name"), "external_id": _("External id"), "industry": _("Industry"), "country": _("Country"), "city": _("City"),
        "website": _("Website"), "contact_name": _("Contact's name"), "contact_email": _("Contact's e-mail address"),
        "owner_email": _("Owner's e-mail address"),
    }  # fmt: skip
    typed: dict[str, Any] = {field: posted[field] for field in FIELDS if field in posted} if errors else dict(run.mapping)
    problems = import_problems(run_id, most=_MOST_SHOWN)
    context = {
        "run": run, "errors": errors, "problems": problems, "more_problems": max(0, run.rows_refused - len(problems)),
        "fields": [(field, labels[field], typed.get(field, ""), field != "name" or not typed.get(field)) for field in FIELDS],
        "headers": [(header, header) for header in run.options.get("headers", []) if header], "playbooks": playbook_choices(),
        "members": [(member.id, member.name) for member in member_list(active_only=True)], "typed": posted,
        "chosen_owners": posted.getlist("owner_ids"),
    }  # fmt: skip
    return page(request, "workspace/import.html", context, part="progress", status=422 if errors else 200)


@workspace("accounts:import")
@require_POST
def cancel(request: HttpRequest, slug: str, run_id: str) -> HttpResponse:
    """Stops the run; what has come in stays."""
    _none, errors = attempt(request, lambda: cancel_import(run_id), _("Stopped. What has come in already stays."))
    say_errors(request, errors)
    return redirect("workspace:import", slug=slug, run_id=run_id)


@workspace("accounts:import")
def refused(request: HttpRequest, slug: str, run_id: str) -> HttpResponseBase:
    """The refused rows as they stood in the file, with the reason: put them right and load this very file."""
    run = import_run(run_id)
    header, batches = refused_rows(run_id)
    return csv_response("refused-" + run.file_name, header, lambda: batches)
