"""Twenty leaks of different shapes are planted, one at a time; each must be caught, and the table says by what.

The sweep catches what reaches an answer or a row. The tripwire turns a hydrated foreign row into a 404 and a line in the log.
Row-level security leaves the statement without rows. On SQLite the database's triggers refuse rows that point across organisations.
"""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import FileResponse, HttpResponse
from django.urls import get_resolver

from boardwell.domain.accounts.models import Account, Contact
from boardwell.domain.conversations.models import Message
from boardwell.domain.journeys.models import Journey, Step
from boardwell.domain.people.queries import desk_at
from boardwell.domain.vault.models import StoredFile
from boardwell.doors.portal.entry import portal
from boardwell.doors.workspace.entry import workspace
from boardwell.kernel import rows, storage, tenancy
from boardwell.kernel.models import Mail
from tests.hostile.sweep import Sweep, thieves
from tests.hostile.world import Filled

POSTGRES = connection.vendor == "postgresql"
pytestmark = pytest.mark.timeout(600)
type Patch = pytest.MonkeyPatch


def everyone(model: Any) -> Any:
    """The rows of a model without the manager's narrowing: what a forgotten filter gives."""
    return rows.TenantQuerySet(model)


def sql(statement: str, *values: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def view(patch: Patch, name: str, body: Callable[..., Any]) -> None:
    """Replaces the work of a view, behind its door: whoever is let in gets what `body` gives."""
    space, _colon, wanted = name.partition(":")

    def find(patterns: Any, namespace: str) -> Any:
        for pattern in patterns:
            if hasattr(pattern, "url_patterns"):
                if found := find(pattern.url_patterns, pattern.namespace or namespace):
                    return found
            elif (namespace, pattern.name) == (space, wanted):
                return pattern
        return None

    guard = workspace("") if space == "workspace" else portal
    patch.setattr(find(get_resolver().url_patterns, ""), "callback", guard(body))


kept: dict[str, Any] = {}


def shown(value: Any) -> HttpResponse:
    return HttpResponse(str(value))


def cached(account_id: str) -> str:
    """A page kept under the id alone: the first reader's rights are everybody's."""
    return cache.get_or_set(f"account:{account_id}", lambda: kept["victim"].word and sql_name(account_id))


def sql_name(account_id: str) -> str:
    with tenancy.unscoped("planted"):
        return Account.objects.get(pk=account_id).name


PLANTS: dict[str, tuple[Callable[[Patch], None], str, str, str]] = {
    # shape: (how it is planted, which of the sweep's routes meet it, caught on SQLite by, caught on PostgreSQL by)
    "missing filter": (
        lambda p: view(p, "workspace:account", lambda request, slug, account_id: shown(everyone(Account).get(pk=account_id).name)),
        "account$", "tripwire", "rows",
    ),
    "missing filter in a list": (
        lambda p: view(p, "workspace:accounts", lambda request, slug: shown([row.name for row in everyone(Account)])),
        "accounts$", "tripwire", "rows",
    ),
    "values": (
        lambda p: view(p, "workspace:account", lambda request, slug, account_id: shown(
            everyone(Account).filter(pk=account_id).values_list("name").first())),
        "account$", "sweep", "rows",
    ),
    "count that opens a page": (
        lambda p: view(p, "workspace:journey", lambda request, slug, journey_id, tab="": HttpResponse(
            status=200 if everyone(Journey).filter(pk=journey_id).count() else 404)),
        "journey$", "sweep", "rows",
    ),
    "exists in a 403": (
        lambda p: view(p, "workspace:file", lambda request, slug, file_id: HttpResponse(
            status=403 if everyone(StoredFile).filter(pk=file_id).exists() else 404)),
        "workspace:file$", "sweep", "rows",
    ),
    "update": (
        lambda p: view(p, "workspace:account_archive", lambda request, slug, account_id: HttpResponse(
            status=404, content=everyone(Account).filter(pk=account_id).update(city="stolen"))),
        "account_archive$", "sweep", "rows",
    ),
    "delete": (
        lambda p: view(p, "workspace:account_archive", lambda request, slug, account_id: HttpResponse(
            status=404, content=sql("DELETE FROM accounts_invitation WHERE account_id = %s", account_id))),
        "account_archive$", "sweep", "rows",
    ),
    "SQL read": (
        lambda p: view(p, "workspace:journey", lambda request, slug, journey_id, tab="": shown(
            sql("SELECT title FROM journeys_journey WHERE id = %s", journey_id))),
        "journey$", "sweep", "rows",
    ),
    "SQL write": (
        lambda p: view(p, "workspace:journey_do", lambda request, slug, journey_id: HttpResponse(
            status=404, content=sql("UPDATE journeys_journey SET pause_reason = 'stolen' WHERE id = %s", journey_id))),
        "journey_do$", "sweep", "rows",
    ),
    "SQL join": (
        lambda p: view(p, "workspace:journey", lambda request, slug, journey_id, tab="": shown(sql(
            "SELECT a.name FROM journeys_step s JOIN accounts_account a ON a.id = s.account_id WHERE s.journey_id = %s", journey_id))),
        "journey$", "sweep", "rows",
    ),
    "wrong foreign key": (
        lambda p: view(p, "workspace:contact_add", lambda request, slug, account_id: Contact.objects.create(
            account_id=account_id, name="planted", email="p@x.example") and HttpResponse(status=404)),
        "contact_add$", "keys", "keys",
    ),
    "child of a foreign parent": (
        lambda p: view(p, "workspace:step", lambda request, slug, journey_id, key: shown(
            [step.reason + step.journey.title for step in everyone(Step).filter(journey_id=journey_id)])),
        "workspace:step$", "tripwire", "rows",
    ),
    "join to a foreign parent": (
        lambda p: view(p, "workspace:step", lambda request, slug, journey_id, key: shown(
            everyone(Step).filter(journey_id=journey_id).values_list("journey__title").first())),
        "workspace:step$", "sweep", "rows",
    ),
    "cached page": (
        lambda p: view(p, "workspace:account", lambda request, slug, account_id: shown(cached(account_id))),
        "account$", "sweep", "sweep",
    ),
    "search": (
        lambda p: view(p, "workspace:search", lambda request, slug: shown(
            list(everyone(Message).filter(body__contains="alpha").values_list("author_name", "body")))),
        "search$", "sweep", "rows",
    ),
    "export": (
        lambda p: view(p, "workspace:journeys", lambda request, slug: HttpResponse(
            "\n".join(everyone(Journey).values_list("title", flat=True)), content_type="text/csv")),
        "journeys$", "sweep", "rows",
    ),
    "mail": (
        lambda p: view(p, "workspace:mail", lambda request, slug, mail_id: shown(Mail.objects.get(pk=mail_id).subject)),
        "workspace:mail$", "sweep", "sweep",
    ),
    "file download": (
        lambda p: view(p, "workspace:file", lambda request, slug, file_id: FileResponse(storage.open_stored(
            everyone(StoredFile).filter(pk=file_id).values_list("storage_path", flat=True).get()))),
        "workspace:file$", "sweep", "rows",
    ),
    "header": (
        lambda p: view(p, "workspace:file", lambda request, slug, file_id: HttpResponse(status=404, headers={
            "X-Name": next(iter(everyone(StoredFile).filter(pk=file_id).values_list("name", flat=True)), "")})),
        "workspace:file$", "sweep", "rows",
    ),
    "look around without a reason": (
        lambda p: view(p, "workspace:account", lambda request, slug, account_id: shown(sql_name(account_id))),
        "account$", "sweep", "sweep",
    ),
    "expanded in the API": (
        lambda p: p.setattr("boardwell.doors.api.accounts.account_by_id", lambda account_id: everyone(Account).get(pk=account_id)),
        "API", "tripwire", "rows",
    ),
    "another customer's thing in the portal": (
        lambda p: view(p, "portal:file", lambda request, journey_id, file_id: shown(
            everyone(StoredFile).filter(pk=file_id).values_list("name", flat=True).first())),
        "neighbour", "sweep", "sweep",
    ),
    "open door": (
        lambda p: (p.setattr(
            "boardwell.doors.workspace.entry.desk_at", lambda slug, person_id: desk_at(slug, kept["victim"].owner.person_id))),
        "workspace:(home|journeys|audit)$", "sweep", "sweep",
    ),
}  # fmt: skip


def test_twenty_shapes_and_more_are_planted() -> None:
    assert len(PLANTS) >= 20


@pytest.fixture
def worlds(db: None) -> tuple[Filled, Filled]:
    victim, other = Filled("acme", "alpha"), Filled("rival", "beta")
    victim.put_canaries()
    kept["victim"] = victim
    return victim, other


def caught(worlds: tuple[Filled, Filled], where: str, log: pytest.LogCaptureFixture) -> set[str]:
    """What noticed: the sweep's own eyes, the tripwire's line in the log, or the database's refusal."""
    sweep, thief = Sweep(*worlds), thieves(*worlds)[1]
    thief.client.raise_request_exception = False
    log.clear()
    with log.at_level(logging.ERROR):
        if where == "API":
            sweep.api()
        elif where == "neighbour":
            victim = worlds[0]
            answer = thieves(*worlds)[3].client.get(f"/p/{victim.second_journey_id}/files/{victim.file_id}/")
            sweep._look("neighbour", answer)
        else:
            sweep.at_home(thief, only=where)
            sweep.paths(thief, only=where)
    by = {"sweep"} if any(word in each for each in sweep.findings for word in ("shows", "changed", "differs", "answered 2")) else set()
    if any("a row of somebody else was reached" in each.message for each in log.records):
        by.add("tripwire")
    refused = [each.exc_info[1] for each in log.records if each.exc_info]
    by |= {"keys"} if any("refused by the database's keys" in each for each in sweep.findings) else set()
    if any(isinstance(each, DatabaseError) or isinstance(each.__context__, DatabaseError) for each in refused if each):
        by.add("keys")
    return by


@pytest.mark.parametrize("shape", PLANTS)
def test_a_planted_leak_is_caught(worlds, monkeypatch, caplog, guard, shape: str) -> None:
    with guard.letting(through=True):  # the walls of the house are tried, not the guard that stands before them in tests
        _is_caught(worlds, monkeypatch, caplog, shape)


def _is_caught(worlds: tuple[Filled, Filled], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, shape: str) -> None:
    plant, where, on_sqlite, on_postgres = PLANTS[shape]
    plant(monkeypatch)
    by = caught(worlds, where, caplog)
    if POSTGRES and on_postgres == "rows":
        assert by <= {"tripwire"}, f"{shape}: row-level security should have left nothing to see"
        from boardwell.kernel import rowlevel

        monkeypatch.setattr(rowlevel, "wanted", lambda: rowlevel.EVERYBODY)  # without that wall the others catch it as on SQLite
        by = caught(worlds, where, caplog)
        assert on_sqlite in by, f"{shape}: caught by {by or 'nobody'}"
        return
    assert (on_postgres if POSTGRES else on_sqlite) in by, f"{shape}: caught by {by or 'nobody'}"
