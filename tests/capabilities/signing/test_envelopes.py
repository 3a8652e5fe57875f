"""An envelope from the playbook to the sealed file, through the pages that people use; and everything that has to be refused on the way."""

import json
import re
from io import BytesIO

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from boardwell.capabilities.signing import trail
from boardwell.capabilities.signing.finishing import seal_envelope
from boardwell.capabilities.signing.models import Envelope, EnvelopeDocument, EnvelopeField, EnvelopeSigner
from boardwell.domain.journeys.models import Step
from boardwell.domain.seals.sealing import trust_now
from boardwell.domain.seals.verifying import verify
from boardwell.domain.vault.models import StoredFile
from boardwell.domain.vault.queries import bytes_of_part
from boardwell.kernel.clock import now
from boardwell.kernel.models import Mail
from boardwell.kernel.tasks.worker import run_until_idle
from boardwell.kit.testing import Bench, playbook_of, signed_in

SETTINGS = {
    "documents": [{"title": {"en": "Agreement"}, "text": {"en": "# Terms\n\nWe do it for **{{ seats }}** seats."}}],
    "signers": [
        {"key": "customer", "side": "customer", "title": {"en": "For the customer"}},
        {"key": "us", "side": "ours", "title": {"en": "For us"}},
    ],
}  # fmt: skip


class Desk:
    """A house with a step to sign, and the two browsers that sign it."""

    def __init__(self, settings: dict, facts: dict | None = None) -> None:
        self.bench = Bench("sign")
        types = {
            "seats": {"type": "number", "title": {"en": "Seats"}},
            "hidden": {"type": "text", "title": {"en": "H"}, "visibility": "internal"},
        }
        self.journey_id = self.bench.start(playbook_of("signature", settings, facts=types))
        if facts:
            from boardwell.domain.journeys.actions.record_facts import record_facts

            with self.bench.as_member():
                record_facts(self.journey_id, facts)
                Envelope.objects.all().delete()
        run_until_idle()
        self.customer, self.member = signed_in(self.bench.contact.person), signed_in(self.bench.member.person)
        self.portal = reverse("portal:step", kwargs={"journey_id": self.journey_id, "key": "step-1"})
        self.desk = reverse("workspace:step", kwargs={"slug": "sign", "journey_id": self.journey_id, "key": "step-1"})

    def envelope(self) -> Envelope:
        with self.bench.as_member():
            return Envelope.objects.order_by("-created_at")[0]

    def signer(self, key: str = "customer") -> EnvelopeSigner:
        with self.bench.as_member():
            return EnvelopeSigner.objects.get(envelope_id=self.envelope().id, key=key)

    def state(self) -> tuple[str, str]:
        with self.bench.as_member():
            return self.envelope().state, Step.objects.get(journey_id=self.journey_id, key="step-1").state

    def agree(self, client, path: str, key: str = "customer"):
        return client.post(path, {"verb": f"consent:{key}", "agrees": "yes", "check": self.signer(key).check_code})

    def sign(self, client, path: str, key: str = "customer", **more: object):
        found = re.search(r'name="binding" value="([0-9a-f]+)"', client.get(path).content.decode())
        given = {"verb": f"sign:{key}", "typed_name": self.signer(key).name, "way": "typed", "binding": found[1] if found else "", **more}
        return client.post(path, given)

    def finish(self) -> None:
        self.agree(self.customer, self.portal)
        assert self.sign(self.customer, self.portal).status_code == 302
        self.agree(self.member, self.desk, "us")
        assert self.sign(self.member, self.desk, "us").status_code == 302
        run_until_idle()


@pytest.fixture
def desk(db) -> Desk:
    return Desk({**SETTINGS, "documents": [{"title": {"en": "Agreement"}, "text": {"en": "# Terms\n\nWe do it."}}]})


