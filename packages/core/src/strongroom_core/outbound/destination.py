"""The URLs to which the server may send requests, and the administrator's list of private hosts. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_network

from strongroom_core.outbound.addresses import Network, is_never_allowed, parse_address

LONGEST_URL = 2048
PORTS = frozenset({443, 8443})
LONGEST_HOST = 253
LAST_PORT = 65_535

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_URL = re.compile(
    r"https://(?P<host>[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[A-Za-z0-9/._~!$&'()*+,;=:@%-]*)?(?P<query>\?[A-Za-z0-9/?._~!$&'()*+,;=:@%-]*)?"
)


class UnusableDestination(ValueError):
    """A URL or host that can't be used. The message says why, for the person who entered it."""


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """The private hosts that the administrator allows, for the whole installation.

    An entry is a hostname, optionally with a port, or a network. A name allows its port and the private
    addresses to which it resolves.
    """

    names: frozenset[tuple[str, int | None]] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, text: str) -> AllowedHosts:
        """Parse entries separated by commas. Raises `UnusableDestination`."""
        names: set[tuple[str, int | None]] = set()
        networks: list[Network] = []
        for part in filter(None, (each.strip().lower() for each in text.split(","))):
            network = _network(part)
            if network is not None:
                networks.append(network)
                continue
            host, _, port = part.partition(":")
            require_host_name(host)
            if port and not (port.isdecimal() and 0 < int(port) <= LAST_PORT):
                raise UnusableDestination("a port must be a number between 1 and 65535")
            names.add((host, int(port) if port else None))
        return cls(frozenset(names), tuple(networks))

    def has_name(self, host: str, port: int) -> bool:
        """Whether this host is listed by name, with this port or, for the default ports, without one."""
        return (host, port) in self.names or (port in PORTS and (host, None) in self.names)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a request goes. `host` is a name, or an address if the administrator allows its network."""

    host: str
    port: int
    target: str

    @property
    def is_address(self) -> bool:
        """Whether the host is an IP address rather than a name."""
        return parse_address(self.host) is not None


def parse_destination(url: str, allowed: AllowedHosts) -> Destination:
    """Return the parts of an `https` URL. Raises `UnusableDestination`.

    Only the usual form is accepted: a lower-case host in ASCII (IDNA), no user, no fragment, nothing encoded
    in the host, and no IP address unless its network is allowed. Anything ambiguous is rejected.
    """
    if len(url) > LONGEST_URL:
        raise UnusableDestination(f"the URL must have at most {LONGEST_URL:,} characters")
    parts = _URL.fullmatch(url)
    if parts is None:
        raise UnusableDestination(
            "the URL must be https:// with a lower-case host, without user, fragment or spaces"
        )
    port = int(parts["port"]) if parts["port"] else 443
    host = parts["host"].strip("[]")
    address = parse_address(host)
    listed = allowed.has_name(host, port)
    if address is None:
        require_host_name(host)
    elif not any(address.version == each.version and address in each for each in allowed.networks):
        raise UnusableDestination(
            "the URL must contain a hostname, not an IP address; the administrator can allow private networks"
        )
    if port not in PORTS and not listed:
        raise UnusableDestination(
            "the port must be 443 or 8443; the administrator can allow other ports for a host"
        )
    return Destination(host, port, (parts["path"] or "/") + (parts["query"] or ""))


def require_host_name(host: str) -> str:
    """Return a hostname in lower case. Raises `UnusableDestination`, also for any form of IP address."""
    if len(host) > LONGEST_HOST or not _NAME.fullmatch(host):
        raise UnusableDestination("the host isn't a valid name")
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        raise UnusableDestination("the host is an IP address in an unusual form")
    return host


def is_local_name(host: str) -> bool:
    """Whether a name means this machine, or a cloud's metadata server."""
    return host in {"localhost", "metadata", "metadata.google.internal"} or host.endswith(
        (".localhost", ".internal.cloudapp.net")
    )


def _network(text: str) -> Network | None:
    try:
        network = ip_network(text)
    except ValueError:
        if "/" in text or text.startswith("[") or text.count(":") > 1:
            raise UnusableDestination("a network must look like 10.1.0.0/16 or fd12::/48") from None
        return None
    if is_never_allowed(network):
        raise UnusableDestination("link-local, multicast and metadata addresses can't be allowed")
    return network
