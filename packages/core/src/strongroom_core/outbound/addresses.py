"""Decides to which IP addresses the server can connect on a user's behalf (SSRF protection). Pure.

`ipaddress.is_global` isn't enough: it is true for NAT64 and 6to4 forms of private addresses, for multicast,
and for special networks that were registered after the Python release came out.
"""

from __future__ import annotations

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_DENIED = tuple(
    map(
        ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
            *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24"),
            *("192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24"),
            *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
            *("168.63.129.16/32", "2001::/23", "2001:db8::/32", "3fff::/20"),
        ),
    )
)
"""Special-purpose networks, and the metadata address of Azure, which is in a public network."""

_UNICAST = ip_network("2000::/3")
"""The assigned IPv6 addresses. All others are denied, except forms that contain an IPv4 address."""

_NEVER = tuple(
    map(
        ip_network,
        (
            *("0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "168.63.129.16/32", "224.0.0.0/4"),
            *("100.100.100.200/32", "240.0.0.0/4", "fe80::/10", "ff00::/8", "::/128"),
            "fd00:ec2::/32",
        ),
    )
)
"""Networks that no list can allow: link-local addresses, cloud metadata, multicast, broadcast."""

_CONTAINING_IPV4 = (
    (ip_network("::ffff:0:0/96"), 0),
    (ip_network("::ffff:0:0:0/96"), 0),
    (ip_network("::/96"), 0),
    (ip_network("64:ff9b::/96"), 0),
    (ip_network("64:ff9b:1::/48"), 0),
    (ip_network("2002::/16"), 80),
)
"""Forms of IPv6 addresses that contain an IPv4 address: mapped, translated, compatible, NAT64 and 6to4. The
number is how many bits follow the IPv4 address."""


def is_denied(address: Address, allowed: tuple[Network, ...] = ()) -> bool:
    """Whether a connection to this address is denied. `allowed` lists the usable private networks."""
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return True
        inner = contained_ipv4(address)
        if inner is not None:
            # The mapped form is the same address. The other forms reach it through a gateway, if at all.
            return address.ipv4_mapped is None or is_denied(inner, allowed)
    if _within(address, _NEVER):
        return True
    if _within(address, allowed):
        return False
    if isinstance(address, IPv6Address) and address not in _UNICAST:
        return True
    return _within(address, _DENIED)


def is_never_allowed(network: Network) -> bool:
    """Whether a network is within one that is always denied, so that an entry for it would have no effect."""
    return any(network.subnet_of(each) for each in _NEVER if network.version == each.version)  # pyright: ignore[reportArgumentType]


def contained_ipv4(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 address contains, if it has such a form."""
    if address.is_loopback or address.is_unspecified:
        return None
    for network, shift in _CONTAINING_IPV4:
        if address in network:
            return IPv4Address(int(address) >> shift & 0xFFFF_FFFF)
    return None


def parse_address(text: str) -> Address | None:
    """Parse an address in its usual form, or return None."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def _within(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address.version == each.version and address in each for each in networks)
