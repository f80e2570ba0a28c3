"""Registration tokens, each of which lets one machine register its own key within ten minutes (M-2, M-3).

A machine that registers this way is pending until someone has compared its fingerprint and approved it.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.machines import MACHINE_BOOTSTRAP, MACHINE_REGISTER
from strongroom_core.access.admission import know
from strongroom_core.crypto.random import new_id, new_key_id
from strongroom_core.crypto.signature import require_valid_public_key
from strongroom_core.crypto.token import is_token, mint_token, token_hash
from strongroom_core.kernel.caller import System
from strongroom_core.kernel.errors import Conflict, Invalid, NotFound
from strongroom_core.kernel.ids import VaultId
from strongroom_core.kernel.limits import NAME_LENGTH
from strongroom_core.machines.listing import key_fingerprint
from strongroom_core.machines.views import BootstrapToken, Registered
from strongroom_core.schema.machines import Machine, MachineToken

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human, Visitor

LIFETIME = timedelta(minutes=10)
TOKEN = "srb"  # the tokens' prefix
_HOSTNAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?")

_USE = """
update machine_token set used_at = $2 where id = $1 and used_at is null and expires_at > $2
  and created_at <= $2 + interval '1 minute'
returning id
"""


async def create_bootstrap_token(core: Core, caller: Human) -> BootstrapToken:
    """Create a token that registers one machine within ten minutes."""
    token, hashed = mint_token(TOKEN)
    async with gate.perform(core, caller, MACHINE_BOOTSTRAP) as act:
        made = MachineToken(
            vault=act.vault,
            id=new_id("tok"),
            token_hash=hashed,
            created_at=act.at,
            created_by=act.actor[2],
            expires_at=act.at + LIFETIME,
        )
        await act.run(MachineToken.insert(made))
        act.record(token=made.id)
    return BootstrapToken(token, made.expires_at)


async def is_bootstrap_token(core: Core, token: str) -> bool:
    """Whether a machine could register with this token now. Doesn't change anything."""
    return await _find(core, token) is not None


async def register_machine(
    core: Core, caller: Visitor, token: str, *, public_key: str, hostname: str
) -> Registered:
    """Register a machine's public key with a registration token, which is then used up.

    `public_key` is the base64 of 32 bytes. Raises `Invalid` for an unusable key (the token remains usable),
    `Conflict` for a key that was registered before, and `NotFound` for an unusable token.
    """
    key = require_public_key(public_key)
    require_hostname(hostname)
    found = await _find(core, token)
    if found is None:
        raise NotFound("registration token")
    vault, token_id = found
    # The token's holder acts in the vault that issued the token, and can only register there.
    job = System("bootstrap", vault, caller.origin)
    async with gate.perform(core, job, MACHINE_REGISTER) as act:
        if await act.connection.fetchval(_USE, token_id, act.at) is None:
            raise NotFound("registration token")
        if not await act.connection.fetchval("select take_public_key($1, $2)", key, act.at):
            raise Conflict("this key is already registered; generate a new one")
        machine = Machine(
            vault=vault,
            id=new_key_id(),
            name=hostname[:NAME_LENGTH],
            public_key=key,
            enrolled_by="bootstrap",
            hostname=hostname,
            registered_from=caller.origin.address,
            registered_at=act.at,
        )
        await act.run(Machine.insert(machine))
        # The token vouches for the machine's network: a neighbour's failures don't lock out a new machine.
        await know(act.connection, vault, {(machine.id, caller.origin.network)}, act.at)
        act.concerns(ObjectKind.MACHINE, str(machine.id), machine.name)
        act.record(hostname=hostname, fingerprint=key_fingerprint(key))
    return Registered(machine.id, machine.name, vault)


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
    if not _HOSTNAME.fullmatch(text):
        raise Invalid("hostname must be 1–253 letters, digits, . _ and -", field="hostname")
    return text


async def _find(core: Core, token: str) -> tuple[VaultId, str] | None:
    if not is_token(token, TOKEN):
        return None
    async with core.database.transaction(None) as connection:
        row = await connection.fetchrow(
            "select * from machine_token_by_hash($1, $2)", token_hash(token), core.clock.now()
        )
    return (VaultId(row["vault"]), row["id"]) if row is not None else None
