"""The terms under which ephemeral machines enroll: from where, how many, and for how long (M-5).

Enrollment tokens have terms, as does anything else that lets many machines register without approval.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import re2  # pyright: ignore[reportMissingTypeStubs] -- it has none

from strongroom_core.crypto.random import random_bytes
from strongroom_core.grants.scope import Scope
from strongroom_core.kernel.errors import Invalid, Refused
from strongroom_core.kernel.limits import NAME_LENGTH, USES_FEWEST, USES_MOST
from strongroom_core.kernel.names import require_name, require_visible
from strongroom_core.kernel.networks import covers, require_networks
from strongroom_core.machines.registration import NewMachine, insert_machine
from strongroom_core.machines.views import Way
from strongroom_wire.errors import Code

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from strongroom_core.access.gate import Act
    from strongroom_core.machines.views import Registered

SHORTEST_MACHINE, LONGEST_MACHINE = timedelta(minutes=5), timedelta(days=366)
PATTERN_LENGTH = 255
_re2: Any = re2
_PLACEHOLDERS = ("hostname", "uuid8", "n")
_PLACEHOLDER = re.compile(r"\{(\w*)\}")
_UUID_BYTES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """`machine_lifetime` is in seconds. Without `source_cidrs`, machines can enroll from any address.

    `hostname_pattern` is a regular expression that must match the whole hostname. `name_template` can contain
    `{hostname}`, `{uuid8}` (eight random hex digits) and `{n}` (the machine's number under these terms).
    """

    scope: Scope = field(default_factory=Scope)
    machine_lifetime: int
    max_uses: int
    source_cidrs: Sequence[str] = ()
    hostname_pattern: str | None = None
    name_template: str | None = None

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Terms:
        """Build the terms from a row that has a column for each of them."""
        return cls(
            scope=Scope(row["projects"], row["secrets"]),
            machine_lifetime=row["machine_lifetime"],
            max_uses=row["max_uses"],
            source_cidrs=row["source_cidrs"],
            hostname_pattern=row["hostname_pattern"],
            name_template=row["name_template"],
        )


def require_terms(terms: Terms) -> Terms:
    """Return the terms with canonical networks. Raises `Invalid` for invalid terms.

    The scope is checked separately, by `require_scope`.
    """
    if not is_within(terms.machine_lifetime, SHORTEST_MACHINE, LONGEST_MACHINE):
        raise Invalid(
            "machineLifetimeSeconds must be from 300 (5 minutes) to 31,622,400 (366 days)",
            field="machineLifetimeSeconds",
        )
    if not USES_FEWEST <= terms.max_uses <= USES_MOST:
        raise Invalid(f"maxUses must be 1–{USES_MOST:,}", field="maxUses")
    if terms.hostname_pattern is not None:
        _compiled(terms.hostname_pattern)
    if terms.name_template is not None:
        _require_template(terms.name_template)
    return Terms(
        scope=terms.scope,
        machine_lifetime=terms.machine_lifetime,
        max_uses=terms.max_uses,
        source_cidrs=require_networks(terms.source_cidrs, field="sourceCidrs"),
        hostname_pattern=terms.hostname_pattern,
        name_template=terms.name_template,
    )


def is_within(seconds: int, shortest: timedelta, longest: timedelta) -> bool:
    """Whether a number of seconds is within a range. The number can be too large for a `timedelta`."""
    return shortest.total_seconds() <= seconds <= longest.total_seconds()


def refuse_under(terms: Terms, *, address: str, hostname: str) -> Refused | None:
    """Return why a machine with this address and hostname can't enroll, or None if it can."""
    if terms.source_cidrs and not covers(terms.source_cidrs, address):
        return Refused(
            Code.ENROLLMENT_ADDRESS,
            "this token can't be used from this IP address; see its networks",
        )
    if terms.hostname_pattern is not None and not _matches(terms.hostname_pattern, hostname):
        return Refused(
            Code.ENROLLMENT_HOSTNAME,
            "this hostname doesn't match the token's pattern; set the hostname, or use another token",
        )
    return None


async def enroll_under(
    act: Act,
    terms: Terms,
    *,
    source: str,
    number: int,
    public_key: bytes,
    hostname: str,
    name: str | None,
) -> Registered:
    """Register one ephemeral machine: approved, attached and granted, until the end of its lifetime.

    `number` is the number of machines that have enrolled under these terms, including this one. The caller
    has counted them in this transaction. `source` is the ID of the token. Raises `Conflict` for a key that
    was registered before.
    """
    made = _name_of(terms.name_template, hostname, number) or name or hostname[:NAME_LENGTH]
    return await insert_machine(
        act,
        NewMachine(
            way=Way.EPHEMERAL,
            public_key=public_key,
            name=made,
            hostname=hostname,
            source=source,
            approved=True,
            expires_at=act.at + timedelta(seconds=terms.machine_lifetime),
            scope=terms.scope,
        ),
    )


def require_requested_name(name: str | None) -> str | None:
    """Return the name that a machine requested, or None. Raises `Invalid`."""
    return require_name(name, field="name", most=NAME_LENGTH) if name else None


def _name_of(template: str | None, hostname: str, number: int) -> str | None:
    if template is None:
        return None
    values = {
        "hostname": hostname,
        "uuid8": random_bytes(_UUID_BYTES).hex(),
        "n": str(number),
    }
    return _PLACEHOLDER.sub(lambda found: values[found[1]], template)[:NAME_LENGTH]


def _require_template(template: str) -> None:
    require_name(template, field="nameTemplate", most=NAME_LENGTH)
    rest = _PLACEHOLDER.sub("", template)
    if "{" in rest or "}" in rest or not set(_PLACEHOLDER.findall(template)) <= {*_PLACEHOLDERS}:
        raise Invalid(
            "nameTemplate can contain {hostname}, {uuid8} and {n}, and no other braces",
            field="nameTemplate",
        )


def _matches(pattern: str, hostname: str) -> bool:
    return _compiled(pattern).fullmatch(hostname) is not None


def _compiled(pattern: str) -> Any:
    """Compile a pattern with RE2, which matches in linear time. Raises `Invalid` if RE2 can't compile it."""
    if not pattern or len(pattern) > PATTERN_LENGTH:
        raise Invalid(
            f"hostnamePattern must be 1–{PATTERN_LENGTH} characters", field="hostnamePattern"
        )
    require_visible(pattern, field="hostnamePattern")
    options = _re2.Options()
    options.log_errors = False  # RE2's messages would quote the pattern.
    try:
        return _re2.compile(pattern, options)
    except _re2.error:
        pass
    raise Invalid(
        "hostnamePattern isn't a regular expression that RE2 supports (it has no lookaround and no"
        " backreferences)",
        field="hostnamePattern",
    )
