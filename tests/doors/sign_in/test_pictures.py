"""Faces and logos: redrawn, without what cameras write into them, shown to those who may meet, and to nobody else."""

import io
import json
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from boardwell.domain.accounts.models import Contact
from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.organisations.models import Brand
from boardwell.domain.people.models import Member
from boardwell.domain.people.roles import actor_for_member
from boardwell.domain.vault.actions.keep_picture import change_member_picture
from boardwell.domain.vault.models import StoredFile
from boardwell.kernel import tenancy
from boardwell.kernel.errors import NotAllowed


def drawn(form: str = "PNG", size: tuple[int, int] = (640, 480), colour: str = "#336699", **how: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, form, **how)
    return out.getvalue()


def upload(content: bytes, name: str = "me.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="image/png")


def send(client: Client, content: bytes, name: str = "me.png") -> None:
    assert client.post("/sign-in/picture/", {"picture": upload(content, name)}).status_code == 302


def face_of(house) -> str:
    with house.as_owner():
        return Member.objects.get(pk=house.owner.id).photo_file_id


def kept_bytes(settings) -> list[Path]:
    return [path for path in Path(settings.FILES_ROOT).rglob("*") if path.is_file()]


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_face_is_redrawn_as_a_small_square(house, signed_in, form: str) -> None:
    client = signed_in(house.owner.person)
    send(client, drawn(form))
    answer = client.get(f"/acme/pictures/{face_of(house)}/")
    shown = Image.open(io.BytesIO(b"".join(answer.streaming_content)))
    assert (shown.format, shown.size) == ("JPEG", (256, 256))
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Cache-Control"].startswith("private")


def test_what_a_camera_wrote_is_gone_and_the_turn_it_asked_for_is_made(house, signed_in) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112], exif[0x8825] = "SecretCamera", 6, {1: "N", 2: (47.0, 55.0, 0.0)}
    picture = Image.new("RGB", (300, 300), "#ff0000")
    picture.paste("#0000ff", (0, 0, 300, 100))
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif, comment=b"private words")
    client = signed_in(house.owner.person)
    send(client, out.getvalue(), "me.jpg")
    content = b"".join(client.get(f"/acme/pictures/{face_of(house)}/").streaming_content)
    assert b"SecretCamera" not in content
    assert b"private words" not in content
    shown = Image.open(io.BytesIO(content))
    assert not shown.getexif()
    red, _green, blue = shown.getpixel((240, 128))
    assert blue > 200 > red  # the blue band lies at the right, where the camera's turn puts it


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
WRONG = {
    "nothing": b"",
    "text": b"no picture",
    "a program that looks like one": SVG,
    "a page": b"<html><body onload=alert(1)>",
    "half a picture": drawn()[:200],
    "a picture's first bytes": b"\x89PNG\r\n\x1a\n" + b"\x00" * 50,
    "a PDF": b"%PDF-1.4\n",
    "a bomb": drawn(size=(12_000, 12_000)),
    "too many bytes": b"\x89PNG\r\n\x1a\n" + b"\x00" * (8 * 1024 * 1024 + 1),
    "a TIFF": drawn("TIFF"),
    "an icon": drawn("ICO", size=(64, 64)),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_picture_is_refused_with_a_reason_and_nothing_is_kept(house, signed_in, settings, name: str) -> None:
    client = signed_in(house.owner.person)
    with house.as_owner():
        before = AuditEntry.objects.count()
    answer = client.post("/sign-in/picture/", {"picture": upload(WRONG[name])}, follow=True)
    assert answer.status_code == 200
    assert "notice bad" in answer.content.decode()
    assert face_of(house) == ""
    with house.as_owner():
        assert (StoredFile.objects.count(), AuditEntry.objects.count()) == (0, before)
    assert kept_bytes(settings) == []


@pytest.mark.django_db(transaction=True)
def test_a_new_face_replaces_the_old_one_bytes_and_all(house, signed_in, settings) -> None:
    client = signed_in(house.owner.person)
    send(client, drawn())
    first = face_of(house)
    send(client, drawn(colour="#ff0000"))
    assert face_of(house) not in {"", first}
    assert client.get(f"/acme/pictures/{first}/").status_code == 404
    assert len(kept_bytes(settings)) == 1
    client.post("/sign-in/picture/", {"none": "1"})
    assert face_of(house) == ""
    assert kept_bytes(settings) == []


def test_customers_see_the_owners_face_and_their_own_peoples_and_nobody_elses(house, other, signed_in) -> None:
    from boardwell.domain.accounts.actions.save_account import create_account
    from boardwell.domain.accounts.actions.save_contact import add_contact

    journey_id = house.start()
    send(signed_in(house.owner.person), drawn())
    with house.as_owner():
        second = create_account(name="Second")
        stranger = Contact.objects.select_related("person").get(pk=add_contact(second, name="S", email="s@second.example"))
    for person in (house.contact.person, stranger.person, other.owner.person):
        send(signed_in(person), drawn())
    with house.as_owner():
        own, theirs = (Contact.objects.get(pk=one.pk).photo_file_id for one in (house.contact, stranger))
    with other.as_owner():
        far = Member.objects.get(pk=other.owner.id).photo_file_id
    customer = signed_in(house.contact.person)
    seen = [customer.get(f"/p/{journey_id}/pictures/{file_id}/").status_code for file_id in (face_of(house), own, theirs, far)]
    assert seen == [200, 200, 404, 404]
    assert f'src="/p/{journey_id}/pictures/{face_of(house)}/"' in customer.get(f"/p/{journey_id}/").content.decode()
    assert signed_in(house.owner.person).get(f"/acme/pictures/{far}/").status_code == 404
    assert Client().get(f"/acme/pictures/{own}/").status_code == 302


def test_a_document_is_no_picture(house, signed_in) -> None:
    """Otherwise any file could be opened by hanging it up as somebody's face: no verb takes an id, and a row that has one shows nothing."""
    from boardwell.domain.vault.actions.keep_file import keep_file

    journey_id = house.start()
    with house.as_owner():
        file_id = keep_file(
            io.BytesIO(b"internal words"), "secret.txt", journey_id=journey_id, account_id=house.account_id, visibility="internal"
        )
        Member.objects.filter(pk=house.owner.id).update(photo_file_id=file_id)
    assert signed_in(house.owner.person).get(f"/acme/pictures/{file_id}/").status_code == 404
    assert signed_in(house.contact.person).get(f"/p/{journey_id}/pictures/{file_id}/").status_code == 404


def test_a_member_changes_their_own_face_and_nobody_elses(house, settings) -> None:
    viewer = house.member("viewer")
    with house.as_owner():
        organisation_id = tenancy.current().organisation_id
        before = AuditEntry.objects.count()
    with tenancy.acting_for(organisation_id, actor_for_member(viewer)), pytest.raises(NotAllowed):
        change_member_picture(house.owner.id, io.BytesIO(drawn()))
    assert (face_of(house), kept_bytes(settings)) == ("", [])
    with house.as_owner():
        assert (StoredFile.objects.count(), AuditEntry.objects.count()) == (0, before)
    with tenancy.acting_for(organisation_id, actor_for_member(viewer)):
        change_member_picture(viewer.id, io.BytesIO(drawn()))
    with house.as_owner():
        said = json.loads(AuditEntry.objects.get(verb="member.changed").body)
        assert said["after"] == {"photo_file_id": Member.objects.get(pk=viewer.id).photo_file_id}


def test_a_logo_is_shown_to_everybody_at_the_door_and_in_mails(house, signed_in) -> None:
    client = signed_in(house.owner.person)
    out = io.BytesIO()
    Image.new("RGBA", (2000, 500), (10, 20, 200, 0)).save(out, "PNG")
    assert client.post("/acme/settings/brand/", {"logo": "set", "picture": upload(out.getvalue())}).status_code == 302
    with house.as_owner():
        brand = Brand.objects.get()
    path = f"/brand/acme/{brand.revision}/logo/"
    answer = Client().get(path)
    shown = Image.open(io.BytesIO(b"".join(answer.streaming_content)))
    assert (shown.format, shown.size, shown.mode) == ("PNG", (480, 120), "RGBA")
    assert answer["Cache-Control"].startswith("public")
    assert path in Client().get("/sign-in/login/?next=/acme/").content.decode()
    from boardwell.domain.accounts.actions.invite_contact import invite_contact
    from boardwell.kernel.models import Mail
    from boardwell.kernel.tasks.worker import run_until_idle

    with house.as_owner():
        invite_contact(house.contact.id)
    run_until_idle()
    assert path in Mail.objects.get(purpose="invitation").html
    assert client.post("/acme/settings/brand/", {"logo": "none"}).status_code == 302
    assert Client().get(path).status_code == 404


def test_a_wrong_logo_says_so_and_the_old_one_stays(house, signed_in) -> None:
    client = signed_in(house.owner.person)
    client.post("/acme/settings/brand/", {"logo": "set", "picture": upload(drawn())})
    with house.as_owner():
        before = Brand.objects.get().logo_file_id
    answer = client.post("/acme/settings/brand/", {"logo": "set", "picture": upload(SVG, "logo.svg")})
    assert (answer.status_code, "no picture that we can read" in answer.content.decode()) == (422, True)
    with house.as_owner():
        assert Brand.objects.get().logo_file_id == before != ""


def test_only_who_may_change_settings_changes_the_logo(house, signed_in) -> None:
    client = signed_in(house.member("manager").person)
    assert client.post("/acme/settings/brand/", {"logo": "set", "picture": upload(drawn())}).status_code == 422
    with house.as_owner():
        assert Brand.objects.get().logo_file_id == ""


def test_initials_stand_in_a_tone_of_their_own_where_there_is_no_face(house, signed_in) -> None:
    house.member("viewer")
    text = signed_in(house.owner.person).get("/acme/people/").content.decode()
    from boardwell.ui.templatetags.pictures import TONES, tone

    assert f'class="avatar  {tone(house.owner.id)}"' in text
    assert {tone(f"mem_{number}") for number in range(200)} == {f"tone-{number}" for number in range(TONES)}


def test_who_manages_people_gives_a_colleague_without_a_picture_their_first(house, signed_in) -> None:
    colleague, viewer = house.member("specialist"), house.member("viewer")
    address = f"/acme/people/{colleague.id}/"
    sent = {"verb": "picture", "picture": upload(drawn())}
    assert signed_in(viewer.person).post(address, sent).status_code == 422
    boss = signed_in(house.owner.person)
    assert "Use this picture" in boss.get(address).content.decode()
    refused = boss.post(address, {"verb": "picture", "picture": upload(b"no picture")})
    assert (refused.status_code, 'id="at-picture"' in refused.content.decode()) == (422, True)
    assert boss.post(address, {"verb": "picture", "picture": upload(drawn())}).status_code == 302
    with house.as_owner():
        face = Member.objects.get(pk=colleague.id).photo_file_id
        assert face
    assert "Use this picture" not in boss.get(address).content.decode()
    assert boss.post(address, {"verb": "picture", "picture": upload(drawn(colour="#ff0000"))}).status_code == 404
    with house.as_owner():
        assert Member.objects.get(pk=colleague.id).photo_file_id == face
