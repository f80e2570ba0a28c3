"""Lists of networks that people enter. Checks whether an address is in one of them.

An IPv4 address that is written as IPv6 (`::ffff:10.0.0.1`) is the same address, and so is its network. An
address's zone (`fe80::1%eth0`) doesn't matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from strongroom_core.kernel.errors import Invalid

MOST_NETWORKS = 100
_MAPPED_BITS = 96

Network = IPv4Network | IPv6Network


def require_networks(texts: Sequence[str], *, field: str) -> list[str]:
    """Return the networks in canonical form, without duplicates, in the order given.

    A single address is a network of size one. Raises `Invalid` for text that isn't a network, for a network
    with bits set beyond its prefix, and for more than 100 networks.
    """
    if len(texts) > MOST_NETWORKS:
        raise Invalid(f"at most {MOST_NETWORKS} networks", field=field)
    return list(dict.fromkeys(str(_require_network(text, field)) for text in texts))


def covers(networks: Iterable[str], address: str) -> bool:
    """Whether an address is in one of the networks. Text that isn't an address never is."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(
        network.version == found.version and found in network
        for network in map(network_of, networks)
    )


@lru_cache(maxsize=4096)
def network_of(text: str) -> Network:
    """Parse a network. A network of IPv4-mapped IPv6 addresses becomes IPv4. Raises `ValueError`."""
    network = ip_network(text)
    mapped = network.network_address
    if (
        isinstance(network, IPv6Network)
        and isinstance(mapped, IPv6Address)
        and mapped.ipv4_mapped is not None
        and network.prefixlen >= _MAPPED_BITS
    ):
        return IPv4Network((mapped.ipv4_mapped, network.prefixlen - _MAPPED_BITS))
    return network


def _require_network(text: str, field: str) -> Network:
    if "%" in text:
        raise Invalid("a network can't have a zone; leave out the part from % on", field=field)
    try:
        return network_of(text.strip())
    except ValueError:
        pass
    try:
        ip_network(text.strip(), strict=False)
    except ValueError:
        problem = (
            "a network must be a range such as 10.20.0.0/16 or 2001:db8::/32, or a single address"
        )
    else:
        problem = "a network has bits set beyond its prefix; write 10.20.0.0/16, not 10.20.4.7/16"
    raise Invalid(problem, field=field)