def test_the_envelope_goes_out_by_itself_and_asks_the_first_signer_only(desk) -> None:
    assert desk.state() == ("sent", "ready")
    assert (desk.signer("customer").state, desk.signer("us").state) == ("asked", "waiting")
    mails = [(mail.recipient, mail.subject) for mail in Mail.objects.filter(purpose="signing")]
    assert mails == [("c@sign.example", "House sign asks you to sign: Step 1")]


def test_two_people_sign_one_after_the_other_and_the_files_are_sealed(desk) -> None:
    assert desk.agree(desk.customer, desk.portal).status_code == 302
    assert desk.sign(desk.customer, desk.portal).status_code == 302
    assert desk.state()[0] == "sent"
    assert (desk.signer("customer").state, desk.signer("us").state) == ("signed", "asked")
    desk.agree(desk.member, desk.desk, "us")
    assert desk.sign(desk.member, desk.desk, "us").status_code == 302
    run_until_idle()
    assert desk.state() == ("completed", "done")
    with desk.bench.as_member():
        document = EnvelopeDocument.objects.get()
        content = bytes_of_part(document.sealed_id)
        assert trail.sha256(content) == document.sealed_sha256
        assert verify(content, trust_now(), now()).word == "sound"
        names = sorted(StoredFile.objects.filter(visibility="shared").values_list("name", flat=True))
        assert names == ["01 Agreement.pdf", "Certificate of completion.pdf"]
    with pikepdf.open(BytesIO(content)) as pdf:
        inside = json.loads(pdf.attachments["manifest.json"].get_file().read_bytes())
    assert [one["name"] for one in inside["signers"]] == ["Contact", "Member"]
    assert inside["documents"][0]["shown_sha256"] == document.shown_sha256
    assert trail.is_whole(desk.envelope().trail)
    assert [entry["what"] for entry in desk.envelope().trail] == [
        "prepared",
        "sent",
        "consented",
        "signed",
        "consented",
        "signed",
        "sealed",
    ]


def test_nobody_signs_before_their_turn_or_in_anothers_name(desk) -> None:
    before = desk.envelope().trail
    desk.agree(desk.member, desk.desk, "us")
    early = desk.member.post(desk.desk, {"verb": "sign:us", "typed_name": "Member", "way": "typed"})
    forged = desk.member.post(desk.desk, {"verb": "sign:customer", "typed_name": "Contact", "way": "typed"})
    assert ("It is not your turn yet" in early.content.decode(), forged.status_code) == (True, 422)
    assert (desk.state()[0], desk.envelope().trail) == ("sent", before)


def test_nobody_signs_without_having_agreed_or_with_a_wrong_code(desk) -> None:
    refused = desk.customer.post(desk.portal, {"verb": "sign:customer", "typed_name": "Contact", "way": "typed"})
    wrong = desk.customer.post(desk.portal, {"verb": "consent:customer", "agrees": "yes", "check": "WRONG"})
    unticked = desk.customer.post(desk.portal, {"verb": "consent:customer", "check": desk.signer().check_code})
    assert [each.status_code for each in (refused, wrong, unticked)] == [422, 422, 422]
    assert desk.signer().consent == {}
    assert desk.signer().state == "asked"


def test_a_changed_document_blocks_signing(desk, settings) -> None:
    desk.agree(desk.customer, desk.portal)
    with desk.bench.as_member():
        kept = StoredFile.objects.get(pk=EnvelopeDocument.objects.get().shown_id)
    path = settings.FILES_ROOT / kept.storage_path
    kept_bytes = path.read_bytes()
    path.write_bytes(kept_bytes[:-1] + bytes([kept_bytes[-1] ^ 1]))
    answer = desk.sign(desk.customer, desk.portal)
    assert (answer.status_code, "A document has changed since it was sent" in answer.content.decode()) == (422, True)
    assert desk.signer().state == "asked"


