"""What of the house's log a capability may hand to strangers: entries about its own things, with proofs."""

from dataclasses import asdict
from typing import Any

from boardwell.domain.audit.proofs import proofs_of_object


def log_of_object(object_id: str) -> dict[str, Any]:
    """The entries about an object with their inclusion proofs and a signed note of the log, as plain values."""
    return asdict(proofs_of_object(object_id))
