"""`boardwell verify`: checks every organisation's log."""

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from boardwell.domain.audit.verify import verify_all

console = Console()


def verify() -> None:
    """Check the audit logs; names every entry that was changed, is missing or was swapped. Exit code 1 when something is wrong."""
    with Progress(console=console, transient=True) as progress:
        progress.add_task("Checking", total=None)
        reports = verify_all()
    table = Table("Organisation", "Entries", "Checkpoints", "Result")
    for report in reports:
        result = "sound" if report.is_sound else f"{len(report.findings)} finding(s)"
        table.add_row(report.organisation_id, str(report.entries), str(report.checkpoints), result)
    console.print(table)
    for report in reports:
        for finding in report.findings[:100]:
            console.print(f"{report.organisation_id}: {finding.words}", markup=False, highlight=False)
    if not all(report.is_sound for report in reports):
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(verify)
