"""`boardwell playbook …`: lint, diff, rehearse, schema, import, export."""

import json
import os
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from django.utils import translation
from django.utils.translation import gettext as _
from rich.console import Console
from rich.table import Table

from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.journeys.rehearsal import MOST, rehearse
from boardwell.domain.journeys.schedule import CircleError
from boardwell.domain.organisations.queries import organisation_by_slug
from boardwell.domain.playbooks.actions.write_playbook import import_playbook
from boardwell.domain.playbooks.difference import difference
from boardwell.domain.playbooks.document import Document, DocumentError, parse
from boardwell.domain.playbooks.jsonschema import schema
from boardwell.domain.playbooks.problems import lint
from boardwell.domain.playbooks.problemwords import words_of
from boardwell.domain.playbooks.queries import latest_published
from boardwell.kernel import tenancy
from boardwell.kernel.checks import LANGUAGES
from boardwell.kernel.errors import BoardwellError, Invalid

app = typer.Typer(no_args_is_help=True, help="Playbooks as code.")
console = Console()
errors = Console(stderr=True)


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as problem:
        errors.print(f"{path}: {problem.strerror}", markup=False)
    except UnicodeDecodeError as problem:
        errors.print(f"{path}: not UTF-8 text (byte {problem.start})", markup=False)
    raise typer.Exit(2)


def _language(asked: str) -> str:
    """The language asked for, else the terminal's, else English. Exits with 2 on one that we do not speak."""
    if asked and asked not in LANGUAGES:
        errors.print(f"{asked}: not a language of Boardwell; there are {', '.join(LANGUAGES)}.", markup=False)
        raise typer.Exit(2)
    spoken = next(filter(None, (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    return asked or next((code for code in LANGUAGES if spoken.replace(".", "_").split("_")[0] == code), "en")


@app.command("lint")
def lint_files(
    files: Annotated[list[Path], typer.Argument(help="YAML files")],
    language: Annotated[str, typer.Option(help="en, hi, bn, az, ms or mn; otherwise the terminal's own (LANG)")] = "",
) -> None:
    """Name every fault with line and column. Exit code 1 when there is an error."""
    worst = 0
    with translation.override(_language(language)):
        for path in files:
            found = lint(_read(path), kinds=kind_rules())
            # Severity and code stay as they are in every language: programs read them.
            for problem in found:
                console.print(
                    f"{path}:{problem.line}:{problem.column}: {problem.severity}: {words_of(problem)} [{problem.code}]",
                    markup=False, highlight=False, soft_wrap=True,
                )  # fmt: skip
            if any(problem.severity == "error" for problem in found):
                worst = 1
            elif not found:
                console.print(f"{path}: {_('No problems')}", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(worst)


@app.command()
def diff(a: Path, b: Path) -> None:
    """What changed in meaning from A to B. Exit code 1 when something did."""
    changes = difference(_document(a), _document(b))
    table = Table("Change", "Where", "Before", "After")
    for change in changes:
        table.add_row(change.kind, change.path, _short(change.before), _short(change.after))
    console.print(table if changes else "No difference in meaning.")
    raise typer.Exit(1 if changes else 0)


def _document(path: Path) -> Document:
    try:
        return parse(_read(path))
    except DocumentError as problem:
        errors.print(f"{path}: {problem}. Run “boardwell playbook lint {path}”.", markup=False)
        raise typer.Exit(2) from problem


def _short(value: object) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False)[:120]


@app.command("rehearse")
def rehearse_file(
    file: Path,
    customers: Annotated[int, typer.Option("-n", "--customers", min=1, max=MOST, help="How many made-up customers")] = 1000,
    seed: Annotated[int, typer.Option(help="Another number makes other customers")] = 0,
) -> None:
    """Play FILE on made-up customers: how long it takes, where it sticks, who is busy when, which way they go."""
    document = _document(file)
    try:
        found = rehearse(document, customers=customers, kickoff_on=date(2026, 3, 2), seed=seed)
    except CircleError as circle:
        errors.print(f"{file}: these steps wait for each other: {circle}", markup=False)
        raise typer.Exit(1) from circle
    console.print(
        f"{found.customers} made-up customers, days from kick-off to the end: half by {found.p50}, 80 % by {found.p80}, 95 % by {found.p95}; planned: {found.planned}.",
        markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip
    stuck = Table("Decides the end", "of runs", "working days", title="Where it sticks")
    for step in found.stuck:
        stuck.add_row(step.key, f"{step.share} %", f"{step.days:g}")
    console.print(stuck)
    if found.branches:
        branches = Table("Step", "of customers", "Condition", title="Which way they go")
        for branch in found.branches:
            branches.add_row(branch.key, f"{branch.share} %", branch.condition)
        console.print(branches)
    if found.load:
        weeks = max(len(minutes) for minutes in found.load.values())
        load = Table("Role", *(f"week {week}" for week in range(1, min(weeks, 8) + 1)), title="Minutes for each customer")
        for role, minutes in found.load.items():
            load.add_row(role, *(f"{each:.0f}" for each in minutes[:8]))
        console.print(load)
    for key in found.never:
        console.print(f"Nobody reaches {key}.", markup=False, highlight=False)
    if found.untimed:
        console.print(f"{len(found.untimed)} steps name no effort and count for none.", highlight=False)


@app.command("schema")
def print_schema() -> None:
    """Print the JSON Schema of playbooks (draft 2020-12)."""
    typer.echo(json.dumps(schema(kind_rules()), indent=2, ensure_ascii=False))


@app.command("import")
def import_file(file: Path, organisation: Annotated[str, typer.Option(help="The organisation's slug")]) -> None:
    """Publish FILE in an organisation, byte for byte."""
    found = organisation_by_slug(organisation)
    if found is None:
        errors.print(f"There is no organisation “{organisation}”.", markup=False)
        raise typer.Exit(2)
    try:
        with tenancy.acting_for(found.id):
            import_playbook(_read(file), kind_rules())
    except Invalid as problem:
        for places in problem.fields.values():
            for place in places:
                errors.print(f"{file}:{place}", markup=False, soft_wrap=True)
        raise typer.Exit(1) from problem
    console.print(f"{file} is published in {organisation}.", markup=False, soft_wrap=True)


@app.command("export")
def export_file(key: str, organisation: Annotated[str, typer.Option(help="The organisation's slug")]) -> None:
    """Write the published document to standard output, byte for byte."""
    found = organisation_by_slug(organisation)
    if found is None:
        errors.print(f"There is no organisation “{organisation}”.", markup=False)
        raise typer.Exit(2)
    try:
        with tenancy.acting_for(found.id):
            typer.echo(latest_published(key).source.encode(), nl=False)
    except BoardwellError as problem:
        errors.print(str(problem), markup=False)
        raise typer.Exit(1) from problem


def register(root: typer.Typer) -> None:
    """Adds the commands."""
    root.add_typer(app, name="playbook")
