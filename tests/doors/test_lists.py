"""List pages: stable pages in any order, saved views, columns, exports of exactly what is seen, the same queries for any number."""

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from boardwell.domain.accounts.actions.save_account import create_account
from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.conversations.actions.post_message import post_message
from boardwell.domain.journeys.actions.pause_journey import pause_journey
from boardwell.domain.journeys.models import Journey, Step
from boardwell.domain.journeys.queries.lists import Filters
from boardwell.domain.journeys.queries.tables import SORTS, journey_slice
from boardwell.domain.people.models import Member, SavedView
from boardwell.kernel.tasks.worker import run_until_idle
from boardwell.kernel.wordindex import index_new


@pytest.fixture
def owner(house, signed_in: Callable[..., Client]) -> Client:
    return signed_in(house.owner.person)


def start_for(house, name: str, **more: object) -> str:
    with house.as_owner():
        account_id = create_account(name=name)
    return house.start(account_id=account_id, title=f"Journey of {name}", **more)


def rows_of(body: str) -> list[str]:
    return re.findall(r'<a data-row href="[^"]+">([^<]+)</a>', body)


def table(answer: object) -> list[list[str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize("sort", [f"{sign}{name}" for name in SORTS if not name.startswith("-") for sign in ("", "-")])
def test_pages_hold_every_row_once_forwards_and_back_in_any_order(house, sort: str) -> None:
    ids = {start_for(house, name) for name in ("Beta", "alpha", "Alpha", "Ölwerk", "beta", "Zeta", "Alpha")}
    with house.as_owner():
        Journey.objects.filter(pk=min(ids)).update(health="off_track", overdue_steps=2, planned_live_on=None, steps_done=1)
        pages, cursor = [], ""
        while True:
            found = journey_slice(Filters(), sort=sort, cursor=cursor, size=2)
            pages.append([row.id for row in found.rows])
            assert found.total == len(ids)
            if not (cursor := found.next):
                break
        flat = [row_id for page in pages for row_id in page]
        assert set(flat) == ids
        assert len(flat) == len(ids)
        back = []
        while cursor := found.previous:
            found = journey_slice(Filters(), sort=sort, cursor=cursor, size=2)
            back.append([row.id for row in found.rows])
        assert back == pages[-2::-1]


def test_a_row_that_comes_in_between_two_pages_moves_nothing(house) -> None:
    for name in ("B", "D", "F", "H"):
        start_for(house, name)
    with house.as_owner():
        first = journey_slice(Filters(), sort="account", size=2)
    start_for(house, "A")
    with house.as_owner():
        second = journey_slice(Filters(), sort="account", cursor=first.next, size=2)
        assert [row.account_name for row in (*first.rows, *second.rows)] == ["B", "D", "F", "H"]


@pytest.mark.parametrize("cursor", ["x", "eyJ:1:1", "%00", "a" * 700])
def test_a_cursor_that_is_not_ours_gives_the_first_page(house, owner: Client, cursor: str) -> None:
    start_for(house, "B")
    for path in ("journeys", "accounts", "outbox"):
        answer = owner.get(f"/acme/{path}/", {"at": cursor, "sort": "-nonsense"})
        assert answer.status_code == 200
    assert rows_of(owner.get("/acme/journeys/", {"at": cursor}).content.decode()) == ["B"]


@pytest.mark.parametrize(
    "path",
    ["journeys/", "journeys/?group=owner", "journeys/?group=stage&cols=value&cols=slip&cols=contact", "journeys/?view=board", "journeys/?view=board&group=owner", "accounts/", "inbox/", "outbox/", "audit/?q=", "people/",
     "search/?q=firm"],
)  # fmt: skip
def test_three_rows_take_the_same_queries_as_one(house, owner: Client, path: str) -> None:
    def write(name: str) -> None:
        journey_id = start_for(house, f"Firm {name}")
        with house.as_owner():
            account_id = Journey.objects.get(pk=journey_id).account_id
            post_message(journey_id, account_id, body=f"firm {name}")
            post_message(journey_id, account_id, body=f"firm note {name}", visibility="internal")

    write("one")
    owner.get(f"/acme/{path}")  # what is cached once is cached now
    with CaptureQueriesContext(
        connection,
    ) as one:
        assert owner.get(f"/acme/{path}").status_code == 200
    write("two")
    write("three")
    with CaptureQueriesContext(connection) as three:
        assert owner.get(f"/acme/{path}").status_code == 200
    assert len(three) == len(one), "\n".join(query["sql"][:160] for query in three.captured_queries)


def test_columns_are_those_chosen_and_the_heading_turns_the_order_round(house, owner: Client) -> None:
    start_for(house, "Beta")
    start_for(house, "Alpha")
    body = owner.get("/acme/journeys/?sort=account&cols=owner&cols=kickoff").content.decode()
    assert rows_of(body) == ["Alpha", "Beta"]
    assert re.findall(r'data-label="([^"]+)"', body)[:2] == ["Owner", "Kick-off"]
    assert "Health</a>" not in body
    assert 'aria-sort="ascending"' in body
    assert "sort=-account" in body
    assert rows_of(owner.get("/acme/journeys/?sort=-account").content.decode()) == ["Beta", "Alpha"]


def test_the_export_is_exactly_the_filtered_list_and_no_cell_is_a_formula(house, owner: Client) -> None:
    start_for(house, "=HYPERLINK(1)")
    paused = start_for(house, "Paused")
    with house.as_owner():
        pause_journey(paused, reason="Wait")
        before = AuditEntry.objects.count()
    lines = table(owner.post("/acme/journeys/export/", {"state": "active", "sort": "account"}))
    assert [line[1] for line in lines[1:]] == ["'=HYPERLINK(1)"]
    assert lines[0] == [
        "Id", "Account", "Title", "State", "Health", "Why", "Stage", "Waiting on", "Name", "Waiting since", "Owner", "Forecast",
        "Promised", "Slip in working days", "First plan",
    ]  # fmt: skip
    assert len(lines[1]) == len(lines[0])
    fewer = table(owner.post("/acme/journeys/export/", {"state": "active", "cols": ["account", "value"]}))
    assert fewer[0] == ["Id", "Account", "Title", "State", "Value"]
    lines = table(owner.post("/acme/journeys/export/", {"state": "open", "sort": "-account"}))
    assert [line[1] for line in lines[1:]] == ["Paused", "'=HYPERLINK(1)"]
    with house.as_owner():
        entries = AuditEntry.objects.filter(verb="list.exported")
        assert entries.count() == 3
        assert AuditEntry.objects.count() == before + 3
        assert '"rows":2' in entries.order_by("-position")[0].body


def test_the_portfolio_says_why_how_late_and_what_it_is_worth(house, owner: Client) -> None:
    late = start_for(house, "Late", kickoff_on=date(2026, 12, 1), value_minor=1_250_050, currency="EUR")
    early = start_for(house, "Early", kickoff_on=date(2026, 12, 1))
    start_for(house, "Plain", kickoff_on=date(2026, 12, 1))
    with house.as_owner():
        plan = Journey.objects.get(pk=late).baseline_live_on
        Journey.objects.filter(pk=late).update(
            forecast_live_on=plan + timedelta(days=7), health="at_risk", health_reasons=[{"code": "overdue", "steps": 2}]
        )
        Journey.objects.filter(pk=early).update(forecast_live_on=plan - timedelta(days=7))
    body = owner.get("/acme/journeys/?sort=-slip&cols=health&cols=slip&cols=value").content.decode()
    assert rows_of(body) == ["Late", "Plain", "Early"]
    for words in ("2 steps are late", "5 working days late", "5 working days early", "on plan", "€12,500.50"):
        assert body.count(words) == 1, words
    assert rows_of(owner.get("/acme/journeys/?slipped=1").content.decode()) == ["Late"]
    assert f"/acme/journeys/{late}/dates/" in body


def test_groups_have_a_heading_and_count_also_what_other_pages_hold(house, owner: Client, monkeypatch) -> None:
    from boardwell.doors.workspace.views import journeys as view

    whole = view.journey_slice
    monkeypatch.setattr(view, "journey_slice", lambda filters, **more: whole(filters, **{**more, "size": 2}))
    ids = [start_for(house, name) for name in ("A", "B", "C", "D")]
    with house.as_owner():
        Journey.objects.filter(pk=ids[3]).update(health="off_track")
    body = owner.get("/acme/journeys/?group=health").content.decode()
    found = re.findall(r'<th scope="rowgroup"[^>]*>(.*?) <span class="muted">(\d+)</span>', body)
    assert found == [("Off track", "1"), ("On track", "3")]
    assert "group=health" in re.findall(r'rel="next" href="([^"]+)"', body)[0]


def test_a_customers_message_is_the_last_contact(house, owner: Client) -> None:
    journey_id = start_for(house, "A")
    with house.as_owner():
        account_id = Journey.objects.get(pk=journey_id).account_id
        post_message(journey_id, account_id, body="Hello")
        run_until_idle()
        assert Journey.objects.get(pk=journey_id).last_customer_activity_at is None
    own = house.start()
    with house.as_contact():
        post_message(own, house.account_id, body="Hello")
    run_until_idle()
    with house.as_owner():
        assert Journey.objects.get(pk=own).last_customer_activity_at is not None


def test_an_export_of_more_than_one_batch_holds_every_row_once(house, owner: Client) -> None:
    from boardwell.domain.accounts.models import Account

    with house.as_owner():
        made = Account.objects.bulk_create(Account(organisation_id=house.organisation_id, name=f"Firm {n:04}") for n in range(1_203))
        index_new("account", [(account.id, account.name) for account in made])
    lines = table(owner.post("/acme/accounts/export/", {"q": "firm", "sort": "name"}))
    assert [line[1] for line in lines[1:]] == [f"Firm {n:04}" for n in range(1_203)]


@pytest.mark.parametrize("path", ["journeys/export/", "accounts/export/", "outbox/export/", "audit/export/"])
def test_whoever_may_not_export_gets_nothing_and_no_line_is_written(house, signed_in, path: str) -> None:
    trainer = house.member("trainer")
    with house.as_owner():
        before = AuditEntry.objects.count()
    assert signed_in(trainer.person).post(f"/acme/{path}", {}).status_code in {403, 404}
    with house.as_owner():
        assert AuditEntry.objects.count() == before


def test_a_view_is_kept_renamed_shared_opened_first_and_deleted(house, owner: Client, signed_in) -> None:
    start_for(house, "Alpha")
    post = lambda **values: owner.post("/acme/journeys/views/", {"page": "journeys", **values})  # noqa: E731 - short
    post(verb="save", name="Late ones", query="state=open&late=1")
    with house.as_owner():
        view = SavedView.objects.get()
    colleague = signed_in(house.member("specialist").person)
    assert "Late ones" not in colleague.get("/acme/journeys/?state=open").content.decode()
    post(verb="change", view=view.id, name="Late everywhere", shared="1")
    assert "Late everywhere" in colleague.get("/acme/journeys/?state=open").content.decode()
    assert colleague.post("/acme/journeys/views/", {"page": "journeys", "verb": "delete", "view": view.id}).status_code == 404
    post(verb="first", view=view.id)
    assert owner.get("/acme/journeys/")["Location"] == f"/acme/journeys/?state=open&late=1&saved={view.id}"
    assert owner.get("/acme/journeys/?state=open").status_code == 200
    assert colleague.get("/acme/journeys/").status_code == 200
    post(verb="refresh", view=view.id, query="health=off_track")
    with house.as_owner():
        view.refresh_from_db()
        assert (view.name, view.query, view.shared) == ("Late everywhere", "health=off_track", True)
    post(verb="delete", view=view.id)
    assert owner.get("/acme/journeys/").status_code == 200
    with house.as_owner():
        assert SavedView.objects.count() == 0
        assert Member.objects.get(pk=house.owner.id).first_views == {"journeys": view.id}
        verbs = AuditEntry.objects.filter(verb__startswith="view.").order_by("position").values_list("verb", flat=True)
        assert list(verbs) == ["view.saved", "view.changed", "view.opens_first", "view.changed", "view.deleted"]


def test_the_board_groups_four_ways_and_says_how_many_more_there_are(house, owner: Client, monkeypatch) -> None:
    from boardwell.domain.journeys.queries import tables

    monkeypatch.setattr(tables, "CARDS_A_COLUMN", 2)
    for name in ("A", "B", "C"):
        start_for(house, name)
    for group, heading in (("stage", "Begin"), ("owner", "Owner acme"), ("waiting", "Our team"), ("health", "On track")):
        body = owner.get(f"/acme/journeys/?view=board&group={group}").content.decode()
        assert f'<h2>{heading} <span class="muted">3</span></h2>' in body
        assert body.count("<article") == 2
        assert "and 1 more" in body


def test_bulk_shows_what_will_happen_then_does_it_once(house, owner: Client) -> None:
    ids = [start_for(house, name) for name in ("A", "B")]
    with house.as_owner():
        pause_journey(ids[1], reason="Wait")
    wrong = owner.post("/acme/journeys/bulk/", {"ids": ids, "verb": "pause", "go": "preview"})
    assert wrong.status_code == 422
    assert "Say why" in wrong.content.decode()
    shown = owner.post("/acme/journeys/bulk/", {"ids": ids, "verb": "pause", "reason": "Summer", "go": "preview"}).content.decode()
    assert "Only an onboarding that is running can be paused." in shown
    assert "Do it to 1 onboarding" in shown
    with house.as_owner():
        assert Journey.objects.get(pk=ids[0]).state == "active"
    once = re.search(r'name="once" value="([^"]+)"', shown)
    assert once is not None
    sent = {"ids": ids, "verb": "pause", "reason": "Summer", "go": "apply", "once": once[1]}
    done = owner.post("/acme/journeys/bulk/", sent).content.decode()
    assert "1 onboarding was changed." in done
    assert "1 was not: see why below." in done
    assert owner.post("/acme/journeys/bulk/", sent).status_code == 422
    with house.as_owner():
        assert Journey.objects.get(pk=ids[0]).state == "paused"
        assert AuditEntry.objects.filter(verb="journey.paused", journey_id=ids[0]).count() == 1


def test_bulk_takes_all_that_match_the_list(house, owner: Client) -> None:
    for name in ("A", "B", "Other"):
        start_for(house, name)
    query = "search=journey+of+a"
    body = owner.post("/acme/journeys/bulk/", {"verb": "message", "all_matching": "1", "query": query}).content.decode()
    assert "1 onboarding is chosen." in body


def test_the_notice_after_an_act_undoes_it(house, owner: Client) -> None:
    journey_id = start_for(house, "A")
    after = owner.post(f"/acme/journeys/{journey_id}/steps/welcome/do/", {"verb": "skip", "reason": "Known"}, follow=True)
    found = re.search(r'action="([^"]+/undo/)"[^>]*>.*?name="position" value="(\d+)"', after.content.decode(), re.DOTALL)
    assert found is not None
    undone = owner.post(found[1], {"position": found[2]}, follow=True).content.decode()
    assert "Undone. Everything is as it was before." in undone
    with house.as_owner():
        assert Step.objects.get(journey_id=journey_id, key="welcome").state == "ready"
    again = owner.post(found[1], {"position": found[2]}, follow=True).content.decode()
    assert "This has been undone already." in again
    for position in ("-1", "x", "9" * 40):
        assert owner.post(found[1], {"position": position}).status_code in {302, 404}


def test_a_move_is_shown_before_it_is_made(house, owner: Client) -> None:
    journey_id = start_for(house, "A")
    path = f"/acme/journeys/{journey_id}/steps/live/do/"
    with house.as_owner():
        before = Step.objects.get(journey_id=journey_id, key="live").planned_on
    shown = owner.post(path, {"verb": "preview_move", "due_on": "2027-06-01", "reason": "Asked for"})
    body = shown.content.decode()
    assert "1 step would move" in body
    assert 'value="Asked for"' in body
    with house.as_owner():
        assert Step.objects.get(journey_id=journey_id, key="live").planned_on == before
    assert owner.post(path, {"verb": "preview_move", "due_on": "nonsense"}).status_code == 422


def test_the_team_is_searched_sorted_and_exported(house, signed_in) -> None:
    for role in ("viewer", "manager"):
        house.member(role)
    client = signed_in(house.owner.person)

    def names(query: str) -> list[str]:
        found = re.findall(
            r"(owner|viewer|manager)@acme\.example", client.get(f"/acme/people/?{query}").content.decode().partition("<tbody>")[2]
        )
        return list(dict.fromkeys(found))

    assert names("sort=name") == ["manager", "owner", "viewer"]
    assert names("sort=-email") == ["viewer", "owner", "manager"]
    assert names("sort=role") == ["owner", "manager", "viewer"]
    assert names("q=VIEWER") == ["viewer"]
    assert "Nothing fits these filters" in client.get("/acme/people/?q=nobody").content.decode()
    rows = list(
        csv.reader(io.StringIO(b"".join(client.post("/acme/people/export/", {"sort": "role"}).streaming_content).decode().lstrip("\ufeff")))
    )
    assert [row[1:4] for row in rows[:2]] == [["Name", "E-mail", "Role"], ["Owner acme", "owner@acme.example", "Organisation owner"]]
    with house.as_owner():
        assert json.loads(AuditEntry.objects.get(verb="list.exported").body)["after"] == {"filter": {}, "rows": 3}
