"""Calls to timestamp authorities and certifiers, behind the same walls as every call of the house."""

from boardwell.kernel.outgoing.web import Gateway

MOST_BYTES = 5_000_000
"""The largest lists of revoked certificates that certifiers for documents publish are smaller."""


def call(url: str, body: bytes | None, media_type: str) -> bytes:
    """The body of the answer. OSError for everything that goes wrong (`requests` errors are such)."""
    with Gateway(MOST_BYTES) as gateway:
        answer = gateway.get(url) if body is None else gateway.post(url, data=body, headers={"Content-Type": media_type})
    if not answer.ok:
        raise ConnectionError(f"error {answer.status_code}")
    return bytes(answer.content)
