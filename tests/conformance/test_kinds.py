"""Every kind of step that ships keeps the promises of a kind."""

import re
from datetime import timedelta
from typing import Any, ClassVar

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from boardwell.capabilities.approvals.capability import Approval
from boardwell.capabilities.files.capability import FileRequest
from boardwell.capabilities.forms.capability import Form
from boardwell.capabilities.meetings import booking
from boardwell.capabilities.meetings.capability import MeetingKind
from boardwell.capabilities.signing.acknowledgement import Acknowledgement
from boardwell.capabilities.signing.models import EnvelopeSigner
from boardwell.capabilities.signing.signature import SignatureKind
from boardwell.capabilities.tasks.capability import Milestone, Task
from boardwell.domain.journeys.handle import handle_for
from boardwell.domain.journeys.kinds import registry
from boardwell.domain.journeys.models import Journey
from boardwell.domain.organisations.models import Organisation
from boardwell.kernel import tenancy
from boardwell.kernel.tasks.worker import run_until_idle
from boardwell.kit.testing import Bench, KindSuite, playbook_of, signed_in, suites

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


class TestTask(KindSuite):
    kind = Task()
    settings: ClassVar[dict[str, Any]] = {"checklist": [{"key": "a", "text": {"en": "Do A"}}, {"key": "b", "text": {"en": "Do B"}}]}
    right: ClassVar[dict[str, Any]] = {"verb": "complete", "ticked": ["a", "b"]}
    wrong: ClassVar[dict[str, Any] | None] = {"verb": "complete", "ticked": ["a"], "note": "Half of it"}
    typed = "Half of it"


class TestMilestone(KindSuite):
    kind = Milestone()


class TestForm(KindSuite):
    kind = Form()
    settings: ClassVar[dict[str, Any]] = {
        "fields": [
            {"key": "seats", "type": "number", "label": {"en": "Seats"}, "required": True, "fact": "seats"},
            {"key": "why", "type": "long_text", "label": {"en": "Why"}},
        ]
    }
    facts: ClassVar[dict[str, Any]] = {"seats": {"type": "number", "title": {"en": "Seats"}}}
    right: ClassVar[dict[str, Any]] = {"verb": "complete", "f_seats": "12", "f_why": "Because"}
    wrong: ClassVar[dict[str, Any] | None] = {"verb": "complete", "f_seats": "a dozen", "f_why": "Because"}
    typed = "a dozen"


class TestFileRequest(KindSuite):
    kind = FileRequest()
    settings: ClassVar[dict[str, Any]] = {"files": [{"key": "paper", "label": {"en": "Paper"}, "accept": ["pdf"]}]}
    wrong: ClassVar[dict[str, Any] | None] = {"verb": "complete"}
    typed = "Paper"

    def files(self) -> dict[str, Any]:
        return {"file_paper": SimpleUploadedFile("paper.pdf", PDF, "application/pdf")}


class TestApproval(KindSuite):
    kind = Approval()
    settings: ClassVar[dict[str, Any]] = {"question": {"en": "Is it right?"}, "document": {"en": "**This** is it."}}
    right: ClassVar[dict[str, Any]] = {"verb": "approve"}
    wrong: ClassVar[dict[str, Any] | None] = {"verb": "refuse", "remark": ""}


class TestAcknowledgement(KindSuite):
    kind = Acknowledgement()
    settings: ClassVar[dict[str, Any]] = {
        "document": {"en": "**Support.** Within four hours."},
        "statements": [{"key": "read", "text": {"en": "I have read it"}}, {"key": "agreed", "text": {"en": "I agree"}}],
    }
    right: ClassVar[dict[str, Any]] = {"verb": "complete", "ticked": ["read", "agreed"]}
    wrong: ClassVar[dict[str, Any] | None] = {"verb": "complete", "ticked": ["read"]}


class TestMeeting(KindSuite):
    kind = MeetingKind()
    settings: ClassVar[dict[str, Any]] = {"minutes": 45, "agenda": {"en": "1. Who is who"}, "place": {"en": "https://call.example/"}}
    wrong: ClassVar[dict[str, Any] | None] = {"verb": "book", "slot": "whenever"}

    def send(self, client: Client, journey_id: str) -> HttpResponse:
        """The customer books the first slot; a day after it the team says that it took place."""
        with tenancy.unscoped("the test knows the organisation by its journey only"):
            journey = Journey.objects.select_related("owner__person").get(pk=journey_id)
        with tenancy.acting_for(journey.organisation_id):
            slots = booking.open_slots(handle_for(journey_id, "step-1"))
        answer = client.post(self.path(journey_id), {"verb": "book", "slot": slots[0].start.isoformat()})
        if answer.status_code != 302 or "/sign-in/" in answer.headers["Location"]:
            return answer  # type: ignore[return-value]  # the test's response
        with tenancy.unscoped("the test knows the organisation by its journey only"):
            place = {"slug": Organisation.objects.get(pk=journey.organisation_id).slug, "journey_id": journey_id, "key": "step-1"}
        with time_machine.travel(slots[0].start + timedelta(days=1)):
            member = signed_in(journey.owner.person)
            return member.post(reverse("workspace:step", kwargs=place), {"verb": "held", "minutes": "All agreed"})  # type: ignore[return-value]


class TestSignature(KindSuite):
    kind = SignatureKind()
    settings: ClassVar[dict[str, Any]] = {
        "documents": [{"title": {"en": "Agreement"}, "text": {"en": "The *terms*."}}], "signers": [{"key": "customer", "side": "customer"}],
    }  # fmt: skip
    wrong: ClassVar[dict[str, Any] | None] = {"verb": "decline:customer", "reason": "  "}

    @pytest.fixture
    def journey_id(self, bench: Bench) -> str:
        """The envelope goes out when the step opens."""
        made = bench.start(playbook_of(self.kind.word, self.settings))
        run_until_idle()
        return made

    def send(self, client: Client, journey_id: str) -> HttpResponse:
        """The customer agrees and signs; the file is sealed a moment later."""
        with tenancy.unscoped("the test knows the organisation by its journey only"):
            code = EnvelopeSigner.objects.filter(envelope__journey_id=journey_id).values_list("check_code", flat=True).first()
        client.post(self.path(journey_id), {"verb": "consent:customer", "agrees": "yes", "check": code or ""})
        shown = client.get(self.path(journey_id)).content.decode()
        found = re.search(r'name="binding" value="([0-9a-f]+)"', shown)
        given = {"verb": "sign:customer", "typed_name": "Contact", "way": "typed", "binding": found[1] if found else ""}
        answer = client.post(self.path(journey_id), given)
        if answer.status_code == 302 and "/sign-in/" not in answer.headers["Location"]:
            run_until_idle()
        return answer  # type: ignore[return-value]  # the test's response


def test_no_kind_goes_without_a_suite() -> None:
    assert {suite.kind.word for suite in suites()} == {kind.word for kind in registry.all()}
