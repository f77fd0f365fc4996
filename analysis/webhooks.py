"""Sending one signed message to an address of a team's own: over TLS, to a public host, without following redirects.

See docs/alerts.md for how a receiver checks the signature.
"""

import hmac
import http.client
import socket
import ssl
from contextlib import suppress
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from threading import Timer
from typing import NamedTuple
from urllib.parse import urlsplit

SIGNATURE_HEADER = "X-Quorum-Signature"
# The whole exchange ends after so long, however slowly the other side answers.
SECONDS = 10.0
# A receiver refuses messages that were signed longer ago, so that a recorded one cannot be sent again later.
TOLERANCE_SECONDS = 300
PORTS = {"https": 443, "http": 80}
# So many addresses of a host are tried.
MOST_ADDRESSES = 4
# Addresses of IPv4 in the clothes of IPv6 (RFC 6052).
NAT64 = IPv6Network("64:ff9b::/96")

NOT_AN_ADDRESS = "“{url}” is no address of the kind https://host/path, in plain letters."
NOT_HTTPS = "The address must begin with https://; what is sent over http can be read on the way."
HAS_PASSWORD = "The address must not hold a user name or password; the signature shows who sends."  # noqa: S105
UNKNOWN_HOST = "The host “{host}” is not found."
PRIVATE = "The host “{host}” has the address {address}, which is not public."
NOT_REACHED = "The host “{host}” did not answer as it should: {error}."

Address = IPv4Address | IPv6Address


class WebhookRefused(ValueError):
    """The address is not one that messages are sent to."""


class NotReached(OSError):
    """The host could not be connected to, or broke off."""


class Target(NamedTuple):
    """An address in its parts; `path` with the query."""

    is_tls: bool
    host: str
    port: int
    path: str


def parse_url(url: str, *, allow_http: bool = False) -> Target:
    """Give the parts of an address.

    Raises
    ------
    WebhookRefused : it cannot be read, is not https (unless `allow_http`), or holds a password
    """
    unreadable = NOT_AN_ADDRESS.format(url=url)
    if any(letter <= " " or letter > "~" for letter in url):
        raise WebhookRefused(unreadable)
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError as error:
        raise WebhookRefused(unreadable) from error
    if not parts.hostname or parts.scheme not in PORTS:
        raise WebhookRefused(unreadable)
    if parts.scheme == "http" and not allow_http:
        raise WebhookRefused(NOT_HTTPS)
    if parts.username is not None or parts.password is not None:
        raise WebhookRefused(HAS_PASSWORD)
    path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    return Target(parts.scheme == "https", parts.hostname, port, path)


def is_public(address: Address) -> bool:
    """Whether an address is reached through the public internet; of IPv4 in the clothes of IPv6, what is inside."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def find_addresses(target: Target, *, allow_private: bool = False) -> list[str]:
    """Give the addresses of a host.

    Raises
    ------
    WebhookRefused : one of them is not public (unless `allow_private`)
    NotReached : the host is not found
    """
    try:
        rows = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotReached(UNKNOWN_HOST.format(host=target.host)) from error
    found = list(dict.fromkeys(str(row[4][0]) for row in rows))
    for text in found:
        if not allow_private and not is_public(ip_address(text.partition("%")[0])):
            raise WebhookRefused(PRIVATE.format(host=target.host, address=text))
    return found


class _Connection(http.client.HTTPConnection):
    """A connection to one of the addresses that were checked, under the name of their host."""

    def __init__(self, target: Target, addresses: list[str], context: ssl.SSLContext | None, seconds: float) -> None:
        self.default_port = PORTS["https" if target.is_tls else "http"]
        super().__init__(target.host, target.port, timeout=seconds)
        self._addresses, self._context, self._seconds = addresses[:MOST_ADDRESSES], context, seconds

    def connect(self) -> None:
        """Connect to the first address that answers, and over TLS make sure that the host is who it says."""
        self.sock = self._reach()
        if self._context is not None:
            wrapped = self._context.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
            self.sock = wrapped
            wrapped.do_handshake()

    def _reach(self) -> socket.socket:
        """Give a socket; all addresses together have the time of one."""
        for address in self._addresses:
            try:
                found = socket.create_connection((address, self.port), self._seconds / len(self._addresses))
            except OSError:
                if address == self._addresses[-1]:
                    raise
            else:
                found.settimeout(self._seconds)
                return found
        raise NotReached(UNKNOWN_HOST.format(host=self.host))

    def cut(self) -> None:
        """End the exchange from another thread."""
        if self.sock is not None:
            with suppress(OSError):
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


def post(
    url: str,
    body: bytes,
    headers: dict[str, str],
    *,
    allow_http: bool = False,
    allow_private: bool = False,
    seconds: float = SECONDS,
    context: ssl.SSLContext | None = None,
) -> int:
    """Send a message and give the status that the host answers with; a redirect is an answer, it is not followed.

    Every address of the host is checked, and the connection goes to an address that was checked, so that a name
    cannot mean one thing when it is looked at and another when it is used.

    Raises
    ------
    WebhookRefused : the address is not one that messages are sent to
    NotReached : the host is not found, does not answer in time, or not as HTTP
    """
    target = parse_url(url, allow_http=allow_http)
    addresses = find_addresses(target, allow_private=allow_private)
    tls = (context or ssl.create_default_context()) if target.is_tls else None
    connection = _Connection(target, addresses, tls, seconds)
    clock = Timer(seconds, connection.cut)
    clock.daemon = True
    clock.start()
    try:
        connection.request("POST", target.path, body, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        said = str(error) or type(error).__name__
        raise NotReached(NOT_REACHED.format(host=target.host, error=said)) from error
    finally:
        clock.cancel()
        connection.close()


def sign(secret: str, body: bytes, *, moment: int) -> str:
    """Give the value of the header: the moment (seconds since 1970) and HMAC-SHA256 of it, a full stop and the body."""
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, sha256).hexdigest()
    return f"t={moment},v1={digest}"


def is_signed(header: str, body: bytes, secret: str, *, now: int, tolerance: int = TOLERANCE_SECONDS) -> bool:
    """Whether a header was made with the secret for this body, not longer ago than `tolerance` seconds."""
    parts = dict(part.partition("=")[::2] for part in header.split(","))
    moment = parts.get("t", "")
    if not (moment.isascii() and moment.isdecimal() and len(moment) <= 12):
        return False
    expected = sign(secret, body, moment=int(moment))
    is_same = hmac.compare_digest(expected.encode(), header.encode())
    return is_same and abs(now - int(moment)) <= tolerance
