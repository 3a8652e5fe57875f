"""Parts of pages that are kept as drawn: the same inputs give the same words, and drawing costs more than reading."""

from collections import OrderedDict
from hashlib import blake2b
from threading import Lock
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

MOST = 2048
MOST_CHARACTERS = 16_000_000
"""Parts kept, and their length together."""

_kept: OrderedDict[bytes, str] = OrderedDict()
_held = {"characters": 0}
_lock = Lock()


def drawn(template: str, context: dict[str, Any]) -> SafeString:
    """The template's HTML, drawn once for each state of `context`, language, time zone and day.

    The template gets `context` and nothing else: no request, so nobody in particular looks at it and it can hold no form that is
    posted. Everything in it must be a value whose `repr` is whole (frozen dataclasses, texts, numbers), and no text marked safe.
    """
    state = (template, get_language(), str(timezone.get_current_timezone()), timezone.localdate(), context)
    key = blake2b(repr(state).encode("utf-8", "surrogatepass"), digest_size=32).digest()
    with _lock:
        if (found := _kept.get(key)) is not None:
            _kept.move_to_end(key)
            return mark_safe(found)  # noqa: S308 - our own template drew it
    html = render_to_string(template, context)
    with _lock:
        _held["characters"] += len(html) - len(_kept.pop(key, ""))
        _kept[key] = html
        while len(_kept) > MOST or _held["characters"] > MOST_CHARACTERS:
            _held["characters"] -= len(_kept.popitem(last=False)[1])
    return mark_safe(html)  # noqa: S308 - our own template drew it
