"""Versions are immutable and keep their bytes; a running journey keeps its version."""

import pytest

from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.journeys.queries.pages import journey_page
from boardwell.domain.playbooks.actions.write_draft import save_draft
from boardwell.domain.playbooks.actions.write_playbook import import_playbook, publish_draft
from boardwell.domain.playbooks.models import PlaybookVersion
from boardwell.domain.playbooks.queries import latest_published, playbook_by_key
from boardwell.kernel.errors import Conflict, Invalid
from tests.conftest import SMALL


def test_import_and_export_give_the_same_bytes(house) -> None:
    source = SMALL + "# a trailing comment, with  odd   spaces\n"
    with house.as_owner():
        import_playbook(source, kind_rules())
        assert latest_published("small").source == source


def test_the_same_bytes_make_no_new_version(house) -> None:
    with house.as_owner():
        import_playbook(SMALL, kind_rules())
        assert PlaybookVersion.objects.count() == 1


def test_a_faulty_draft_is_kept_but_not_published(house) -> None:
    with house.as_owner():
        book = playbook_by_key("small")
        save_draft("small", SMALL.replace("owner: manager", "owner: nobody"), revision=book.draft_revision)
        with pytest.raises(Invalid) as refusal:
            publish_draft("small", kind_rules())
        assert "nobody" in refusal.value.fields["document"][0]
        assert PlaybookVersion.objects.count() == 1


def test_of_two_who_edit_at_once_the_second_is_told(house) -> None:
    with house.as_owner():
        revision = playbook_by_key("small").draft_revision
        save_draft("small", SMALL + "# one\n", revision=revision)
        with pytest.raises(Conflict):
            save_draft("small", SMALL + "# two\n", revision=revision)
        assert playbook_by_key("small").draft == SMALL + "# one\n"


def test_a_running_journey_keeps_its_version(house) -> None:
    journey_id = house.start()
    with house.as_owner():
        import_playbook(SMALL.replace("{en: Welcome}", "{en: Hello}"), kind_rules())
        page = journey_page(journey_id)
        assert (page.head.version_number, page.every_step[0].title) == (1, "Welcome")
        assert latest_published("small").number == 2
