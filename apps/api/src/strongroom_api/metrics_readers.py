"""Decides who can read the metrics: only the networks in `STRONGROOM_METRICS_FROM`.

Metrics contain no personal data, but they show how busy a server is and whether it is sealed.
"""

import re
from ipaddress import ip_address
from typing import Any

from strongroom_api.errors import NoSuchRoute
from strongroom_api.process import Process
from strongroom_api.sealing import require_open
from strongroom_core.kernel.origin import Origin
from strongroom_core.settings import LOOPBACK

METRICS = "/metrics"
_FORWARDING = frozenset(
    {b"forwarded", b"via", b"x-real-ip", b"cf-connecting-ip", b"true-client-ip", b"x-client-ip"}
)
_FORWARDED = b"x-forwarded-"
_OWN_NAME = re.compile(rb"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?", re.IGNORECASE)


def require_reader(scope: dict[str, Any], origin: Origin, process: Process) -> None:
    """Reject others as if the path were unknown. Raises `NoSuchRoute`, or what `require_open` raises."""
    if not _may_read(scope, origin, process):
        require_open(process)
        raise NoSuchRoute


def _may_read(scope: dict[str, Any], origin: Origin, process: Process) -> bool:
    try:
        address = ip_address(origin.address)
    except ValueError:
        return False
    if any(_is_forwarding(name.lower()) for name, _ in scope["headers"]):
        # A proxy forwarded this request. Unless the proxy is trusted and reported the client's address, the
        # client is unknown. A loopback address that a proxy reported isn't this machine's.
        peer = scope.get("client")
        if address.is_loopback or peer is None or _same(peer[0], origin.address):
            return False
    if address.is_loopback and not _is_asked_for_here(scope):
        return False
    settings = process.known_settings
    networks = settings.metrics_from if settings is not None else LOOPBACK
    return any(address in network for network in networks)


def _is_asked_for_here(scope: dict[str, Any]) -> bool:
    """Whether the request's Host header contains a name of this machine.

    A browser sends the hostname from the page's URL. If a foreign name resolves to this machine (DNS
    rebinding), its page must not get access.
    """
    hosts = [value for name, value in scope["headers"] if name.lower() == b"host"]
    return all(_OWN_NAME.fullmatch(host) for host in hosts)


def _is_forwarding(name: bytes) -> bool:
    return name in _FORWARDING or name.startswith(_FORWARDED)


def _same(peer: str, address: str) -> bool:
    try:
        found = ip_address(peer)
    except ValueError:
        return True
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found) == address
