"""The seal in the settings: whose it is, replacing it, how strong, and checking a file that somebody brings."""

from datetime import timedelta
from io import BytesIO

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from boardwell.domain.seals import sealing
from boardwell.domain.seals.actions import change_rules as changing
from boardwell.domain.seals.actions.replace_identity import ensure_identity
from boardwell.domain.seals.models import SealIdentity, SealRules
from boardwell.domain.seals.pades import Seal
from boardwell.domain.seals.sealing import sealed
from boardwell.domain.seals.verifying import verify
from boardwell.kernel.clock import now
from boardwell.kernel.errors import Unavailable
from tests.conftest import prove
from tests.domain.seals.authority import TSA, Authority


@pytest.fixture
def page(house, client):
    client.force_login(house.owner.person, backend="allauth.account.auth_backends.AuthenticationBackend")
    prove(client.session, house.owner.person)
    with house.as_owner():
        ensure_identity()
    return client, reverse("workspace:settings_seals", kwargs={"slug": house.slug})


def paper() -> bytes:
    out = BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(out)
    return out.getvalue()


def test_it_shows_the_fingerprint_and_takes_another_certificate(page, house) -> None:
    client, path = page
    with house.as_owner():
        before = SealIdentity.objects.get(is_current=True)
    assert client.get(path).status_code == 200
    theirs = Authority().pkcs12()
    refused = client.post(path, {"verb": "file", "password": "wrong", "file": SimpleUploadedFile("a.p12", theirs)})
    assert (refused.status_code, "does not open this file" in refused.content.decode()) == (422, True)
    taken = client.post(path, {"verb": "file", "password": "secret", "file": SimpleUploadedFile("a.p12", theirs)})
    assert taken.status_code == 302
    with house.as_owner():
        rows = {row.source: (row.is_current, bool(row.key_sealed)) for row in SealIdentity.objects.all()}
        assert rows == {"own": (False, False), "file": (True, True)}
        assert "PRIVATE KEY" not in SealIdentity.objects.get(is_current=True).key_sealed
        assert SealIdentity.objects.get(pk=before.pk).fingerprint == before.fingerprint


def test_an_authority_is_asked_before_it_is_kept_and_its_root_is_remembered(page, house, monkeypatch) -> None:
    client, path = page
    authority = Authority()
    monkeypatch.setattr(changing, "call", authority.call)
    authority.down = {TSA}
    refused = client.post(path, {"verb": "rules", "level": "B-T", "urls": TSA})
    assert (refused.status_code, f"{TSA} gives no timestamp" in refused.content.decode()) == (422, True)
    authority.down = set()
    assert client.post(path, {"verb": "rules", "level": "B-T", "urls": ""}).status_code == 422
    assert client.post(path, {"verb": "rules", "level": "B-LT", "urls": f"{TSA}\n"}).status_code == 302
    with house.as_owner():
        rules = SealRules.objects.get()
    assert (rules.level, rules.stamp_urls, "BEGIN CERTIFICATE" in rules.stamp_roots) == ("B-LT", [TSA], True)


@pytest.mark.parametrize("level", ["B-T", "B-LT", "B-LTA"])
def test_the_houses_own_seal_is_sealed_at_the_level_that_the_rules_say(house, monkeypatch, level) -> None:
    authority = Authority()
    monkeypatch.setattr(changing, "call", authority.call)
    monkeypatch.setattr(sealing, "call", authority.call)
    with house.as_owner():
        ensure_identity()
        changing.change_rules(level=level, stamp_urls=[TSA])
        content = sealed(paper(), Seal(name="House"))
        found = verify(content, sealing.trust_now(), now() + timedelta(days=365 * 5))
    assert (found.word, [one.is_timestamp for one in found.signatures]) == ("sound", [False, True] if level == "B-LTA" else [False])
    authority.down = {TSA}
    with house.as_owner(), pytest.raises(Unavailable):
        sealed(paper(), Seal(name="House"))


def test_a_brought_file_is_checked_and_not_kept(page, house) -> None:
    client, path = page
    with house.as_owner():
        ours = sealed(paper(), Seal(name="House"))

    def said(content: bytes) -> str:
        answer = client.post(path, {"verb": "check", "sealed": SimpleUploadedFile("a.pdf", content, "application/pdf")})
        assert answer.status_code == 200
        return answer.content.decode()

    assert "This file is what was sealed" in said(ours)
    assert "Do not rely on this file" in said(ours + b"x")
    assert "This file carries no seal" in said(paper())
    assert "could not be checked" in said(b"%PDF-1.7 nothing")
    assert client.post(path, {"verb": "check"}).status_code == 422


def test_who_may_only_look_changes_nothing(page, house, client) -> None:
    viewer = house.member("viewer")
    client.force_login(viewer.person, backend="allauth.account.auth_backends.AuthenticationBackend")
    prove(client.session, viewer.person)
    path = page[1]
    assert client.get(path).status_code == 200
    with house.as_owner():
        before = list(SealIdentity.objects.values_list("id", flat=True))
    assert client.post(path, {"verb": "own"}).status_code == 422
    with house.as_owner():
        assert list(SealIdentity.objects.values_list("id", flat=True)) == before
