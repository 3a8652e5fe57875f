"""`boardwell playbook …`: lint, diff, schema, import, export."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer
from django.utils import translation
from django.utils.translation import gettext as _
from rich.console import Console
from rich.table import Table

from boardwell.domain.journeys.kinds import kind_rules
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
