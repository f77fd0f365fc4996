"""The network address that a request comes from, as far as it can be believed."""

from ipaddress import IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest

IPV6_NETWORK_BITS = 64


def client_address(request: HttpRequest) -> str:
    """Give the address of who asks: what the outermost of our own proxies saw, "" where it is none.

    A proxy adds the address that it saw to the end of X-Forwarded-For, so that with n proxies of ours (PROXY_COUNT) the
    n-th from the end is true and what stands before it may be invented.
    """
    seen = request.META.get("REMOTE_ADDR", "")
    if settings.PROXY_COUNT > 0:
        told = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
        if len(told) >= settings.PROXY_COUNT:
            seen = told[-settings.PROXY_COUNT]
    try:
        return str(ip_address(seen.partition("%")[0]))
    except ValueError:
        return ""


def network_of(address: str) -> str:
    """Give what attempts are counted by: the address, of IPv6 the network that one customer has for themselves."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(IPv6Network((parsed, IPV6_NETWORK_BITS), strict=False))
    return address
