"""Where the bytes of files lie: a folder of this machine, or a bucket that speaks S3. What they hold is sealed before it gets here."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, Protocol
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

_SPOOLED = 4 * 1_048_576
"""Bytes of an object that are held in memory; more goes to a file that vanishes when it is closed."""


class Store(Protocol):
    """Bytes by path. A path is two hexadecimal digits, a slash and a name that nobody chose."""

    def write(self, path: str, content: Iterable[bytes]) -> None:
        """Keeps all of it durably, or nothing: also when `content` raises."""

    def open(self, path: str) -> IO[bytes]:
        """What is kept there, to read and to search in; FileNotFoundError when nothing is."""

    def remove(self, path: str) -> None:
        """Deletes it; deleting twice changes nothing."""

    def written_before(self, moment: datetime) -> Iterator[str]:
        """Paths last written before that moment."""


class Folder:
    """A folder of this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def write(self, path: str, content: Iterable[bytes]) -> None:
        """Writes beside its place, syncs, and moves it there whole."""
        target = self._root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_suffix(".part")
        try:
            with partial.open("wb") as out:
                out.writelines(content)
                out.flush()
                os.fsync(out.fileno())
            partial.replace(target)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise

    def open(self, path: str) -> IO[bytes]:
        """Opens the file."""
        return (self._root / path).open("rb")

    def remove(self, path: str) -> None:
        """Deletes the file."""
        (self._root / path).unlink(missing_ok=True)

    def written_before(self, moment: datetime) -> Iterator[str]:
        """Also what an upload that broke off left behind."""
        for file in self._root.glob("??/*"):
            if file.is_file() and file.stat().st_mtime < moment.timestamp():
                yield f"{file.parent.name}/{file.name}"


class Bucket:
    """A bucket of Amazon S3 or of anything that speaks its protocol (MinIO, Ceph, Garage, R2)."""

    def __init__(self, address: str) -> None:
        try:
            import boto3  # only who keeps files in a bucket needs it
            from botocore.exceptions import ClientError
        except ImportError as problem:
            raise ImproperlyConfigured("BOARDWELL_FILES names a bucket; install boardwell[s3]") from problem
        parts = urlsplit(address)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self._bucket, self._prefix = parts.netloc, (parts.path.strip("/") + "/").lstrip("/")
        self._missing: type[Exception] = ClientError
        self._client: Any = boto3.client("s3", endpoint_url=asked.get("endpoint"), region_name=asked.get("region"))

    def write(self, path: str, content: Iterable[bytes]) -> None:
        """Collects first and sends then, so that nothing half sent is ever an object."""
        with tempfile.SpooledTemporaryFile(_SPOOLED) as spool:
            spool.writelines(content)
            spool.seek(0)
            self._client.upload_fileobj(spool, self._bucket, self._prefix + path)

    def open(self, path: str) -> IO[bytes]:
        """Fetches the object."""
        spool = tempfile.SpooledTemporaryFile(_SPOOLED)  # noqa: SIM115 - whoever reads closes it
        try:
            self._client.download_fileobj(self._bucket, self._prefix + path, spool)
        except self._missing as problem:
            spool.close()
            if getattr(problem, "response", {}).get("Error", {}).get("Code") in {"404", "NoSuchKey"}:
                raise FileNotFoundError(path) from problem
            raise OSError(f"the store of files does not answer: {problem}") from problem
        spool.seek(0)
        return spool

    def remove(self, path: str) -> None:
        """Deletes the object."""
        self._client.delete_object(Bucket=self._bucket, Key=self._prefix + path)

    def written_before(self, moment: datetime) -> Iterator[str]:
        """Reads the bucket's list page by page."""
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix):
            for found in page.get("Contents", []):
                if found["LastModified"] < moment:
                    yield found["Key"].removeprefix(self._prefix)


@lru_cache(maxsize=4)
def _bucket(address: str) -> Bucket:
    return Bucket(address)


def store() -> Store:
    """The store that the settings name. Raises ImproperlyConfigured."""
    address = settings.FILES_STORE
    return _bucket(address) if address else Folder(Path(settings.FILES_ROOT))
