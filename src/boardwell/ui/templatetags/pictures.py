"""Faces: where a picture is served at the door that the reader came in by, and a tone for those without one."""

import zlib
from typing import Any

from django import template
from django.urls import reverse

register = template.Library()
TONES = 8


@register.simple_tag(takes_context=True)
def picture(context: template.Context, file_id: str) -> str:
    """The address of a picture below the workspace or the portal that the page is of; "" when there is none."""
    if not file_id:
        return ""
    values: dict[str, Any] = {"file_id": file_id}
    if context.get("slug"):
        return reverse("workspace:picture", kwargs={**values, "slug": context["slug"]})
    if context.get("journey_id"):
        return reverse("portal:picture", kwargs={**values, "journey_id": context["journey_id"]})
    return reverse("sign_in:own_picture", kwargs=values)


@register.filter
def tone(key: str) -> str:
    """One of eight tones, the same for the same person everywhere; "" without a key."""
    return f"tone-{zlib.crc32(str(key).encode()) % TONES}" if key else ""
