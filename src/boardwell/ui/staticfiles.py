"""Static files with hashed names when they were collected, plain ones while developing."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    """A name that is not in the manifest is served plain, so that nothing has to be collected to try things out."""

    manifest_strict = False

    def stored_name(self, name: str) -> str:
        """The hashed name, or the plain one when nothing was collected."""
        return str(super().stored_name(name)) if self.hashed_files else name
