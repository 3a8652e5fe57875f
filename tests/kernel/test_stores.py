"""A folder and a bucket keep bytes alike: all of them or none."""

import io
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured

from boardwell.config import env
from boardwell.kernel import storage
from boardwell.kernel.errors import NotFound, Unavailable
from boardwell.kernel.sealedstream import Damaged
from boardwell.kernel.stores import Bucket, Folder, Store, store


@pytest.fixture
def bucket(monkeypatch) -> Iterator[Bucket]:
    moto, boto3 = pytest.importorskip("moto"), pytest.importorskip("boto3")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with moto.mock_aws():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="house")
        yield Bucket("s3://house/kept?region=us-east-1")


@pytest.fixture(params=["folder", "bucket"])
def any_store(request, tmp_path) -> Store:
    return Folder(tmp_path / "kept") if request.param == "folder" else request.getfixturevalue("bucket")


def broken() -> Iterator[bytes]:
    yield b"half of it"
    raise OSError("the upload broke off")


def test_what_is_kept_comes_back_and_can_be_searched_in(any_store: Store) -> None:
    any_store.write("ab/one", [b"good ", b"morning"])
    with any_store.open("ab/one") as stream:
        assert stream.read() == b"good morning"
        stream.seek(5)
        assert stream.read(4) == b"morn"


def test_an_upload_that_breaks_off_leaves_nothing_to_open(any_store: Store) -> None:
    with pytest.raises(OSError, match="broke off"):
        any_store.write("ab/one", broken())
    with pytest.raises(FileNotFoundError):
        any_store.open("ab/one")
    assert list(any_store.written_before(datetime.now(UTC) + timedelta(days=1))) == []


def test_deleting_twice_changes_nothing(any_store: Store) -> None:
    any_store.write("ab/one", [b"x"])
    any_store.remove("ab/one")
    any_store.remove("ab/one")
    with pytest.raises(FileNotFoundError):
        any_store.open("ab/one")


def test_lists_what_is_old_and_not_what_is_young(any_store: Store) -> None:
    any_store.write("ab/one", [b"x"])
    assert list(any_store.written_before(datetime.now(UTC) + timedelta(minutes=1))) == ["ab/one"]
    assert list(any_store.written_before(datetime.now(UTC) - timedelta(minutes=1))) == []


def test_a_folder_also_lists_what_a_kill_left_behind(tmp_path) -> None:
    (tmp_path / "ab").mkdir()
    (tmp_path / "ab" / "one.part").write_bytes(b"half")
    os.utime(tmp_path / "ab" / "one.part", (time.time() - 99, time.time() - 99))
    assert list(Folder(tmp_path).written_before(datetime.now(UTC))) == ["ab/one.part"]


def test_uploads_lie_sealed_wherever_they_lie(settings, bucket) -> None:
    settings.FILES_STORE = "s3://house/kept?region=us-east-1"
    kept = storage.store(io.BytesIO(b"nobody reads this"), "secret.txt")
    assert b"nobody" not in bucket.open(kept.path).read()
    with storage.open_stored(kept.path) as stream:
        assert stream.read() == b"nobody reads this"
    storage.remove_stored(kept.path)
    with pytest.raises(NotFound):
        storage.open_stored(kept.path)


def test_a_changed_file_is_never_served(settings) -> None:
    kept = storage.store(io.BytesIO(b"pay 10"), "order.txt")
    path = settings.FILES_ROOT / kept.path
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    with pytest.raises(Damaged):
        storage.open_stored(kept.path).read()


def test_a_file_of_another_installation_is_unavailable_and_says_so(settings) -> None:
    kept = storage.store(io.BytesIO(b"pay 10"), "order.txt")
    (settings.FILES_ROOT / kept.path).write_bytes(b"pay 1000")
    with pytest.raises(Unavailable, match="the log says why"):
        storage.open_stored(kept.path)


def test_a_store_that_is_no_bucket_is_refused_by_name(monkeypatch) -> None:
    monkeypatch.setenv("BOARDWELL_FILES", "/srv/files")
    with pytest.raises(ImproperlyConfigured, match="BOARDWELL_FILES must start with s3://, not '/srv/files'"):
        env.bucket("FILES")
    assert isinstance(store(), Folder)
