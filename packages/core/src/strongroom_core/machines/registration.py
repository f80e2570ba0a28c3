"""Adds a new machine to a vault, whether it uses a token, a key file or a workload identity (M-2).

The caller has decided that the machine is allowed to register. This module registers the machine's key, which
is possible only once in the whole installation, and grants the access that was chosen with the token.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from strongroom_core.access.action import ObjectKind
from strongroom_core.access.admission import know
from strongroom_core.crypto.random import new_key_id
from strongroom_core.crypto.signature import require_valid_public_key
from strongroom_core.grants.scope import Scope, give_scope
from strongroom_core.kernel.errors import Conflict, Invalid
from strongroom_core.limits.caps import Cap
from strongroom_core.limits.quota import require_room
from strongroom_core.machines.allowlist import require_allowed
from strongroom_core.machines.listing import key_fingerprint
from strongroom_core.machines.views import Registered, Way
from strongroom_core.schema.machines import Machine

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.access.gate import Act

HOSTNAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMachine:
    """A machine about to be registered.

    `source` is the ID of the token or other object that authorizes it. A machine that isn't approved yet is
    pending and has no access. `guardrails` is JSON, as stored.
    """

    way: Way
    public_key: bytes = field(repr=False)
    name: str
    hostname: str
    source: str | None = None
    approved: bool = False
    expires_at: datetime | None = None
    guardrails: str | None = None
    scope: Scope = field(default_factory=Scope)


async def insert_machine(act: Act, new: NewMachine) -> Registered:
    """Insert the machine, attach it, grant its scope, and record all of this in the act's event.

    Raises `Conflict` for a key that was registered before, anywhere in the installation, and `CapReached`.
    """
    if not await act.connection.fetchval("select vault_is_live($1)", act.vault):
        raise Conflict("this vault is deleted, so no machine can register in it")
    if new.way is not Way.PREPROVISIONED:
        await require_allowed(act)
    await require_room(act, Cap.MACHINES)
    if not await act.connection.fetchval("select take_public_key($1, $2)", new.public_key, act.at):
        raise Conflict("this key is already registered; generate a new one")
    origin = act.caller.origin
    machine = Machine(
        vault=act.vault,
        id=new_key_id(),
        name=new.name,
        public_key=new.public_key,
        enrolled_by=new.way.value,
        enrolled_with=new.source,
        hostname=new.hostname,
        registered_from=origin.address,
        registered_at=act.at,
        approved_at=act.at if new.approved else None,
        approved_by=act.actor[2] if new.approved else None,
        expires_at=new.expires_at,
        guardrails=new.guardrails,
    )
    await act.run(Machine.insert(machine))
    if new.way is not Way.PREPROVISIONED:
        # The token makes the machine known in its network, so other clients' failures there don't lock it
        # out.
        await know(act.connection, [(act.vault, machine.id, origin.network)], act.at)
    act.concerns(ObjectKind.MACHINE, str(machine.id), machine.name)
    act.record(hostname=new.hostname, fingerprint=key_fingerprint(new.public_key))
    if new.source is not None:
        act.record(source=new.source)
    if new.expires_at is not None:
        act.record(expires_at=new.expires_at.isoformat())
    if new.approved:
        act.record(**await give_scope(act, machine.id, new.scope))
    return Registered(machine.id, machine.name, act.vault, new.expires_at)


def require_public_key(text: str) -> bytes:
    """Return the raw 32 bytes. Raises `Invalid` unless they are a usable Ed25519 point (M-1)."""
    try:
        key = b64decode(text, validate=True)
    except (Base64Error, ValueError):
        raise Invalid("publicKey must be 32 bytes, encoded as base64", field="publicKey") from None
    require_valid_public_key(key)
    return key


def require_hostname(text: str) -> str:
    """Return the hostname. Raises `Invalid` unless it is 1 to 253 letters, digits, `.`, `_` and `-`."""
    if not HOSTNAME.fullmatch(text):
        raise Invalid("hostname must be 1–253 letters, digits, . _ and -", field="hostname")
    return text
