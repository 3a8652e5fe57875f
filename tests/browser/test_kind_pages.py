"""The page of each kind of step in a real browser."""

import pytest

from boardwell.kit.testing import Bench, playbook_of
from tests.conformance import test_kinds as kinds

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SUITES = (
    kinds.TestTask, kinds.TestMilestone, kinds.TestForm, kinds.TestFileRequest, kinds.TestApproval, kinds.TestAcknowledgement,
)  # fmt: skip


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_every_kind_is_clean_and_fits(db, open_as, axe, width: int, scheme: str) -> None:
    bench = Bench("suite")
    page = open_as(bench.contact.person, width=width, scheme=scheme)
    found = {}
    for suite in SUITES:
        word = suite.kind.word
        key = f"suite-{word.replace('_', '-')}"
        page.goto(f"/p/{bench.start(playbook_of(word, suite.settings, key=key, facts=suite.facts), key)}/steps/step-1/")
        if problems := axe(page):
            found[word] = problems
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{word} scrolls sideways at {width}"
    assert found == {}
