"""Texts in several languages, the errors that a kind may raise, cleaning of what people type, and Markdown."""

from boardwell.kernel.errors import BoardwellError, Conflict, Invalid, NotAllowed, NotFound, Unavailable
from boardwell.kernel.texts import in_language, money
from boardwell.kernel.words import line, paragraph
from boardwell.ui.markdown import to_html

__all__ = [
    "BoardwellError", "Conflict", "Invalid", "NotAllowed", "NotFound", "Unavailable", "in_language", "line", "money", "paragraph",
    "to_html",
]  # fmt: skip
