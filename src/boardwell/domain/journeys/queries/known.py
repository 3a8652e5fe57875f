"""What is known of a customer already, wherever it was asked, and who said so."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from boardwell.domain.journeys.factvalues import fits
from boardwell.domain.journeys.models import Fact
from boardwell.domain.playbooks.document import FactType
from boardwell.kernel import tenancy


@dataclass(frozen=True, slots=True)
class Known:
    """A fact with its provenance. `is_here`: recorded in the onboarding at hand, not in another one of the same customer."""

    value: Any
    name: str
    at: datetime
    is_here: bool
    step_id: str


def known_facts(journey_id: str, account_id: str, types: Mapping[str, FactType], keys: Collection[str]) -> dict[str, Known]:
    """The facts of this onboarding, and for what it does not know the newest of the same customer's others, as far as the reader may know them.

    A value that is not of the fact's type here is left out.
    """
    is_insider = tenancy.current().actor.is_insider
    rows = Fact.objects.filter(account_id=account_id, key__in=list(keys), superseded_at=None).order_by("recorded_at", "id")
    found: dict[str, Known] = {}
    for row in rows:
        kind = types.get(row.key)
        if row.value is None or kind is None or not fits(kind.type, row.value, frozenset(kind.choices)):
            continue
        if not is_insider and "internal" in (row.visibility, kind.visibility):
            continue
        is_here = row.journey_id == journey_id
        if row.key not in found or is_here or not found[row.key].is_here:
            found[row.key] = Known(row.value, row.recorded_by_name, row.recorded_at, is_here, row.step_id)
    return found