def test_what_was_shown_is_bound_and_another_binding_is_refused(desk) -> None:
    desk.agree(desk.customer, desk.portal)
    answer = desk.sign(desk.customer, desk.portal, binding="0" * 64)
    assert (answer.status_code, "not the ones that you were shown" in answer.content.decode()) == (422, True)
    assert desk.signer().act == {}


def test_declining_needs_a_reason_and_ends_it_for_everybody(desk) -> None:
    assert desk.customer.post(desk.portal, {"verb": "decline:customer", "reason": " "}).status_code == 422
    assert desk.state()[0] == "sent"
    assert desk.customer.post(desk.portal, {"verb": "decline:customer", "reason": "The price is wrong"}).status_code == 302
    run_until_idle()
    assert desk.state() == ("declined", "blocked")
    said = {mail.recipient: mail.text for mail in Mail.objects.filter(purpose="signing", subject__startswith="Not signed")}
    assert set(said) == {"c@sign.example", "m@sign.example"}
    assert all("The price is wrong" in text for text in said.values())


def test_a_colleague_signs_instead_and_both_stand_in_the_trail(desk) -> None:
    from boardwell.domain.accounts.actions.save_contact import add_contact

    with desk.bench.as_member():
        other = add_contact(desk.bench.contact.account_id, name="Deputy", email="d@sign.example", role="participant")
    desk.agree(desk.customer, desk.portal)
    assert desk.customer.post(desk.portal, {"verb": "delegate:customer", "colleague": other, "why": "On leave"}).status_code == 302
    signer = desk.signer()
    assert (signer.name, signer.consent, signer.state) == ("Deputy", {}, "asked")
    told = desk.envelope().trail[-1]
    assert (told["what"], told["who"], told["to"], told["reason"]) == ("delegated", "Contact", "Deputy", "On leave")
    assert desk.sign(desk.customer, desk.portal).status_code == 422


def test_a_code_by_mail_is_asked_where_the_playbook_says_so_and_guessing_ends(db) -> None:
    desk = Desk({**SETTINGS, "documents": [{"title": {"en": "A"}, "text": {"en": "B"}}], "identity": "code"})
    desk.agree(desk.customer, desk.portal)
    desk.customer.post(desk.portal, {"verb": "code:customer"})
    mail = Mail.objects.get(purpose="sign_in")
    code = re.search(r"\d{6}", mail.subject)[0]
    assert (mail.recipient, mail.organisation_id) == ("c@sign.example", "")
    wrong = "000000" if code != "000000" else "111111"
    for _each in range(5):
        assert desk.sign(desk.customer, desk.portal, code=wrong).status_code == 422
    late = desk.sign(desk.customer, desk.portal, code=code)
    assert (late.status_code, "too many tries" in late.content.decode()) == (422, True)
    assert desk.signer().state == "asked"
    with desk.bench.as_member():
        EnvelopeSigner.objects.update(code_sent_at=None)
    desk.customer.post(desk.portal, {"verb": "code:customer"})
    code = re.search(r"\d{6}", Mail.objects.filter(purpose="sign_in").latest("created_at").subject)[0]
    assert desk.sign(desk.customer, desk.portal, code=code).status_code == 302
    assert (desk.signer().state, desk.signer().code_hash) == ("signed", "")


def test_a_passkey_is_asked_where_the_playbook_says_so(db) -> None:
    desk = Desk({**SETTINGS, "documents": [{"title": {"en": "A"}, "text": {"en": "B"}}], "identity": "passkey"})
    desk.agree(desk.customer, desk.portal)
    assert "Confirm with your passkey first" in desk.sign(desk.customer, desk.portal).content.decode()
    session = desk.customer.session
    session["account_authentication_methods"] = [{"method": "mfa", "type": "webauthn", "at": now().timestamp()}]
    session["account_authentication_methods_user"] = str(desk.bench.contact.person_id)
    session.save()
    assert desk.sign(desk.customer, desk.portal).status_code == 302
    assert desk.signer().proof["passkey_at"] > 0


