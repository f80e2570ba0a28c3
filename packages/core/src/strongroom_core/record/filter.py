"""What a list of entries can be narrowed to, and the conditions it means.

Each condition is a constant of ours with a place for an argument; what a person typed is an argument.
They are joined anew for each list, because a statement with `$1 is null or …` for every filter would
be planned once for all of them, without the index that serves one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from strongroom_core.kernel.errors import Invalid

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.access.actions import Action
    from strongroom_core.audit.entry import Outcome, Severity
    from strongroom_core.kernel.origin import Network

LONGEST_TEXT = 255
IPV4 = 4

# The address of an entry can also be `local`, which is no address of a network.
_ADDRESS_IN = {
    4: "case when e.address ~ '^[0-9]{{1,3}}([.][0-9]{{1,3}}){{3}}$'"
    " then e.address::inet <<= {0}::text::inet else false end",
    6: "case when e.address ~ '^[0-9a-f.:]*:[0-9a-f.:]*$'"
    " then e.address::inet <<= {0}::text::inet else false end",
}

# What a project's machines are given and lose is about the project; the machine is a particular of it.
_OF_MACHINE = """
e.actor_id = {0} or e.target_id = {0} or e.detail->>'machine' = {0} or e.detail->>'replaces' = {0}
"""

# Ids are in lower case as they are, and folding every one would double the time of a long search.
_BEGINS = """
starts_with(lower(e.actor_name), lower({0})) or starts_with(lower(e.target_name), lower({0}))
or starts_with(e.actor_id, lower({0})) or starts_with(e.target_id, lower({0}))
or starts_with(e.request_id, lower({0}))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFilter:
    """Which entries are wanted; what is empty or None narrows nothing.

    `machine` is the id of one that acted, was acted upon or was given something, `address` one
    address or a range in CIDR notation, `q` the beginning of a name or id of actor, target or
    request, whatever its case. `since` is the first moment wanted, `until` the first that is not.
    """

    actions: frozenset[Action] = frozenset()
    severities: frozenset[Severity] = frozenset()
    outcome: Outcome | None = None
    actor_kind: str | None = None
    actor_id: str | None = None
    target_id: str | None = None
    machine: str | None = None
    project: str | None = None
    address: str | None = None
    q: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(slots=True)
class Conditions:
    """Conditions joined by `and`, with their arguments."""

    _texts: list[str] = field(default_factory=list[str])
    arguments: list[object] = field(default_factory=list[object])

    def add(self, text: str, *arguments: object) -> None:
        """Add a condition; `{0}` in it is the place of its first argument."""
        places = [self.place(argument) for argument in arguments]
        self._texts.append(f"({text.format(*places)})")

    def place(self, argument: object) -> str:
        """Add an argument and return its place, such as `$3`."""
        self.arguments.append(argument)
        return f"${len(self.arguments)}"

    @property
    def text(self) -> str:
        """Return what stands behind `where`."""
        return " and ".join(self._texts) or "true"


def conditions_of(wanted: EntryFilter) -> Conditions:
    """Return the conditions of a filter. Raises `Invalid` for what cannot be looked for."""
    conditions = Conditions()
    if wanted.actions:
        conditions.add("e.action = any({0})", sorted(wanted.actions))
    if wanted.severities:
        conditions.add("e.severity = any({0})", sorted(wanted.severities))
    if wanted.since is not None:
        conditions.add("e.at >= {0}", _moment(wanted.since, "since"))
    if wanted.until is not None:
        conditions.add("e.at < {0}", _moment(wanted.until, "until"))
    for text, name, value in (
        ("e.outcome = {0}", "outcome", wanted.outcome),
        ("e.actor_kind = {0}", "actor", wanted.actor_kind),
        ("e.actor_id = {0}", "actor", wanted.actor_id),
        ("e.target_id = {0}", "target", wanted.target_id),
        (_OF_MACHINE, "machine", wanted.machine),
        ("e.project = {0} or e.target_id = {0}", "project", wanted.project),
        (_BEGINS, "q", wanted.q),
    ):
        if value:
            conditions.add(text, _searchable(value, name))
    if wanted.address:
        _add_address(conditions, wanted.address)
    return conditions


def _searchable(text: str, name: str) -> str:
    if len(text) > LONGEST_TEXT or "\0" in text:
        raise Invalid(f"{name} is at most {LONGEST_TEXT} characters, without NUL", field=name)
    return text


def _whole_octets(network: Network) -> str:
    """Return what every IPv4 address of the network begins with: cheap to compare, and rules most out."""
    if network.version != IPV4:
        return ""
    octets = str(network.network_address).split(".")[: min(network.prefixlen // 8, 3)]
    return "".join(f"{octet}." for octet in octets)


def _moment(at: datetime, name: str) -> datetime:
    try:
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except OverflowError:
        pass
    raise Invalid(f"{name} is a moment with its zone, such as 2026-01-31T08:00:00Z", field=name)


def _add_address(conditions: Conditions, text: str) -> None:
    if text == "local":
        conditions.add("e.address = {0}", text)
        return
    try:
        if "/" in text:
            network = ip_network(text, strict=False)
            conditions.add("starts_with(e.address, {0})", _whole_octets(network))
            conditions.add(_ADDRESS_IN[network.version], str(network))
        else:
            conditions.add("e.address = {0}", str(ip_address(text)))
    except ValueError:
        problem = "address is an IP address, or a range such as 10.0.0.0/8"
        raise Invalid(problem, field="address") from None
