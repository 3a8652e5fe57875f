"""Asks an OpenID provider what it is: its discovery document, checked before anything is kept."""

from typing import Any
from urllib.parse import urlsplit

import requests
from django.utils.translation import gettext as _

from boardwell.kernel.errors import Invalid
from boardwell.kernel.outgoing.web import Gateway, Refused, refuse_unless_outside

WELL_KNOWN = "/.well-known/openid-configuration"
NEEDED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
CALLED = ("token_endpoint", "jwks_uri", "userinfo_endpoint")
"""Endpoints that we call ourselves; the browser goes to the authorization endpoint."""
KEPT = (*NEEDED, "userinfo_endpoint", "token_endpoint_auth_methods_supported", "authorization_response_iss_parameter_supported")
MOST_CHARACTERS = 500


def discover(issuer: str, *, exact: bool = True) -> dict[str, Any]:
    """The provider's own description, reduced to what signing in needs. Raises Invalid for `issuer`, saying what to mend.

    It must call itself what it was asked as; not `exact` (Microsoft, asked by a tenant's domain, answers with its id): on the same host.
    """
    base = issuer.strip().removesuffix(WELL_KNOWN)
    try:
        with Gateway() as gateway:
            answer = gateway.get(base.rstrip("/") + WELL_KNOWN, headers={"Accept": "application/json"})
        said = answer.json() if answer.status_code == requests.codes.ok else None
    except Refused as problem:
        raise _invalid(_("We do not call that address. Use the provider's public https address.")) from problem
    except (requests.RequestException, ValueError) as problem:
        raise _invalid(_("The provider does not answer there. Look at the address, or try again later.")) from problem
    if not isinstance(said, dict) or not all(isinstance(said.get(name), str) and said[name] for name in NEEDED):
        raise _invalid(_("There is no OpenID provider at that address: its discovery document is missing or incomplete."))
    same = said["issuer"].rstrip("/") == base.rstrip("/") or (not exact and urlsplit(said["issuer"]).netloc == urlsplit(base).netloc)
    if not same or (exact and "{" in said["issuer"]):  # only Microsoft speaks for others than itself
        raise _invalid(_("The provider calls itself “%(issuer)s”. Enter exactly that.") % {"issuer": said["issuer"][:200]})
    _refuse_endpoints(said)
    return {name: said[name] for name in KEPT if name in said}


def _refuse_endpoints(said: dict[str, Any]) -> None:
    for name in ("authorization_endpoint", *CALLED):
        url = said.get(name)
        if url is None:
            continue
        if not isinstance(url, str) or len(url) > MOST_CHARACTERS:
            raise _invalid(_("There is no OpenID provider at that address: its discovery document is missing or incomplete."))
        try:
            refuse_unless_outside(url)
        except Refused as problem:
            host = urlsplit(url).hostname or url[:80]
            raise _invalid(_("The provider names an address that we do not call: %(host)s.") % {"host": host}) from problem


def _invalid(message: str) -> Invalid:
    return Invalid(message, {"issuer": [message]})
