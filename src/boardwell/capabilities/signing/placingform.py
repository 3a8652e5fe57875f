"""The form that places fields: one row for each, in millimetres from the page's upper left corner; dragging fills the same rows in."""

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from boardwell.capabilities.signing.models import EnvelopeDocument, EnvelopeField
from boardwell.capabilities.signing.placing import MOST_FIELDS, SIZES, Placed
from boardwell.kit.words import Invalid, line

POINTS = 72 / 25.4
"""In a millimetre."""
EMPTY_ROWS = 3
NUMBERS = ("x", "y", "w", "h")


def as_rows(document: EnvelopeDocument, typed: QueryDict | None) -> list[dict[str, Any]]:
    """The document's fields as rows of the form, and some empty ones; what was typed when it was refused."""
    if typed is not None and typed.get("verb") == f"place:{document.id}":
        return [_typed_row(typed, document.number, n) for n in range(_count(typed, document.number))]
    fields = EnvelopeField.objects.filter(document=document).select_related("signer").order_by("number")
    rows = [
        {
            "prefix": _prefix(document.number, n), "kind": one.kind, "signer": one.signer.key, "page": str(one.page + 1), "label": one.label, "required": one.required,
            **{name: f"{getattr(one, name) / POINTS:.1f}" for name in NUMBERS},
        }
        for n, one in enumerate(fields)
    ]  # fmt: skip
    return [*rows, *({"prefix": _prefix(document.number, len(rows) + n), "required": True} for n in range(EMPTY_ROWS))]


def rows_name(document: EnvelopeDocument) -> str:
    """The name of the form field that says how many rows there are."""
    return f"d{document.number}rows"


def _prefix(number: int, n: int) -> str:
    return f"d{number}f{n}_"


def _count(typed: QueryDict, number: int) -> int:
    text = typed.get(f"d{number}rows", "")
    return min(int(text), MOST_FIELDS) if text.isdecimal() and len(text) < 4 else 0


def _typed_row(typed: QueryDict, number: int, n: int) -> dict[str, Any]:
    prefix = _prefix(number, n)
    row: dict[str, Any] = {name: typed.get(prefix + name, "") for name in ("kind", "signer", "page", "label", *NUMBERS)}
    return {**row, "prefix": prefix, "required": bool(typed.get(f"{prefix}required")), "gone": bool(typed.get(f"{prefix}gone"))}


def placed_from(typed: QueryDict, document_id: str) -> list[Placed]:
    """The rows that hold something. Invalid with `fields` names the row that cannot be read."""
    document = EnvelopeDocument.objects.filter(pk=document_id).first()
    found: list[Placed] = []
    if document is None:
        return found
    for n in range(_count(typed, document.number)):
        row = _typed_row(typed, document.number, n)
        if not row["kind"] or row["gone"]:
            continue
        size = SIZES.get(row["kind"], (100.0, 16.0))
        try:
            x, y = (float(row[name].replace(",", ".")) * POINTS for name in ("x", "y"))
            w, h = (float(row[name].replace(",", ".")) * POINTS if row[name] else size[i] for i, name in enumerate(("w", "h")))
            page = int(row["page"] or "1") - 1
        except ValueError as problem:
            said = _("Row %(number)d: enter numbers, such as 25 or 25.5.") % {"number": n + 1}
            raise Invalid(said, {"fields": [said]}) from problem
        if not all(abs(each) < 100_000 for each in (x, y, w, h)):
            said = _("Row %(number)d: enter numbers, such as 25 or 25.5.") % {"number": n + 1}
            raise Invalid(said, {"fields": [said]})
        found.append(Placed(row["signer"], row["kind"], page, x, y, w, h, line(row["label"], 200), row["required"]))
    return found
