"""Parts of pages that are kept as drawn: the same inputs give the same words, and drawing costs more than reading."""

from collections import OrderedDict
from threading import Lock
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

MOST = 512
"""Parts kept; some kilobytes each."""

_kept: OrderedDict[tuple[str, ...], str] = OrderedDict()
_lock = Lock()


def drawn(request: HttpRequest, template: str, context: dict[str, Any]) -> SafeString:
    """The template's HTML, drawn once for each state of `context`, language, time zone and day.

    `context` must say everything that the template looks at, by values whose `repr` is whole (frozen dataclasses, texts,
    numbers); the template may not look at the request beyond that, so it can hold no form.
    """
    key = (template, get_language() or "", str(timezone.get_current_timezone()), timezone.localdate().isoformat(), repr(context))
    with _lock:
        if (found := _kept.get(key)) is not None:
            _kept.move_to_end(key)
            return mark_safe(found)  # noqa: S308 - our own template drew it
    html = render_to_string(template, context, request)
    with _lock:
        _kept[key] = html
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    return mark_safe(html)  # noqa: S308 - our own template drew it
