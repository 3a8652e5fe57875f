"""What a search finds: the same shape for every kind of thing."""

from dataclasses import dataclass

MOST_HITS = 20
"""Hits of one kind on a page."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that holds every word of the search. `title` names it, `detail` says where it belongs, `text` is where it was found."""

    kind: str
    id: str
    title: str
    detail: str = ""
    text: str = ""
    account_id: str = ""
    journey_id: str = ""
    key: str = ""
    is_internal: bool = False
