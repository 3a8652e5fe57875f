"""Moving onboardings to another version in a real browser: look first, move one, take it back, move many, watch."""

import pytest

from boardwell.domain.journeys.actions.complete_step import complete_step
from boardwell.domain.journeys.actions.reschedule_step import reschedule_step
from boardwell.domain.journeys.kinds import kind_rules
from boardwell.domain.journeys.models import Journey
from boardwell.domain.playbooks.actions.write_playbook import import_playbook
from boardwell.kernel.tasks.worker import run_until_idle
from tests.domain.journeys.test_move_to_version import KICKOFF, NEXT

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (375, "dark")])
def test_one_and_many_are_looked_at_moved_and_taken_back(house, open_as, axe, width: int, scheme: str) -> None:
    ids = [house.start(kickoff_on=KICKOFF, title=f"Onboarding {number}") for number in range(3)]
    with house.as_owner():
        complete_step(ids[0], "welcome")
        reschedule_step(ids[0], "signoff", due_on=KICKOFF.replace(day=22), reason="asked for")
        import_playbook(NEXT, kind_rules(), note="A tour for everybody")
    page = open_as(house.owner.person, width=width, scheme=scheme)
    found = {}

    def check(name: str) -> None:
        if problems := axe(page):
            found[name] = problems
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} scrolls sideways at {width}"

    page.goto(f"/acme/journeys/{ids[0]}/")
    page.click("text=Move to another version")
    page.wait_for_url("**/version/")
    check("preview")
    words = page.inner_text("main")
    for expected in ("Changed on both sides", "Take the tour", "Has ended and is not touched", "would be 21 December"):
        assert expected in words
    page.click("text=Move to version 2")
    page.wait_for_url(f"**/journeys/{ids[0]}/")
    assert "Take the tour" in page.content()
    page.click("button:has-text('Undo')")
    page.wait_for_load_state()
    assert "Take the tour" not in page.inner_text("main")
    page.goto("/acme/playbooks/small/move/")
    check("many")
    page.click("text=Move to version 2")
    page.wait_for_url("**/move/run_*/")
    check("run")
    run_until_idle()
    page.reload()
    check("finished")
    assert "3 / 3" in page.inner_text("main")
    with house.as_owner():
        assert set(Journey.objects.values_list("version__number", flat=True)) == {2}
    page.goto("/acme/playbooks/small/move/")
    check("nothing left")
    assert found == {}
