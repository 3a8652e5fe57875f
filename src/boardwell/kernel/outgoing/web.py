"""The one way out by HTTP: resolves once, refuses addresses inside, connects to what was checked, follows nothing, reads a bounded answer."""

import ipaddress
import socket
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError
from urllib3.poolmanager import PoolManager

SECONDS = (5, 10)
"""To connect, and between two pieces of the answer."""
MOST_BYTES = 1_000_000
PORTS = frozenset({443, 8443})
_REFUSED = [
    ipaddress.ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "fec0::/10", "::/96")
]  # fmt: skip
"""Address spaces that Python calls global although they can lead inside: NAT64, 6to4, Teredo, site-local, IPv4-compatible."""


class Refused(requests.exceptions.ConnectionError):  # type: ignore[misc]  # requests has no types
    """Where the call was to go is not a place that we call."""


def is_outside(address: str) -> bool:
    """Whether an IP address lies on the public internet."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        elif any(ip in network for network in _REFUSED):
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not ip.is_unspecified


def refuse_unless_outside(url: str) -> None:
    """Raises Refused unless the address is one that we call: https, a usual port, a name that leads outside; or listed by the operator."""
    parts = urlsplit(url)
    try:
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as problem:
        raise Refused("not an address") from problem
    if _is_listed(host, port):
        return
    if parts.scheme != "https" or port not in PORTS or not host or parts.username is not None:
        raise Refused("only https on the usual port")
    _checked(host, port)


def _is_listed(host: str, port: int) -> bool:
    return f"{host}:{port}" in settings.OUTGOING_ALLOWED


def _checked(host: str, port: int) -> list[tuple[int, Any]]:
    """(family, address) of every place that the name leads to; Refused when one of them is inside or there is none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as problem:
        raise Refused(f"{host} leads nowhere") from problem
    places = [(int(family), where) for family, _type, _protocol, _name, where in found]
    if not places or (not _is_listed(host, port) and not all(is_outside(str(where[0])) for _family, where in places)):
        raise Refused(f"{host} leads inside")
    return places


class _Pinned(HTTPConnection):
    """Connects to an address that was checked a moment ago, so that a second look-up cannot lead elsewhere."""

    def _new_conn(self) -> socket.socket:
        last: OSError | None = None
        for family, where in _checked(self._dns_host, self.port or 443):
            line = socket.socket(family, socket.SOCK_STREAM)
            line.settimeout(SECONDS[0])
            try:
                line.connect(where)
            except OSError as problem:
                line.close()
                last = problem
            else:
                return line
        raise NewConnectionError(self, f"{self.host} does not answer: {last}")


class _PinnedTls(_Pinned, HTTPSConnection):
    """The same, with TLS for the name that was asked for."""


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Pinned


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _PinnedTls


class _Adapter(HTTPAdapter):  # type: ignore[misc]  # requests has no types
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Pools whose connections are pinned."""
        self.poolmanager = PoolManager(num_pools=4, maxsize=2)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}


class Gateway(requests.Session):  # type: ignore[misc]  # requests has no types
    """A session for calls to addresses that a user gave. Knows no proxy of the environment, keeps no cookies, follows no redirect.

    Raises Refused for addresses inside and `requests` errors for everything else that goes wrong.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        super().__init__()
        self.trust_env = False
        self.most_bytes = most_bytes
        self.mount("https://", _Adapter())
        self.mount("http://", _Adapter())

    def request(self, method: str, url: str, **more: Any) -> requests.Response:
        """One call; the answer is read whole, up to `most_bytes`."""
        refuse_unless_outside(url)
        answer = super().request(method, url, **{**more, "allow_redirects": False, "timeout": SECONDS, "stream": True})
        self.cookies.clear()
        if answer.is_redirect or answer.is_permanent_redirect:
            answer.close()
            raise Refused("it wants to send us elsewhere")
        kept = bytearray()
        for piece in answer.iter_content(16_384):
            kept += piece
            if len(kept) > self.most_bytes:
                answer.close()
                raise Refused("the answer is too long")
        answer._content = bytes(kept)
        return answer
