"""Where a request comes from. No other code reads the peer address or the forwarding headers."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LONGEST_KEPT = 64
"""Longer texts aren't kept after they were parsed. A client behind a trusted proxy can send any text."""

IPV6_PREFIX = 64
"""Every internet subscriber gets at least a /64, so counting single IPv6 addresses would be pointless."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The source of a request. `address` is canonical text, or `local` for a Unix socket."""

    address: str
    request_id: str
    user_agent: str = ""

    @property
    def ip(self) -> Address | None:
        """The IP address, or None if the source has none or the address has a zone."""
        address = _parse(self.address)
        return None if isinstance(address, IPv6Address) and address.scope_id else address

    @property
    def network(self) -> str:
        """The unit to which rate limits apply: the IPv4 address, or the IPv6 /64 network."""
        return _network_of(self.address)


def source_address(peer: str, forwarded_for: Sequence[str], trusted: Sequence[Network]) -> str:
    """Return the IP address from which a request really came.

    `peer` is the other end of the socket, `forwarded_for` contains the values of all `X-Forwarded-For`
    headers in order, and `trusted` lists the configured proxies. The header is used only if the peer is
    trusted. In that case the result is the right-most hop that isn't trusted. If the header is malformed or
    ambiguous, the result is the peer: clients can write the header and must not be able to choose the address
    (CVE-2025-59152).
    """
    address = _parse(peer)
    if address is None:
        return peer
    if not _is_in(address, trusted):
        return str(address)
    hops = [hop.strip() for value in forwarded_for for hop in value.split(",")]
    for hop in reversed(hops):
        candidate = _parse(hop)
        if candidate is None:
            return str(address)
        if not _is_in(candidate, trusted):
            return str(candidate)
    return str(address)


def network_of_peer(peer: str, trusted: Sequence[Network]) -> str | None:
    """Return the network whose share of connections a peer uses, or None for a trusted proxy."""
    address = _parse(peer)
    if address is not None and _is_in(address, trusted):
        return None
    return Origin(str(address or peer), "").network


@lru_cache(maxsize=4096)
def _network_of(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    return str(ip_network((parsed, IPV6_PREFIX), strict=False))


def _parse(text: str) -> Address | None:
    # Machines send many requests from the same address, and parsing it each time would be noticeable.
    return _parse_short(text) if len(text) <= LONGEST_KEPT else _parse_any(text)


def _parse_any(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


_parse_short = lru_cache(maxsize=4096)(_parse_any)


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
