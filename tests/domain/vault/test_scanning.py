"""A file is kept when the scanner says that it is clean, refused when not, and held while it says nothing."""

import socketserver
import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from django.urls import reverse

from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.vault.actions.keep_file import keep_file
from boardwell.domain.vault.models import StoredFile
from boardwell.domain.vault.tasks import scan_held
from boardwell.kernel.errors import Invalid
from boardwell.kernel.recurring import AGAIN
from tests.hostile.world import client_of

pytestmark = pytest.mark.django_db
WICKED = b"a wicked sequence"


class Clamd(socketserver.StreamRequestHandler):
    """Speaks clamd's INSTREAM: chunks with their length before them, an empty one at the end."""

    def handle(self) -> None:
        assert self.rfile.read(10) == b"zINSTREAM\0"
        content = b""
        while length := int.from_bytes(self.rfile.read(4)):
            content += self.rfile.read(length)
        if b"confuse" in content:
            self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
        else:
            self.wfile.write(b"stream: Test.Wicked FOUND\0" if WICKED in content else b"stream: OK\0")


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


@pytest.fixture
def clamd(settings, tmp_path: Path) -> Iterator[None]:
    with Server(str(tmp_path / "clamd"), Clamd) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        settings.CLAMD = f"unix:{tmp_path}/clamd"
        yield
        server.shutdown()


def keep(house, content: bytes) -> StoredFile:
    return StoredFile.objects.get(pk=keep_file(BytesIO(content), "words.txt", account_id=house.account_id))


def test_a_clean_file_is_kept_and_opens(house, clamd) -> None:
    with house.as_owner():
        kept = keep(house, b"good morning" * 60_000)
    assert kept.scan == "clean"
    answer = client_of(house.owner.person).get(reverse("workspace:file", kwargs={"slug": house.slug, "file_id": kept.id}))
    assert b"".join(answer.streaming_content) == b"good morning" * 60_000


def test_a_file_with_a_virus_leaves_nothing_behind(house, clamd, settings) -> None:
    with house.as_owner():
        entries = AuditEntry.objects.count()
        with pytest.raises(Invalid, match=r"The virus scanner found something in “words.txt”\. It was not kept"):
            keep_file(BytesIO(b"x" * 300_000 + WICKED), "words.txt", account_id=house.account_id)
        assert (StoredFile.objects.count(), AuditEntry.objects.count()) == (0, entries)
    assert [path for path in Path(settings.FILES_ROOT).rglob("*") if path.is_file()] == []


def test_a_strange_answer_holds_the_file(house, clamd) -> None:
    with house.as_owner():
        assert keep(house, b"confuse me").scan == "held"


def test_a_file_without_an_answer_is_held_until_there_is_one(house, settings, tmp_path) -> None:
    settings.CLAMD = f"unix:{tmp_path}/nobody"
    with house.as_owner():
        kept, wicked = keep(house, b"good morning"), keep(house, WICKED)
    download = reverse("workspace:file", kwargs={"slug": house.slug, "file_id": kept.id})
    assert (kept.scan, scan_held()) == ("held", None)
    answer = client_of(house.owner.person).get(download)
    assert (answer.status_code, "has not answered about this file yet" in answer.content.decode()) == (409, True)
    with Server(str(tmp_path / "clamd"), Clamd) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        settings.CLAMD = f"unix:{tmp_path}/clamd"
        assert [scan_held(), scan_held(), scan_held()] == [AGAIN, AGAIN, None]
        server.shutdown()
    assert client_of(house.owner.person).get(download).status_code == 200
    answer = client_of(house.owner.person).get(download.replace(kept.id, wicked.id))
    assert (answer.status_code, "found something in this file" in answer.content.decode()) == (409, True)
    with house.as_owner():
        assert AuditEntry.objects.filter(verb="file.quarantined", object_id=wicked.id).count() == 1


def test_where_there_is_no_scanner_files_are_kept_and_marked_as_not_scanned(house) -> None:
    with house.as_owner():
        assert keep(house, WICKED).scan == ""
