"""The five errors that an action may raise; doors turn them into answers."""


class BoardwellError(Exception):
    """The base: `str(error)` is a translated sentence for the person, never internals."""

    status = 500


class NotFound(BoardwellError):  # noqa: N818 - the house's own word
    """Absent, or somebody else's: the two look the same (404)."""

    status = 404


class NotAllowed(BoardwellError):  # noqa: N818 - the house's own word
    """Visible to this actor, but the verb is not theirs (403)."""

    status = 403


class Invalid(BoardwellError):  # noqa: N818 - the house's own word
    """Input that must be put right (422). `fields` maps a field's name to its messages."""

    status = 422

    def __init__(self, message: str, fields: dict[str, list[str]] | None = None) -> None:
        super().__init__(message)
        self.fields = fields or {}


class Conflict(BoardwellError):  # noqa: N818 - the house's own word
    """The state has moved on since it was read, or forbids the verb now (409)."""

    status = 409


class Unavailable(BoardwellError):  # noqa: N818 - the house's own word
    """Something we depend on does not answer; nothing was changed (503)."""

    status = 503
