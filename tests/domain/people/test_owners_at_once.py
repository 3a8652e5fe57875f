"""Somebody stays the owner, also when everybody acts at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from boardwell.domain.people.actions.change_member import change_member
from boardwell.domain.people.models import Member
from boardwell.domain.people.roles import actor_for_member
from boardwell.kernel import tenancy
from boardwell.kernel.errors import Conflict, NotAllowed

CHANGES = [{"role": "viewer"}, {"active": False}]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", CHANGES, ids=["role", "activity"])
@pytest.mark.parametrize("whom", ["each other", "oneself"])
def test_owners_who_step_each_other_down_at_once_leave_one(house, whom: str, change: dict[str, object]) -> None:
    owners = [house.owner, *[_another(house, number) for number in range(3)]]
    barrier = Barrier(len(owners))

    def step_down(number: int) -> str:
        target = owners[number] if whom == "oneself" else owners[(number + 1) % len(owners)]
        try:
            with tenancy.acting_for(house.organisation_id, actor_for_member(owners[number])):
                barrier.wait(timeout=30)
                change_member(target.id, **change)  # type: ignore[arg-type]
        except (Conflict, NotAllowed) as problem:
            return type(problem).__name__
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(owners)) as pool:
        said = list(pool.map(step_down, range(len(owners))))
    with house.as_owner():
        assert Member.objects.filter(role="owner", active=True).count() == 1
    assert sorted(said) == ["Conflict", "done", "done", "done"]


def _another(house, number: int) -> Member:
    from boardwell.domain.people.actions.invite_member import invite_member

    with house.as_owner():
        return Member.objects.get(pk=invite_member(email=f"owner{number}@acme.example", name=f"Owner {number}", role="owner"))
