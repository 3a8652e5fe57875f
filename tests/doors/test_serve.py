"""Nothing is served from a database that would not keep organisations apart."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import typer
from django.db import connection

from boardwell.doors.console.running import require_walls
from boardwell.kernel.schema import tenant_models

POSTGRES = connection.vendor == "postgresql"


def test_a_database_with_all_its_walls_is_served(db) -> None:
    require_walls()


def test_one_missing_wall_is_one_clear_line_and_no_server(db, capsys) -> None:
    table = tenant_models()[0]._meta.db_table
    with connection.cursor() as cursor:
        if POSTGRES:
            cursor.execute(f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY')
        else:
            cursor.execute(f"SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '{table}' AND name LIKE 'boardwell%'")
            cursor.execute(f"DROP TRIGGER {cursor.fetchall()[0][0]}")
    with pytest.raises(typer.Exit) as stopped:
        require_walls()
    said = capsys.readouterr()
    assert (stopped.value.exit_code, said.out, said.err.count("\n")) == (1, "", 1)
    assert said.err.startswith("Not started: ")
    assert "run `boardwell migrate`" in said.err


@pytest.mark.skipif(not POSTGRES, reason="SQLite has no roles")
@pytest.mark.parametrize(("role", "what"), [("boss SUPERUSER", "is a superuser"), ("passes BYPASSRLS", "has BYPASSRLS")])
@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["worker"]])
@pytest.mark.django_db(transaction=True)
def test_a_role_that_policies_do_not_bind_is_refused(tmp_path: Path, role: str, what: str, command: list[str]) -> None:
    there = connection.settings_dict
    name, attribute = role.split()
    try:
        root = psycopg.connect(host=there["HOST"], port=there["PORT"], user="postgres", dbname=there["NAME"], autocommit=True)
    except psycopg.Error:
        pytest.skip("needs the superuser of a throw-away server")
    with root:
        root.execute(f"DROP ROLE IF EXISTS {name}")
        root.execute(f"CREATE ROLE {name} LOGIN {attribute} IN ROLE {there['USER']}")
        try:
            environment = {
                **os.environ, "BOARDWELL_VAR": str(tmp_path),
                "BOARDWELL_DATABASE_URL": f"postgres://{name}@{there['HOST']}:{there['PORT']}/{there['NAME']}",
            }  # fmt: skip
            answer = subprocess.run(
                [sys.executable, "-c", "from boardwell.doors.console.main import run; run()", *command],
                env=environment, capture_output=True, text=True, timeout=60, check=False,
            )  # fmt: skip
        finally:
            root.execute(f"DROP ROLE {name}")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == (
        f"Not started: the database role {name} {what}: row-level security does not apply to it. "
        "Organisations would not be kept apart; see docs/guides/operate.md.\n"
    )