def test_drawn_and_uploaded_signatures_stand_on_the_page(db) -> None:
    from PIL import Image

    desk = Desk({**SETTINGS, "documents": [{"title": {"en": "A"}, "text": {"en": "B"}}], "order": "together"})
    desk.agree(desk.customer, desk.portal)
    assert desk.sign(desk.customer, desk.portal, way="drawn", strokes="[]").status_code == 422
    strokes = json.dumps([[[10, 10], [60, 40], [110, 10], [160, 60]]])
    assert desk.sign(desk.customer, desk.portal, way="drawn", strokes=strokes).status_code == 302
    picture = BytesIO()
    Image.new("RGB", (300, 100), "#223344").save(picture, "PNG")
    desk.agree(desk.member, desk.desk, "us")
    upload = SimpleUploadedFile("me.png", picture.getvalue(), "image/png")
    assert desk.sign(desk.member, desk.desk, "us", way="uploaded", picture=upload).status_code == 302
    run_until_idle()
    assert desk.state() == ("completed", "done")
    assert [desk.signer(key).act["mark"]["kind"] for key in ("customer", "us")] == ["strokes", "picture"]


def test_facts_stand_in_the_text_and_unknown_or_internal_ones_stop_the_sending(db) -> None:
    stopped = Desk(SETTINGS)
    assert stopped.state()[0] == "draft"
    assert "These facts are not known yet: seats" in stopped.envelope().problem


def test_a_letter_that_no_font_has_stops_the_sending(db) -> None:
    desk = Desk({**SETTINGS, "documents": [{"title": {"en": "A"}, "text": {"en": "漢字"}}]})
    assert (desk.state()[0], "漢字" in desk.envelope().problem) == ("draft", True)


def test_a_name_that_no_font_has_is_refused_by_name(desk) -> None:
    desk.agree(desk.customer, desk.portal)
    answer = desk.sign(desk.customer, desk.portal, typed_name="漢字 山")
    assert (answer.status_code, "No font has these characters: 漢字山" in answer.content.decode()) == (422, True)


def test_the_team_uploads_a_pdf_places_a_field_and_sends(db, tmp_path) -> None:
    desk = Desk({"signers": [{"key": "customer", "side": "customer"}], "prepare": True})
    paper = pikepdf.new()
    paper.add_blank_page(page_size=(595, 842))
    out = BytesIO()
    paper.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
    paper.save(out)
    junk = SimpleUploadedFile("x.pdf", b"%PDF-1.4 nothing", "application/pdf")
    assert desk.member.post(desk.desk, {"verb": "upload", "document": junk}).status_code == 422
    upload = SimpleUploadedFile("Contract.pdf", out.getvalue(), "application/pdf")
    assert desk.member.post(desk.desk, {"verb": "upload", "document": upload}).status_code == 302
    assert "Place a signature for Contact." in desk.member.get(desk.desk).content.decode()
    assert desk.member.post(desk.desk, {"verb": "send"}).status_code == 422
    with desk.bench.as_member():
        document = EnvelopeDocument.objects.get()
        shown = bytes_of_part(document.shown_id)
    assert b"JavaScript" not in shown
    assert trail.sha256(out.getvalue()) == document.file_sha256
    row = {
        "d1rows": "1",
        "d1f0_kind": "signature",
        "d1f0_signer": "customer",
        "d1f0_page": "1",
        "d1f0_x": "300",
        "d1f0_y": "20",
        "d1f0_required": "yes",
    }
    outside = desk.member.post(desk.desk, {"verb": f"place:{document.id}", **row})
    assert (outside.status_code, "sticks out of its page" in outside.content.decode(), 'value="300"' in outside.content.decode()) == (
        422,
        True,
        True,
    )
    assert desk.member.post(desk.desk, {"verb": f"place:{document.id}", **row, "d1f0_x": "30"}).status_code == 302
    with desk.bench.as_member():
        field = EnvelopeField.objects.get()
    assert (field.kind, field.page, round(field.x, 1), round(field.y, 1), field.w, field.h) == ("signature", 0, 85.0, 56.7, 180.0, 44.0)
    assert desk.member.post(desk.desk, {"verb": "send"}).status_code == 302
    assert desk.state()[0] == "sent"
    assert desk.member.post(desk.desk, {"verb": f"place:{document.id}", **row, "d1f0_x": "40"}).status_code == 422


