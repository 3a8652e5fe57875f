"""The ready playbooks, as an organisation that has none yet meets them."""

from collections.abc import Callable, Iterator

import pytest

from boardwell.domain.organisations.actions.found_organisation import found_organisation
from boardwell.domain.people.actions.invite_member import invite_member
from boardwell.domain.people.models import Member
from boardwell.domain.playbooks.edits import key_of
from boardwell.domain.playbooks.models import Playbook
from boardwell.domain.playbooks.shipped import shipped
from boardwell.kernel.tenancy import acting_for


@pytest.fixture
def fresh(db: None) -> Iterator[Callable[[str], Member]]:
    """Makes members of an organisation that has no playbook."""
    organisation_id = found_organisation(slug="fresh", name="Fresh", country="GB")

    def make(role: str) -> Member:
        with acting_for(organisation_id):
            return Member.objects.get(pk=invite_member(email=f"{role}@fresh.example", name=role, role=role))

    return make


def test_an_organisation_without_a_playbook_takes_ready_ones_from_the_empty_page(signed_in, fresh) -> None:
    owner = fresh("owner")
    client = signed_in(owner.person)
    text = client.get("/fresh/playbooks/").content.decode()
    assert text.count('name="from" value="shipped"') == len(shipped())
    assert client.post("/fresh/playbooks/new/", {"from": "shipped", "name": "saas"}).headers["Location"] == "/fresh/playbooks/saas/edit/"
    assert 'value="shipped"' not in client.get("/fresh/playbooks/").content.decode()
    for _time in range(2):
        assert client.post("/fresh/playbooks/new/", {"from": "all"}).headers["Location"] == "/fresh/playbooks/"
    with acting_for(owner.organisation_id):
        assert {book.key: book.draft for book in Playbook.objects.all()} == {key_of(source): source for source in shipped().values()}


def test_who_may_not_edit_playbooks_is_offered_none(signed_in, fresh) -> None:
    viewer = fresh("viewer")
    client = signed_in(viewer.person)
    assert 'name="from"' not in client.get("/fresh/playbooks/").content.decode()
    assert client.post("/fresh/playbooks/new/", {"from": "all"}).status_code == 404
    with acting_for(viewer.organisation_id):
        assert Playbook.objects.count() == 0
