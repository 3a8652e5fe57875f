"""Pages of a list: an opaque cursor that is good for one organisation and one list, and the `Link` to the next page (RFC 8288)."""

from urllib.parse import urlencode

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from boardwell.kernel import tenancy
from boardwell.kernel.errors import Invalid


def opened(cursor: str, name: str) -> str:
    """Where the list goes on. Invalid when the cursor was made up, cut off, or comes from another list or organisation."""
    if not cursor:
        return ""
    try:
        return str(signing.loads(cursor, salt=_salt(name)))
    except (signing.BadSignature, ValueError):
        message = _("This cursor is not one of this list. Take `next_cursor` from the page before, or start without one.")
        raise Invalid(message, {"/query/after": [message]}) from None


def sealed(request: HttpRequest, response: HttpResponse, cursor: str, name: str) -> str:
    """The cursor as it is shown, and `Link: <…>; rel="next"` on the answer; empty and nothing on the last page.

    It names the last row that was shown, so rows that come or go meanwhile neither hide nor double the others.
    """
    if not cursor:
        return ""
    shown = signing.dumps(cursor, salt=_salt(name), compress=True)
    query = {key: value for key, value in request.GET.items() if key != "after"}
    response.headers["Link"] = f'<{request.path}?{urlencode({**query, "after": shown}, errors="replace")}>; rel="next"'
    return shown


def _salt(name: str) -> str:
    return f"api.cursor.{name}.{tenancy.current().organisation_id}"