def test_withdrawing_makes_room_for_a_new_draft(desk) -> None:
    assert desk.member.post(desk.desk, {"verb": "void", "void_reason": ""}).status_code == 422
    assert desk.member.post(desk.desk, {"verb": "void", "void_reason": "Wrong version"}).status_code == 302
    run_until_idle()
    assert desk.state() == ("voided", "ready")
    assert desk.sign(desk.customer, desk.portal).status_code == 422


def test_the_customer_never_sees_a_draft_nor_does_the_teams_verbs(db) -> None:
    desk = Desk({**SETTINGS, "documents": [{"title": {"en": "Secret draft"}, "text": {"en": "B"}}], "prepare": True})
    page = desk.customer.get(desk.portal).content.decode()
    assert "Secret draft" not in page
    assert desk.customer.get(f"{desk.portal}out/document-1.pdf").status_code == 404
    before = desk.envelope().trail
    for verb in ("send", "void", "remind", "cast", "upload"):
        answer = desk.customer.post(desk.portal, {"verb": verb, "void_reason": "x", "document": SimpleUploadedFile("a.pdf", b"%PDF-")})
        assert (verb, answer.status_code) == (verb, 422)
    assert (desk.state()[0], desk.envelope().trail) == ("draft", before)


def test_no_authority_means_queued_and_said_never_weaker(desk, monkeypatch) -> None:
    from boardwell.domain.seals import sealing
    from boardwell.domain.seals.models import SealRules

    def down(_url: str, _body: bytes | None, _kind: str) -> bytes:
        raise ConnectionError("does not answer")

    monkeypatch.setattr(sealing, "call", down)
    with desk.bench.as_member():
        SealRules(level="B-T", stamp_urls=["https://tsa.example/"]).save()
    desk.finish()
    envelope = desk.envelope()
    assert (envelope.state, envelope.seal_tries, "No timestamp authority answers" in envelope.problem) == ("sealing", 1, True)
    assert "being sealed" in desk.customer.get(desk.portal).content.decode()
    with desk.bench.as_member():
        assert list(StoredFile.objects.filter(visibility="shared")) == []
        SealRules.objects.update(level="B-B", revision=9)
        seal_envelope.func(envelope.id)
    run_until_idle()
    assert desk.state() == ("completed", "done")


@pytest.mark.parametrize("place", ["boardwell.capabilities.signing.finishing.seal_text", "boardwell.capabilities.signing.finishing.say"])
def test_broken_off_while_sealing_it_leaves_nothing_half_done_and_the_next_try_does_all(desk, monkeypatch, place) -> None:
    class Killed(BaseException):
        pass

    def killed(*_given: object) -> None:
        raise Killed

    desk.agree(desk.customer, desk.portal)
    desk.sign(desk.customer, desk.portal)
    desk.agree(desk.member, desk.desk, "us")
    desk.sign(desk.member, desk.desk, "us")
    envelope = desk.envelope()
    with desk.bench.as_member(), monkeypatch.context() as patch:
        patch.setattr(place, killed)
        with pytest.raises(Killed):
            seal_envelope.func(envelope.id)
    assert desk.state()[0] == "sealing"
    with desk.bench.as_member():
        assert list(StoredFile.objects.filter(visibility="shared")) == []
        assert EnvelopeDocument.objects.get().sealed_id == ""
        seal_envelope.func(envelope.id)
        seal_envelope.func(envelope.id)
        assert StoredFile.objects.filter(visibility="shared").count() == 2
    run_until_idle()
    assert desk.state() == ("completed", "done")
