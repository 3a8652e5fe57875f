"""Import accounts from a CSV file: good rows come in, bad ones are named one by one, a killed run goes on where it was."""

import math
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.tasks import task
from django.utils.translation import gettext as _

from boardwell.domain.accounts.actions.save_account import upsert_account
from boardwell.domain.accounts.actions.save_contact import add_contact
from boardwell.domain.accounts.models import Contact
from boardwell.domain.accounts.queries import account_owner
from boardwell.domain.audit.actions import record
from boardwell.domain.journeys.actions.start_journey import start_journey
from boardwell.domain.journeys.csvfile import FIELDS, CsvProblem, guessed_mapping, rows_of, text_of, without_apostrophe
from boardwell.domain.journeys.models import ImportProblem, ImportRun
from boardwell.domain.journeys.orders import StartOrder
from boardwell.domain.people.models import Member
from boardwell.domain.people.roles import actor_for_member
from boardwell.domain.playbooks.queries import latest_published
from boardwell.domain.vault.actions.keep_file import keep_file
from boardwell.domain.vault.models import StoredFile
from boardwell.kernel import storage, tenancy
from boardwell.kernel.checks import Faults
from boardwell.kernel.clock import now
from boardwell.kernel.errors import BoardwellError, Conflict, Invalid, NotAllowed, NotFound
from boardwell.kernel.tasks.worker import shares

ROWS_A_TURN = 25
"""Rows that share a transaction at most; a turn ends early when a page waits for SQLite's write lock."""
SOURCE = "csv"
SAMPLE_ROWS = 5
"""Rows that are shown before anything is imported."""
ADDED_COLUMNS = ("Refused row", "Refused column", "Refused because")
"""Columns of the file of refused rows; the same in every language, so that a second load knows and skips them."""


def upload_import(stream: storage.Upload, name: str) -> str:
    """Keeps the file, reads its headers and guesses the mapping; returns the run's id. Raises NotAllowed, Invalid."""
    actor = tenancy.require("accounts:import")
    if actor.kind != "member":
        raise NotAllowed(_("Only members import files."))
    file_id = keep_file(stream, name, visibility="internal", accept=("csv", "txt"))
    kept = StoredFile.objects.get(pk=file_id)
    try:
        headers, rows = rows_of(_text(kept))
        sample = [[value[:80] for value in values] for _line, values in islice(rows, SAMPLE_ROWS)]
        total = len(sample) + sum(1 for _row in rows)
    except CsvProblem as problem:
        raise Invalid(_words(problem.code)) from problem
    with transaction.atomic():
        run = ImportRun(
            organisation_id=tenancy.current().organisation_id,
            file_id=file_id,
            file_name=kept.name,
            mapping=_remembered(headers) or guessed_mapping(headers),
            options={"headers": headers, "sample": sample, "remembered": bool(_remembered(headers))},
            rows_total=total,
            started_by_id=actor.id,
        )
        run.save(force_insert=True)
        return run.id


def _remembered(headers: list[str]) -> dict[str, str]:
    """How somebody mapped a file with the same columns the last time it was imported; without what is not there any more."""
    for run in ImportRun.objects.exclude(state="mapping").order_by("-created_at", "-id")[:20]:
        if set(run.mapping.values()) <= set(headers) and set(run.options.get("headers", [])) <= {*headers, *ADDED_COLUMNS}:
            return dict(run.mapping)
    return {}


