"""Static files with hashed names when they were collected, plain ones while developing."""

from typing import Any

from django.conf import settings
from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    """A name that is not in the manifest is served plain, so that nothing has to be collected to try things out."""

    manifest_strict = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._urls: dict[str, str] = {}

    def url(self, name: str, force: bool = False) -> str:
        """The address; remembered, because the files of a running server do not change."""
        if settings.DEBUG or force:
            return str(super().url(name, force))
        if name not in self._urls:
            self._urls[name] = str(super().url(name))
        return self._urls[name]

    def stored_name(self, name: str) -> str:
        """The hashed name, or the plain one when nothing was collected."""
        return str(super().stored_name(name)) if self.hashed_files else name
