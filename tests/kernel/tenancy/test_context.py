"""The context: nests, fails closed, and never slips from one thread or async task into another."""

import asyncio
import threading
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.http import HttpRequest
from django.test import RequestFactory, override_settings

from boardwell import kernel
from boardwell.config.failures import FailuresMiddleware
from boardwell.domain.accounts.models import Account
from boardwell.kernel import rowlevel, tenancy


def seen() -> str:
    return tenancy.current().organisation_id


def test_a_nested_context_gives_the_outer_one_back() -> None:
    with tenancy.acting_for("org_a"):
        with tenancy.acting_for("org_b"):
            assert (seen(), rowlevel.wanted()) == ("org_b", "org_b")
        with pytest.raises(ZeroDivisionError), tenancy.acting_for("org_c"):
            _ = 1 // 0
        assert (seen(), rowlevel.wanted()) == ("org_a", "org_a")
    assert tenancy.current_or_none() is None
    assert rowlevel.wanted() == rowlevel.NOBODY


def test_acting_for_one_organisation_narrows_also_inside_unscoped(house, other) -> None:
    with tenancy.unscoped("test: the clock runs for every organisation"):
        assert Account.objects.count() == 2
        with tenancy.acting_for(house.organisation_id):
            assert not tenancy.is_unscoped()
            assert [account.pk for account in Account.objects.all()] == [house.account_id]
        assert (tenancy.is_unscoped(), rowlevel.wanted()) == (True, rowlevel.EVERYBODY)
        assert Account.objects.count() == 2


def test_unscoped_inside_a_context_ends_with_its_block() -> None:
    with tenancy.acting_for("org_a"):
        with tenancy.unscoped("test: for a moment"):
            assert (seen(), rowlevel.wanted()) == ("org_a", rowlevel.EVERYBODY)
        assert (tenancy.is_unscoped(), rowlevel.wanted()) == (False, "org_a")


@pytest.mark.parametrize("organisation_id", ["", "*"])
def test_nobody_and_everybody_are_no_organisations(organisation_id: str) -> None:
    with pytest.raises(tenancy.NoContext), tenancy.acting_for(organisation_id):
        pass


def test_unscoped_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="reason"), tenancy.unscoped(""):
        pass


def test_a_new_thread_starts_with_nobody() -> None:
    found: list[object] = []
    with tenancy.acting_for("org_a"):
        thread = threading.Thread(target=lambda: found.append(tenancy.current_or_none()))
        thread.start()
        thread.join()
    assert found == [None]


def test_async_tasks_keep_their_own_organisation() -> None:
    async def work(organisation_id: str) -> list[str]:
        found = []
        with tenancy.acting_for(organisation_id):
            for _turn in range(20):
                await asyncio.sleep(0)
                found += [seen(), await sync_to_async(seen)(), rowlevel.wanted()]
        return found

    async def everything() -> list[list[str]]:
        return await asyncio.gather(*(work(f"org_{number}") for number in range(10)))

    for number, found in enumerate(asyncio.run(everything())):
        assert set(found) == {f"org_{number}"}


@override_settings(ROOT_URLCONF="boardwell.config.urls")
@pytest.mark.parametrize("path", ["/api/v1/accounts", "/acme/accounts/"])
def test_a_trespass_is_answered_like_something_absent(db, path: str) -> None:
    def never(request: HttpRequest) -> None:
        raise AssertionError

    request = RequestFactory().get(path, headers={"accept": "application/json"})
    response = FailuresMiddleware(never).process_exception(request, tenancy.Trespass("Account of another organisation"))
    assert response is not None
    assert response.status_code == 404
    assert b"organisation" not in response.content


def test_every_look_across_organisations_is_listed_with_its_reason() -> None:
    source = Path(kernel.__file__).parent.parent
    uses = tenancy.unscoped_uses(source)
    assert uses != []
    assert [use for use in uses if len(use.reason) < 15] == []
    assert ("boardwell.domain.audit.verify", "verify_all") in {(use.module, use.function) for use in uses}
