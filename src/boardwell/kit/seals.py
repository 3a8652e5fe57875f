"""Seals under documents, as the organisation's rules say."""

import base64
import hashlib

from boardwell.domain.seals.actions.replace_identity import ensure_identity
from boardwell.domain.seals.certificates import as_pem
from boardwell.domain.seals.cms import detached
from boardwell.domain.seals.pades import Seal, last_proof_ends
from boardwell.domain.seals.sealing import current_identity, identity_of, renewed, rules_now, sealed, trust_now

__all__ = [
    "Seal", "ensure_identity", "last_proof_ends", "level_now", "renewed", "roots_pem", "seal_text", "sealed",
]  # fmt: skip


def level_now() -> str:
    """How strongly documents are sealed: B-B, B-T, B-LT or B-LTA."""
    return rules_now().level


def seal_text(text: str) -> str:
    """A detached signature of the organisation's seal over a text (CMS, DER), in base64. Raises Unavailable."""
    identity = identity_of(current_identity())
    return base64.b64encode(detached(identity, hashlib.sha256(text.encode()).digest())).decode()


def roots_pem() -> str:
    """What a stranger has to trust to check our seals, in PEM: compare its fingerprint on another way."""
    return as_pem(trust_now().roots)
