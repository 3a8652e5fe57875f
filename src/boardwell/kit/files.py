"""Files of a capability: what it keeps for itself, and what it hands to both sides."""

from io import BytesIO

from boardwell.domain.vault.actions.keep_file import keep_file
from boardwell.domain.vault.actions.keep_part import keep_part
from boardwell.domain.vault.queries import bytes_of_part, files_of_step
from boardwell.kernel.images import logo as redrawn

__all__ = ["bytes_of_part", "files_of_step", "keep_part", "keep_shared", "redrawn"]


def keep_shared(content: bytes, name: str, *, account_id: str, journey_id: str, step_id: str, accept: tuple[str, ...] = ("pdf",)) -> str:
    """Keeps a file with the step, for both sides to open, and returns its id."""
    return keep_file(BytesIO(content), name, account_id=account_id, journey_id=journey_id, step_id=step_id, accept=accept)
