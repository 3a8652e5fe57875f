"""Signing on a phone, by keyboard, with a drawn and with a typed name; the team places a field by dragging and by arrow keys."""

from io import BytesIO

import pikepdf
import pytest

from boardwell.capabilities.signing.models import EnvelopeField, EnvelopeSigner
from boardwell.kernel.tasks.worker import run_until_idle
from boardwell.kit.testing import Bench, playbook_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIGNERS = [
    {"key": "customer", "side": "customer", "title": {"en": "For the customer"}},
    {"key": "us", "side": "ours", "title": {"en": "For us"}},
]
SETTINGS = {
    "documents": [{"title": {"en": "Service agreement"}, "text": {"en": "# What you get\n\nSupport **within four hours**.\n\n- One\n- Two"}}],
    "signers": SIGNERS, "order": "together",
}  # fmt: skip


@pytest.fixture
def bench(db) -> Bench:
    return Bench("sign")


def begun(bench: Bench, settings: dict) -> str:
    journey_id = bench.start(playbook_of("signature", settings))
    run_until_idle()
    return journey_id


def signer(bench: Bench, key: str) -> EnvelopeSigner:
    with bench.as_member():
        return EnvelopeSigner.objects.get(key=key)


def test_on_a_phone_without_javascript_a_typed_name_signs_by_keyboard_alone(bench, open_as) -> None:
    page = open_as(bench.contact.person, width=375, javascript=False)
    page.goto(f"/p/{begun(bench, SETTINGS)}/steps/step-1/")
    with page.expect_download() as saved:
        page.get_by_role("link", name="PDF file with your code").click()
    assert saved.value.suggested_filename == "check.pdf"
    page.get_by_label("Code from the PDF file").fill(signer(bench, "customer").check_code)
    page.get_by_label("I agree to sign these documents electronically.").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Continue").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Sign now").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Signed. Thank you.")
    assert (signer(bench, "customer").state, signer(bench, "customer").act["way"]) == ("signed", "typed")


def test_a_signature_can_be_drawn(bench, open_as) -> None:
    page = open_as(bench.contact.person)
    page.goto(f"/p/{begun(bench, SETTINGS)}/steps/step-1/")
    page.get_by_label("Code from the PDF file").fill(signer(bench, "customer").check_code)
    page.get_by_label("I agree to sign these documents electronically.").check()
    page.get_by_role("button", name="Continue").click()
    page.locator("canvas").scroll_into_view_if_needed()
    box = page.locator("canvas").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 30)
    page.mouse.down()
    for step in range(1, 6):
        page.mouse.move(box["x"] + 20 + 50 * step, box["y"] + 30 + 30 * (step % 2))
    page.mouse.up()
    page.get_by_role("button", name="Sign now").click()
    page.wait_for_selector("text=Signed. Thank you.")
    assert signer(bench, "customer").act["mark"]["kind"] == "strokes"


def test_a_field_is_placed_by_dragging_and_by_arrow_keys(bench, open_as, tmp_path) -> None:
    journey_id = begun(bench, {"signers": SIGNERS[:1], "prepare": True})
    made = BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(595, 842))
        pdf.save(made)
    (tmp_path / "Contract.pdf").write_bytes(made.getvalue())
    page = open_as(bench.member.person)
    page.goto(f"/sign/journeys/{journey_id}/steps/step-1/")
    page.locator("#id-document").set_input_files(tmp_path / "Contract.pdf")
    page.get_by_role("button", name="Add", exact=True).click()
    sheet = page.locator(".sheet").first
    sheet.scroll_into_view_if_needed()
    sheet.dblclick(position={"x": 60, "y": 60})
    box = page.locator(".placed").first
    before = float(page.locator("[name=d1f0_x]").input_value())
    at = box.bounding_box()
    page.mouse.move(at["x"] + 10, at["y"] + 10)
    page.mouse.down()
    page.mouse.move(at["x"] + 70, at["y"] + 10, steps=4)
    page.mouse.up()
    dragged = float(page.locator("[name=d1f0_x]").input_value())
    box.focus()
    page.keyboard.press("Shift+ArrowRight")
    moved = float(page.locator("[name=d1f0_x]").input_value())
    page.get_by_role("button", name="Save the fields").click()
    page.wait_for_selector("text=Saved.")
    assert (dragged > before + 5, round(moved - dragged, 1)) == (True, 10.0)
    with bench.as_member():
        field = EnvelopeField.objects.get()
    assert (field.kind, round(field.x * 25.4 / 72, 1)) == ("signature", moved)


@pytest.mark.parametrize(("width", "scheme"), [(375, "light"), (1280, "dark")])
def test_every_state_is_clean_and_fits(bench, open_as, axe, width: int, scheme: str) -> None:
    journey_id = begun(bench, SETTINGS)
    customer = open_as(bench.contact.person, width=width, scheme=scheme)
    member = open_as(bench.member.person, width=width, scheme=scheme)
    found = {}

    def look(page, name: str) -> None:
        page.wait_for_load_state("networkidle")
        if problems := axe(page):
            found[name] = problems
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            found[f"{name} is too wide"] = []

    customer.goto(f"/p/{journey_id}/steps/step-1/")
    look(customer, "before agreeing")
    customer.get_by_role("button", name="Continue").click()
    customer.wait_for_selector("[role=alert]")
    look(customer, "refused")
    customer.get_by_label("Code from the PDF file").fill(signer(bench, "customer").check_code)
    customer.get_by_label("I agree to sign these documents electronically.").check()
    customer.get_by_role("button", name="Continue").click()
    customer.wait_for_selector("text=Sign now")
    look(customer, "signing")
    member.goto(f"/sign/journeys/{journey_id}/steps/step-1/")
    look(member, "team while it is out")
    customer.get_by_role("button", name="Sign now").click()
    customer.wait_for_selector("text=Signed. Thank you.")
    look(customer, "signed")
    member.goto("/sign/settings/seals/")
    look(member, "settings")
    assert found == {}
