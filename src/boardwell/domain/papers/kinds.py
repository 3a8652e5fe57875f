"""The two kinds of papers, and what stands in each."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

type Label = str | Promise

KINDS: dict[str, Label] = {"status_report": _("Status report"), "expectation_sheet": _("Expectation sheet")}
SECTIONS: dict[str, dict[str, Label]] = {
    "status_report": {
        "summary": _("Where we stand"), "done": _("Done"), "late": _("What is late"), "asks": _("What we need from you"),
        "next": _("What comes next"),
    },
    "expectation_sheet": {
        "product": _("What you get"), "timeline": _("Timeline"), "support": _("Support"), "performance": _("What you can count on"),
        "duties": _("Who does what, by when"),
    },
}  # fmt: skip
"""Keys and headings, in the order in which they stand on the page."""
RHYTHMS: dict[str, Label] = {"week": _("every week"), "fortnight": _("every two weeks"), "month": _("every month")}
MOST_CHARACTERS = 20_000
"""Of one section."""
