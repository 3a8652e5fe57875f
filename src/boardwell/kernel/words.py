"""Cleans what people type: one line or a text, without control characters, bounded."""

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def line(text: str, most: int) -> str:
    """One trimmed line of at most `most` characters; control characters and lone surrogates go, white space is folded."""
    return " ".join(_SURROGATE.sub("", _CONTROL.sub("", text)).split())[:most]


def paragraph(text: str, most: int) -> str:
    """A trimmed text of at most `most` characters that keeps its line breaks."""
    clean = _SURROGATE.sub("", _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
    return clean.strip()[:most]
