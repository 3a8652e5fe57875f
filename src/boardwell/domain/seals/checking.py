"""Checks a file that somebody brings, in a confined process: its bytes are nobody's yet."""

from datetime import datetime
from typing import Any

from boardwell.domain.seals.certificates import as_pem
from boardwell.domain.seals.sealing import trust_now
from boardwell.kernel import tenancy
from boardwell.kernel.clock import now
from boardwell.kernel.confined import Failed, Overrun, confined


def check_file(content: bytes) -> dict[str, Any]:
    """`word` (sound, refused, unsigned, unreadable), `problems` and `signatures` of a PDF, as of now, as plain values. Raises NotAllowed."""
    tenancy.require("settings:view")
    trust = trust_now()
    try:
        found: dict[str, Any] = confined(
            "boardwell.domain.seals.verifying:verify_plain", content=content, roots=as_pem(trust.roots), others=as_pem(trust.others),
            crls=list(trust.crls), at=now().isoformat(),
        )  # fmt: skip
    except (Failed, Overrun):
        return {"word": "unreadable", "problems": ["unreadable"], "signatures": []}
    for one in found["signatures"]:
        one["at"] = datetime.fromisoformat(one["at"]) if one["at"] else None
    return found