def start_import(
    run_id: str, *, mapping: dict[str, str], playbook_key: str = "", kickoff_on: date | None = None, owner_ids: Sequence[str] = ()
) -> None:
    """Checks the mapping and lets the background work begin. With a playbook an onboarding is started for each account.

    Owners take turns, row by row; a row that names its owner keeps that one; without any it is whoever imports.
    Raises NotFound, Invalid, Conflict (running already).
    """
    tenancy.require("accounts:import")
    with transaction.atomic():
        run = _run(run_id)
        if run.state != "mapping":
            raise Conflict(_("This import has begun already."))
        clean = {field: header for field, header in mapping.items() if field in FIELDS and header in run.options["headers"]}
        faults = Faults()
        if "name" not in clean:
            faults.add("name", _("Say which column holds the account's name."))
        twice = sorted({header for header in clean.values() if list(clean.values()).count(header) > 1})
        for field, header in clean.items():
            if header in twice and field not in {"name", "external_id", "contact_name"}:
                faults.add(field, _("The column “%(column)s” is chosen twice.") % {"column": header})
        owners = list(Member.objects.filter(pk__in=owner_ids, active=True).order_by("name", "id").values_list("id", flat=True))
        if len(owners) != len(set(owner_ids)):
            faults.add("owner_ids", _("Choose people who are on your team."))
        if playbook_key:
            tenancy.require("journeys:start")
            try:
                latest_published(playbook_key)
            except BoardwellError as problem:
                faults.add("playbook_key", str(problem))
        faults.stop()
        run.mapping, run.state = clean, "running"
        run.options = {
            **run.options, "playbook_key": playbook_key, "owners": owners, "kickoff_on": kickoff_on.isoformat() if kickoff_on else "",
        }  # fmt: skip
        run.save()
        record(
            "import.started", object_kind="import", object_id=run.id, label=run.file_name,
            after={"mapping": clean, "playbook": playbook_key, "owners": owners},
        )  # fmt: skip
        import_rows.enqueue(run.id)


def cancel_import(run_id: str) -> None:
    """Stops a run before its next turn; what has come in stays. Raises NotFound, Conflict (it has ended)."""
    tenancy.require("accounts:import")
    with transaction.atomic():
        run = _run(run_id)
        if not ImportRun.objects.filter(pk=run.pk, state__in=["mapping", "running"]).update(state="cancelled", ended_at=now()):
            raise Conflict(_("This import has ended."))
        after = {"row": run.next_row, "of": run.rows_total}
        record("import.cancelled", object_kind="import", object_id=run.id, label=run.file_name, after=after)


@task
def import_rows(run_id: str) -> None:
    """One turn: a few rows, their problems, how far we are, and the next turn – together in one transaction or not at all."""
    run = ImportRun.objects.select_related("started_by").filter(pk=run_id, state="running").first()
    if run is None or run.started_by is None:
        return
    kept = StoredFile.objects.get(pk=run.file_id)
    headers, rows = _parsed(kept.storage_path, kept.sha256)
    turn = rows[run.next_row : run.next_row + ROWS_A_TURN]
    with tenancy.acting_for(run.organisation_id, actor_for_member(run.started_by)):
        owners = dict(Member.objects.filter(active=True).values_list("person__email", "id"))
        for index, (line, values) in enumerate(shares(turn, math.inf), start=run.next_row):
            _import_row(run, index, line, dict(zip(headers, values, strict=False)), owners)
            run.next_row = index + 1
        if run.next_row >= len(rows):
            run.state, run.ended_at = "done", now()
            after = {"created": run.rows_created, "updated": run.rows_updated, "refused": run.rows_refused}
            record("import.ended", object_kind="import", object_id=run.id, label=run.file_name, after=after)
        run.save()
    if run.state == "running":
        import_rows.enqueue(run.id)


