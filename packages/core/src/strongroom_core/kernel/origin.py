"""Where a request came from: the one place that reads the peer and the forwarding headers."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

IPV6_PREFIX = 64
"""A subscriber gets a /64, so counting single IPv6 addresses would count nothing."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The source of one request. `address` is canonical text, or `local` for a Unix socket."""

    address: str
    request_id: str
    user_agent: str = ""

    @property
    def network(self) -> str:
        """What rate limits count: the IPv4 address, or the IPv6 /64 around it."""
        try:
            address = ip_address(self.address)
        except ValueError:
            return self.address
        if isinstance(address, IPv4Address):
            return str(address)
        return str(ip_network((address, IPV6_PREFIX), strict=False))


def source_address(peer: str, forwarded_for: Sequence[str], trusted: Sequence[Network]) -> str:
    """Return the address a request really came from.

    `peer` is the socket's other end, `forwarded_for` the values of all `X-Forwarded-For` headers
    in order, `trusted` the proxies the operator named. The header counts only when the peer is
    trusted; then it is the right-most hop that is not. Anything malformed or ambiguous yields the
    peer: a header that a stranger can write must not choose the address (CVE-2025-59152).
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


def _parse(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
