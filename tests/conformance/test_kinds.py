"""Every kind of step that ships keeps the promises of a kind."""

from typing import Any, ClassVar

from django.core.files.uploadedfile import SimpleUploadedFile

from boardwell.capabilities.approvals.capability import Approval
from boardwell.capabilities.files.capability import FileRequest
from boardwell.capabilities.forms.capability import Form
from boardwell.capabilities.signing.capability import Acknowledgement
from boardwell.capabilities.tasks.capability import Milestone, Task
from boardwell.domain.journeys.kinds import registry
from boardwell.kit.testing import KindSuite, suites

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


def test_no_kind_goes_without_a_suite() -> None:
    assert {suite.kind.word for suite in suites()} == {kind.word for kind in registry.all()}