@lru_cache(maxsize=1)
def _parsed(path: str, sha256: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The rows of the file that is being imported: parsed once in each process, not once in each turn."""
    with storage.open_stored(path) as stream:
        headers, rows = rows_of(text_of(stream.read()))
    return headers, list(rows)


def refused_rows(run_id: str) -> tuple[list[str], Iterator[list[list[str]]]]:
    """The header and, in batches, the refused rows as they stood in the file, each with its row, column and reason before it.

    The file can be put right and loaded as it is: the added columns are not mapped to anything.
    """
    tenancy.require("accounts:import")
    run = _run(run_id)
    headers: list[str] = run.options.get("headers", [])
    plain = [header for header in headers if header not in ADDED_COLUMNS]

    def batches() -> Iterator[list[list[str]]]:
        told = {problem.row: problem for problem in ImportProblem.objects.filter(run_id=run.id)}
        if not told:
            return
        _headers, rows = rows_of(_text(StoredFile.objects.get(pk=run.file_id)))
        batch: list[list[str]] = []
        for line, values in rows:
            problem = told.get(line)
            if problem is None:
                continue
            named = dict(zip(headers, values, strict=False))
            batch.append([str(problem.row), problem.column, problem.reason, *(named.get(header, "") for header in plain)])
            if len(batch) == SAMPLE_ROWS * 100:
                yield batch
                batch = []
        yield batch

    return [*ADDED_COLUMNS, *plain], batches()


class _Refused(Exception):  # noqa: N818 - the row is refused, and says why
    def __init__(self, field: str, code: str, reason: str) -> None:
        super().__init__(reason)
        self.field, self.code, self.reason = field, code, reason


def _import_row(run: ImportRun, index: int, line: int, row: dict[str, str], owners: dict[str, str]) -> None:
    given = {field: without_apostrophe(row.get(header, "").strip()) for field, header in run.mapping.items()}
    try:
        with transaction.atomic():
            word = _take(run, index, given, owners)
    except _Refused as problem:
        _note(run, line, problem.field, problem.code, problem.reason, given)
    except Invalid as problem:
        field, reasons = next(iter(problem.fields.items()), ("name", [str(problem)]))
        _note(run, line, field, "invalid", reasons[0], given)
    except BoardwellError as problem:
        _note(run, line, "name", "refused", str(problem), given)
    else:
        if word == "created":
            run.rows_created += 1
        else:
            run.rows_updated += 1


def _take(run: ImportRun, index: int, given: dict[str, str], owners: dict[str, str]) -> str:
    if not given.get("name"):
        raise _Refused("name", "missing", _("The account's name is missing."))
    for field in ("contact_email", "owner_email"):
        if given.get(field):
            try:
                validate_email(given[field])
            except ValidationError:
                raise _Refused(field, "email", _("This is not an e-mail address.")) from None
    if given.get("owner_email") and given["owner_email"].lower() not in owners:
        raise _Refused("owner_email", "owner", _("Nobody on your team has this address."))
    values: dict[str, Any] = {field: given[field] for field in ("name", "industry", "country", "city", "website") if given.get(field)}
    turns: list[str] = run.options.get("owners") or [run.started_by_id or ""]
    named = owners.get(given.get("owner_email", "").lower())
    owner_id = named or turns[index % len(turns)]
    external_id = (given.get("external_id") or given["name"].casefold())[:120]
    known = account_owner(source=SOURCE, external_id=external_id)
    if named or known is None:  # a second load takes nobody's accounts away
        values["owner_id"] = owner_id
    account_id, word = upsert_account(source=SOURCE, external_id=external_id, **values)
    owner_id = values.get("owner_id") or known or owner_id
    email = given.get("contact_email", "").lower()
    if email and not Contact.objects.filter(account_id=account_id, email=email, active=True).exists():
        add_contact(account_id, name=given.get("contact_name") or email.partition("@")[0], email=email, role="admin")
    if run.options.get("playbook_key"):
        start_journey(
            StartOrder(
                playbook_key=run.options["playbook_key"],
                account_id=account_id,
                owner_id=owner_id or "",
                kickoff_on=_kickoff_of(run),
                source=SOURCE,
                external_id=f"{run.options['playbook_key']}:{external_id}"[:120],
                welcome=False,
            )
        )
    return word


def _kickoff_of(run: ImportRun) -> date:
    given = run.options.get("kickoff_on", "")
    return date.fromisoformat(given) if given else run.created_at.date()


def _note(run: ImportRun, line: int, field: str, code: str, reason: str, given: dict[str, str]) -> None:
    run.rows_refused += 1
    ImportProblem(
        organisation_id=run.organisation_id,
        run=run,
        row=line,
        column=run.mapping.get(field, field)[:120],
        code=code,
        reason=reason[:300],
        value=given.get(field, "")[:200],
    ).save()


def _run(run_id: str) -> ImportRun:
    run = ImportRun.objects.filter(pk=run_id).first()
    if run is None:
        raise NotFound(_("There is no such import."))
    return run


def _text(kept: StoredFile) -> str:
    with storage.open_stored(kept.storage_path) as stream:
        return text_of(stream.read())


def _words(code: str) -> str:
    return {
        "empty": _("The file is empty."),
        "no_headers": _("The first line must hold the names of the columns."),
    }.get(code, _("The file cannot be read as CSV. Save it again as CSV with commas."))
