"""Where the fields of a document go: from a text on the page, from numbers, or from the places to sign at its end."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

KINDS = ("signature", "initials", "name", "date", "text", "tick")
SIZES: Mapping[str, tuple[float, float]] = {
    "signature": (180, 44), "initials": (70, 34), "name": (180, 16), "date": (100, 16), "text": (180, 18), "tick": (14, 14),
}  # fmt: skip
"""Width and height in points where nobody says anything else."""
SMALLEST = 8.0
MOST_FIELDS = 300
_MARK = re.compile(r"\{\{\s*([a-z][a-z0-9_-]{0,59})\s*\}\}")
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~])")


@dataclass(frozen=True, slots=True)
class Placed:
    """A field on a page (from 0); points from the upper left corner."""

    signer: str
    kind: str
    page: int
    x: float
    y: float
    w: float
    h: float
    label: str = ""
    required: bool = True


class Misplaced(ValueError):  # noqa: N818 - the house's own word
    """A field that cannot stand where it was put. `code`: page, outside, small, kind, signer, anchor; `what` names it."""

    def __init__(self, code: str, what: str = "") -> None:
        super().__init__(code)
        self.code, self.what = code, what


def checked(field: Placed, sizes: Sequence[Sequence[float]], signers: Sequence[str]) -> Placed:
    """The field, when it stands on a page that is there. Raises Misplaced."""
    if field.kind not in KINDS:
        raise Misplaced("kind", field.kind)
    if field.signer not in signers:
        raise Misplaced("signer", field.signer)
    if not 0 <= field.page < len(sizes):
        raise Misplaced("page", str(field.page + 1))
    width, height = sizes[field.page]
    if field.w < SMALLEST or field.h < SMALLEST:
        raise Misplaced("small", field.kind)
    if field.x < 0 or field.y < 0 or field.x + field.w > width + 0.5 or field.y + field.h > height + 0.5:
        raise Misplaced("outside", field.kind)
    return field


def at_anchor(place: Sequence[float], wanted: Mapping[str, Any], sizes: Sequence[Sequence[float]]) -> Placed:
    """A field beside, below or over a text that was found; moved back onto the page where it would stick out."""
    page, left, top, right, bottom = int(place[0]), *place[1:]
    kind = wanted["kind"]
    width, height = wanted.get("width", SIZES[kind][0]), wanted.get("height", SIZES[kind][1])
    match wanted.get("where", "right"):
        case "below":
            x, y = left, bottom + 4
        case "over":
            x, y = left, top
        case _:
            x, y = right + 6, (top + bottom) / 2 - height / 2
    most_x, most_y = sizes[page][0] - width, sizes[page][1] - height
    return Placed(
        wanted["signer"], kind, page, max(0.0, min(x, most_x)), max(0.0, min(y, most_y)), width, height, wanted.get("label", ""),
        wanted.get("required", True),
    )  # fmt: skip


def filled(text: str, facts: Mapping[str, str]) -> str:
    """A Markdown text with its {{ facts }} in place, each as plain words. KeyError names the first one that nobody knows."""

    def put(match: re.Match[str]) -> str:
        return _SPECIAL.sub(r"\\\1", facts[match.group(1)])

    return _MARK.sub(put, text)


def marks_in(text: str) -> list[str]:
    """The facts that a text names."""
    return list(dict.fromkeys(_MARK.findall(text)))
