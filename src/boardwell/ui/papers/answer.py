"""A paper as the PDF that a browser saves."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from django.http import HttpResponse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from boardwell.kernel.clock import now
from boardwell.kernel.storage import content_disposition
from boardwell.ui.papers import Paper, pdf
from boardwell.ui.theme import readable


class Part(Protocol):
    """A section with something in it."""

    @property
    def heading(self) -> str:
        """Its heading."""

    @property
    def text(self) -> str:
        """Its Markdown."""


class Written(Protocol):
    """A version of a paper."""

    @property
    def title(self) -> str:
        """What kind of paper it is, in its own language."""

    @property
    def number(self) -> int:
        """Which version, from 1."""

    @property
    def language(self) -> str:
        """In which it is written."""

    @property
    def until_on(self) -> date:
        """The day up to which it tells."""

    @property
    def sent_at(self) -> datetime | None:
        """When it was handed over."""

    @property
    def accepted_at(self) -> datetime | None:
        """When it was accepted."""

    @property
    def accepted_name(self) -> str:
        """By whom."""

    @property
    def sha256(self) -> str:
        """Of its words; empty for a draft."""

    @property
    def filled(self) -> Sequence[Part]:
        """The sections in which something stands."""


class Brand(Protocol):
    """Who sends it."""

    @property
    def display_name(self) -> str:
        """The name."""

    @property
    def accent(self) -> str:
        """The colour, #rrggbb."""


def paper_response(written: Written, account_name: str, brand: Brand) -> HttpResponse:
    """The PDF in the paper's own language, whoever reads it."""
    with translation.override(written.language):
        lines = [date_format(written.until_on, "DATE_FORMAT")]
        if written.accepted_at is not None:
            words = {"name": written.accepted_name, "day": date_format(written.accepted_at, "DATE_FORMAT")}
            lines.append(_("Accepted by %(name)s on %(day)s") % words)
        elif written.sent_at is None:
            lines.append(_("Draft"))
        title = f"{written.title} {written.number}"
        paper = Paper(
            language=written.language, sender=brand.display_name, accent=readable(brand.accent, "#ffffff"), title=title,
            subtitle=account_name, lines=lines, sections=[(part.heading, part.text) for part in written.filled],
            foot=f"{account_name} · {title}" + (f" · SHA-256 {written.sha256[:16]}…" if written.sha256 else ""), page_of="{page} / {pages}",
            made_at=written.sent_at or now(),
        )  # fmt: skip
    response = HttpResponse(pdf(paper), content_type="application/pdf")
    response.headers["Content-Disposition"] = content_disposition(f"{account_name} – {title}.pdf")
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
