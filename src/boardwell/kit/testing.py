"""The conformance suite that the tests of every kind inherit, ours and other people's."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import dataclass, field
from io import StringIO
from typing import Any, ClassVar

import pytest
from django.db import connection
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation
from ruamel.yaml import YAML

from boardwell.domain.accounts.actions.save_account import create_account
from boardwell.domain.accounts.actions.save_contact import add_contact
from boardwell.domain.accounts.models import Contact
from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.journeys.actions.start_journey import start_journey
from boardwell.domain.journeys.handle import handle_for
from boardwell.domain.journeys.kinds import kind_rules, registry
from boardwell.domain.journeys.models import Fact, Step
from boardwell.domain.journeys.orders import StartOrder
from boardwell.domain.organisations.actions.found_organisation import found_organisation
from boardwell.domain.people.actions.invite_member import invite_member
from boardwell.domain.people.models import Member, Person
from boardwell.domain.people.roles import actor_for_contact, actor_for_member
from boardwell.domain.playbooks.actions.write_playbook import import_playbook
from boardwell.domain.playbooks.problems import lint
from boardwell.kernel import tenancy
from boardwell.kit.handle import StepHandle
from boardwell.kit.kind import Kind

LANGUAGES = ("en", "hi", "bn", "az", "ms", "mn")


def playbook_of(kind: str, settings: dict[str, Any], *, key: str = "suite", steps: int = 1, facts: dict[str, Any] | None = None) -> str:
    """A playbook with so many steps of a kind, all on the customer's side, as YAML."""
    listed = [
        {
            "key": f"step-{number}", "kind": kind, "side": "customer", "owner": "lead", "title": {"en": f"Step {number}"},
            "due": {"days": number}, "settings": deepcopy(settings),  # one object twice would be written as an alias
        }
        for number in range(1, steps + 1)
    ]  # fmt: skip
    document = {
        "boardwell": 1, "key": key, "title": {"en": "Suite"}, "roles": {"lead": {"side": "customer", "title": {"en": "Lead"}}},
        "facts": facts or {}, "stages": [{"key": "only", "title": {"en": "Only"}, "steps": listed}],
    }  # fmt: skip
    text = StringIO()
    YAML(typ="safe").dump(document, text)
    return text.getvalue()


@dataclass
class Bench:
    """An organisation with one customer, whose administrator is signed in at the portal."""

    slug: str
    organisation_id: str = ""
    member: Member = field(init=False)
    contact: Contact = field(init=False)

    def __post_init__(self) -> None:
        """Founds it by the verbs that everybody uses."""
        self.organisation_id = found_organisation(slug=self.slug, name=f"House {self.slug}")
        with tenancy.acting_for(self.organisation_id):
            self.member = Member.objects.get(pk=invite_member(email=f"m@{self.slug}.example", name="Member", role="owner"))
        with self.as_member():
            account_id = create_account(name=f"Customer of {self.slug}", email_domains=[f"{self.slug}.example"])
            contact_id = add_contact(account_id, name="Contact", email=f"c@{self.slug}.example", role="admin")
            self.contact = Contact.objects.select_related("person").get(pk=contact_id)

    def as_member(self) -> AbstractContextManager[tenancy.Context]:
        """Acting as the team's owner."""
        return tenancy.acting_for(self.organisation_id, actor_for_member(self.member))

    def as_contact(self) -> AbstractContextManager[tenancy.Context]:
        """Acting as the customer."""
        one = self.contact
        return tenancy.acting_for(self.organisation_id, actor_for_contact(one.id, one.name, one.person_id, one.role, [one.account_id]))

    def start(self, source: str, key: str = "suite") -> str:
        """Publishes the playbook and starts the customer on it."""
        with self.as_member():
            import_playbook(source, kind_rules())
            order = StartOrder(playbook_key=key, account_id=self.contact.account_id, owner_id=self.member.id, welcome=False)
            return start_journey(order).journey_id

    def handle(self, journey_id: str) -> StepHandle:
        """The first step's handle, for the customer."""
        with self.as_contact():
            return handle_for(journey_id, "step-1")


