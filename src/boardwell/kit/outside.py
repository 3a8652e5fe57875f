"""Reads what lies at an address that a user gave; the same walls as for every call of the house."""

from typing import Any

import requests
from django.tasks import task
from django.utils.translation import gettext as _

from boardwell.kernel.errors import Unavailable
from boardwell.kernel.outgoing.web import Gateway, Refused
from boardwell.kernel.sealed import Broken, seal, unseal

__all__ = ["Broken", "fetch", "seal", "task", "unseal"]


def fetch(url: str, *, most_bytes: int, accept: str = "*/*") -> bytes:
    """The body at an https address on the public internet. Unavailable, in words, for everything else; never more than `most_bytes`."""
    try:
        with Gateway(most_bytes) as gateway:
            answer: Any = gateway.get(url, headers={"Accept": accept})
    except Refused as problem:
        raise Unavailable(_("We do not call this address: %(why)s.") % {"why": problem}) from problem
    except (requests.RequestException, ValueError) as problem:
        raise Unavailable(_("The address does not answer.")) from problem
    if answer.status_code != requests.codes.ok:
        raise Unavailable(_("The address answers with error %(number)s.") % {"number": answer.status_code})
    return bytes(answer.content)
