"""Bootstrap: a single-use token of ten minutes, by which a machine registers its own key (M-2, M-3).

What registers this way waits until a person has compared its fingerprint and approved it.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions import Action, ObjectKind
from strongroom_core.access.admission import know
from strongroom_core.crypto.random import new_id, new_key_id
from strongroom_core.crypto.signature import require_valid_public_key
from strongroom_core.crypto.token import is_token, mint_token, token_hash
from strongroom_core.kernel.caller import System
from strongroom_core.kernel.errors import Conflict, Invalid, NotFound
from strongroom_core.kernel.ids import VaultId
from strongroom_core.machines.listing import fingerprint
from strongroom_core.machines.views import BootstrapToken, Registered
from strongroom_core.schema.machines import Machine, MachineToken

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human, Visitor

LIFETIME = timedelta(minutes=10)
TOKEN = "srb"  # the prefix of these tokens
_HOSTNAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?")

_USE = """
update machine_token set used_at = $2 where id = $1 and used_at is null and expires_at > $2
returning id
"""


async def create_bootstrap_token(core: Core, caller: Human) -> BootstrapToken:
    """Make a token with which one machine can register within ten minutes."""
    token, hashed = mint_token(TOKEN)
    async with gate.perform(core, caller, Action.MACHINE_BOOTSTRAP) as act:
        made = MachineToken(
            vault=act.vault,
            id=new_id("tok"),
            token_hash=hashed,
            created_at=act.at,
            created_by=act.actor[2],
            expires_at=act.at + LIFETIME,
        )
        await MachineToken.insert(made)
        act.record(token=made.id)
    return BootstrapToken(token, made.expires_at)


async def is_bootstrap_token(core: Core, token: str) -> bool:
    """Whether a machine could register with this token now. Changes nothing."""
    return await _find(core, token) is not None


async def register_machine(
    core: Core, caller: Visitor, token: str, *, public_key: str, hostname: str
) -> Registered:
    """Register a machine's own key under a bootstrap token, which thereby is used up.

    `public_key` is the base64 of 32 bytes. Raises `Invalid` for a key that is none (the token then
    still works), `Conflict` for one that was enrolled before, `NotFound` for an unusable token.
    """
    key = require_public_key(public_key)
    require_hostname(hostname)
    found = await _find(core, token)
    if found is None:
        raise NotFound("bootstrap token")
    vault, token_id = found
    # The token's holder acts in the vault that issued it, and in nothing else of it.
    job = System("bootstrap", vault, caller.origin)
    async with gate.perform(core, job, Action.MACHINE_REGISTER) as act:
        if await act.connection.fetchval(_USE, token_id, act.at) is None:
            raise NotFound("bootstrap token")
        if not await act.connection.fetchval("select take_public_key($1, $2)", key, act.at):
            raise Conflict("this key is enrolled already: make a new one")
        machine = Machine(
            vault=vault,
            id=new_key_id(),
            name=hostname[:100],
            public_key=key,
            enrolled_by="bootstrap",
            hostname=hostname,
            registered_from=caller.origin.address,
            registered_at=act.at,
        )
        await Machine.insert(machine)
        # The token proved where it comes from: a neighbour's failures do not lock a newcomer out.
        await know(act.connection, vault, {(machine.id, caller.origin.network)}, act.at)
        act.concerns(ObjectKind.MACHINE, str(machine.id), machine.name)
        act.record(hostname=hostname, fingerprint=fingerprint(key))
    return Registered(machine.id, machine.name, vault)


def require_public_key(text: str) -> bytes:
    """Return the raw 32 bytes. Raises `Invalid` unless they are a point that may sign (M-1)."""
    try:
        key = b64decode(text, validate=True)
    except (Base64Error, ValueError):
        raise Invalid("publicKey is the base64 of 32 bytes", field="publicKey") from None
    require_valid_public_key(key)
    return key


def require_hostname(text: str) -> str:
    """Return the hostname. Raises `Invalid` unless it is 1 to 253 of letters, digits, . _ and -."""
    if not _HOSTNAME.fullmatch(text):
        raise Invalid("a hostname is 1 to 253 of letters, digits, . _ and -", field="hostname")
    return text


async def _find(core: Core, token: str) -> tuple[VaultId, str] | None:
    if not is_token(token, TOKEN):
        return None
    async with core.database.transaction(None) as connection:
        row = await connection.fetchrow(
            "select * from machine_token_by_hash($1, $2)", token_hash(token), core.clock.now()
        )
    return (VaultId(row["vault"]), row["id"]) if row is not None else None