def signed_in(person: Person | None) -> Client:
    """A browser in which somebody is signed in."""
    client = Client()
    if person is not None:
        client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


class KindSuite:
    """Inherit, name the kind and its samples, and every promise of a kind is tested.

    `settings` are valid ones; `right` is a form that ends the step, `files` go with it; `wrong` is one that must be refused,
    or None when nothing can be entered wrongly; `typed` is a word of `wrong` that has to be shown again.
    """

    kind: ClassVar[Kind]
    settings: ClassVar[dict[str, Any]] = {}
    facts: ClassVar[dict[str, Any]] = {}
    right: ClassVar[dict[str, Any]] = {"verb": "complete"}
    wrong: ClassVar[dict[str, Any] | None] = None
    typed: ClassVar[str] = ""

    def files(self) -> dict[str, Any]:
        """Uploads that go with the right form; made anew for each call, since they are read once."""
        return {}

    @pytest.fixture
    def bench(self, db: None) -> Bench:
        """A house to try it in."""
        return Bench("suite")

    @pytest.fixture
    def journey_id(self, bench: Bench) -> str:
        """A journey whose only step is of this kind."""
        return bench.start(playbook_of(self.kind.word, self.settings, facts=self.facts))

    @pytest.fixture
    def client(self, bench: Bench) -> Client:
        """The customer's browser."""
        return signed_in(bench.contact.person)

    def path(self, journey_id: str) -> str:
        """The step's page in the portal."""
        return reverse("portal:step", kwargs={"journey_id": journey_id, "key": "step-1"})

    def send(self, client: Client, journey_id: str) -> HttpResponse:
        """Sends the right form."""
        return client.post(self.path(journey_id), {**self.right, **self.files()})  # type: ignore[return-value]  # the test's response

    def state(self, bench: Bench, journey_id: str) -> dict[str, Any]:
        """Everything that a refused attempt must leave as it was."""
        with bench.as_member():
            step = Step.objects.values("state", "outcome", "progress", "revision").get(journey_id=journey_id, key="step-1")
            return {**step, "facts": Fact.objects.count(), "entries": AuditEntry.objects.count()}

    def test_its_settings_survive_yaml_json_yaml(self) -> None:
        """YAML → JSON → YAML gives the same settings."""
        yaml = YAML(typ="safe")
        text = StringIO()
        yaml.dump(json.loads(json.dumps(self.settings)), text)
        assert yaml.load(text.getvalue()) == self.settings or (yaml.load(text.getvalue()) is None and self.settings == {})
        assert [one.fault for one in lint(self._source(self.settings), kinds=kind_rules()) if one.severity == "error"] == []

    def test_an_unknown_setting_is_refused_by_name(self) -> None:
        """The linter names the setting that the kind does not know."""
        found = lint(self._source({**self.settings, "no-such-setting": 1}), kinds=kind_rules())
        assert any("no-such-setting" in str(one.params) + str(one.at) for one in found if one.severity == "error")

    def _source(self, settings: dict[str, Any]) -> str:
        return playbook_of(self.kind.word, settings, facts=self.facts)

    def test_opening_twice_is_safe(self, bench: Bench, journey_id: str) -> None:
        """on_open may be called again after a crash."""
        for_house = bench.handle(journey_id)
        with tenancy.acting_for(bench.organisation_id):
            self.kind.on_open(for_house)
        before = self.state(bench, journey_id)
        with tenancy.acting_for(bench.organisation_id):
            self.kind.on_open(for_house)
        assert self.state(bench, journey_id) == before

    def test_completing_ends_the_step_once_with_a_line_in_the_log(self, bench: Bench, journey_id: str, client: Client) -> None:
        """The second attempt changes nothing."""
        assert self.send(client, journey_id).status_code == 302
        after = self.state(bench, journey_id)
        assert after["state"] == "done"
        assert self.send(client, journey_id).status_code in {200, 409, 422}
        assert self.state(bench, journey_id) == after
        with bench.as_member():
            assert AuditEntry.objects.filter(verb="step.completed", journey_id=journey_id).count() == 1

    def test_strangers_find_nothing_and_change_nothing(self, bench: Bench, journey_id: str) -> None:
        """Another organisation's customer, another customer of the same one, and nobody at all."""
        with bench.as_member():
            second = create_account(name="Second customer", email_domains=["second.example"])
            neighbour = Contact.objects.select_related("person").get(
                pk=add_contact(second, name="N", email="n@second.example", role="admin")
            )
        before = self.state(bench, journey_id)
        for person in (Bench("rival").contact.person, neighbour.person):
            stranger = signed_in(person)
            assert stranger.get(self.path(journey_id)).status_code == 404
            assert self.send(stranger, journey_id).status_code == 404
        assert "/sign-in/" in self.send(signed_in(None), journey_id).headers["Location"]
        assert self.state(bench, journey_id) == before

    def test_a_wrong_form_comes_back_with_a_summary_and_what_was_typed(self, bench: Bench, journey_id: str, client: Client) -> None:
        """422, nothing kept as an answer, nothing typed lost."""
        if self.wrong is None:
            pytest.skip("nothing can be entered wrongly")
        before = self.state(bench, journey_id)
        answer = client.post(self.path(journey_id), self.wrong)
        page = answer.content.decode()
        assert (answer.status_code, 'role="alert"' in page, self.typed in page) == (422, True, True)
        after = self.state(bench, journey_id)
        assert (after["outcome"], after["facts"]) == (before["outcome"], before["facts"])
        assert after["state"] in {before["state"], "active"}  # a draft may be kept, an answer may not

    def test_it_draws_itself_alone_in_every_language(self, bench: Bench, journey_id: str) -> None:
        """The screen's part of the page renders without the page around it, and the kind has a name in each language."""
        names = set()
        for language in LANGUAGES:
            with bench.as_contact(), translation.override(language):
                context = self.kind.screen.context(handle_for(journey_id, "step-1"))
                alone = render_to_string(self.kind.screen.template, context, RequestFactory().get("/"))
                names.add(self.kind.label)
            assert "<button" in alone or "<input" in alone
        assert len(names) > 1, f"{self.kind.word} is called {names} in every language"

    def test_three_of_it_cost_as_many_queries_as_one(self, bench: Bench, client: Client) -> None:
        """The plan's page asks the same number of questions whatever it holds."""
        counts = []
        for number in (1, 3):
            source = playbook_of(self.kind.word, self.settings, key=f"suite-{number}", steps=number, facts=self.facts)
            path = reverse("portal:plan", kwargs={"journey_id": bench.start(source, f"suite-{number}")})
            client.get(path)
            with CaptureQueriesContext(connection) as asked:
                assert client.get(path).status_code == 200
            counts.append(len(asked))
        assert counts[0] == counts[1]

    def test_its_answers_are_shown_in_words_once_it_has_ended(self, bench: Bench, journey_id: str, client: Client) -> None:
        """Whoever opens the ended step reads labels and words, never keys or raw values."""
        self.send(client, journey_id)
        with bench.as_contact():
            answers = self.kind.answers_of(handle_for(journey_id, "step-1"))
        page = client.get(self.path(journey_id))
        assert page.status_code == 200
        assert all(label and words for label, words in answers)

    def test_without_its_capability_the_journey_opens_and_the_step_can_be_skipped(
        self, bench: Bench, journey_id: str, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Taking the folder away must not take the customer's onboarding away."""
        monkeypatch.delitem(registry._kinds, self.kind.word)
        assert client.get(self.path(journey_id)).status_code == 200
        member = signed_in(bench.member.person)
        place = {"slug": bench.slug, "journey_id": journey_id, "key": "step-1"}
        assert self.kind.word in member.get(reverse("workspace:step", kwargs=place)).content.decode()
        member.post(reverse("workspace:step_do", kwargs=place), {"verb": "skip", "reason": "The capability was removed"})
        assert self.state(bench, journey_id)["state"] == "skipped"


def suites() -> Iterator[type[KindSuite]]:
    """Every suite that has been defined, for a test that no kind goes without one."""
    waiting = list(KindSuite.__subclasses__())
    while waiting:
        found = waiting.pop()
        waiting += found.__subclasses__()
        yield found
