"""Registration tokens. Each lets one machine register its own key within ten minutes (M-2, M-3).

A machine that registers this way is pending until someone has compared its fingerprint and approved it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.machines import MACHINE_BOOTSTRAP, MACHINE_REGISTER
from strongroom_core.crypto.random import new_id
from strongroom_core.crypto.token import is_token, mint_token, token_hash
from strongroom_core.kernel.caller import System
from strongroom_core.kernel.errors import NotFound
from strongroom_core.kernel.ids import VaultId
from strongroom_core.kernel.limits import NAME_LENGTH
from strongroom_core.machines.registration import (
    NewMachine,
    insert_machine,
    require_hostname,
    require_public_key,
)
from strongroom_core.machines.views import BootstrapToken, Way
from strongroom_core.schema.machines import MachineToken

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human, Visitor
    from strongroom_core.machines.views import Registered

LIFETIME = timedelta(minutes=10)
TOKEN = "srb"  # the tokens' prefix

_USE = """
update machine_token set used_at = $2 where id = $1 and used_at is null and expires_at > $2
  and created_at <= $2 + interval '1 minute'
returning id, lifetime, name, guardrails
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


async def is_bootstrap_token(core: Core, token: str, *, temporary_in: str | None = None) -> bool:
    """Whether a machine could register with this token now. Doesn't change anything.

    `temporary_in` is the vault of a token for a temporary machine. Such a token has different paths.
    """
    return await _find(core, token, temporary_in) is not None


async def register_machine(
    core: Core,
    caller: Visitor,
    token: str,
    *,
    public_key: str,
    hostname: str,
    temporary_in: str | None = None,
) -> Registered:
    """Register a machine's public key with a registration token, which is then used up.

    `public_key` is the base64 of 32 bytes. Raises `Invalid` for an unusable key (the token remains usable),
    `Conflict` for a key that was registered before, and `NotFound` for an unusable token. The lifetime of a
    temporary machine, in the vault `temporary_in`, begins now.
    """
    key = require_public_key(public_key)
    require_hostname(hostname)
    found = await _find(core, token, temporary_in)
    if found is None:
        raise NotFound("registration token")
    vault, token_id = found
    # The token's holder acts in the vault that issued the token, and can only register there.
    job = System("bootstrap", vault, caller.origin)
    async with gate.perform(core, job, MACHINE_REGISTER) as act:
        row = await act.connection.fetchrow(_USE, token_id, act.at)
        if row is None:
            raise NotFound("registration token")
        lifetime = None if row["lifetime"] is None else timedelta(seconds=row["lifetime"])
        new = NewMachine(
            way=Way.BOOTSTRAP if lifetime is None else Way.TEMPORARY,
            public_key=key,
            name=row["name"] or hostname[:NAME_LENGTH],
            hostname=hostname,
            source=None if lifetime is None else token_id,
            expires_at=None if lifetime is None else act.at + lifetime,
            guardrails=row["guardrails"],
        )
        return await insert_machine(act, new)


async def _find(core: Core, token: str, temporary_in: str | None) -> tuple[VaultId, str] | None:
    if not is_token(token, TOKEN):
        return None
    async with core.database.transaction(None) as connection:
        row = await connection.fetchrow(
            "select * from machine_token_by_hash($1, $2)", token_hash(token), core.clock.now()
        )
    if row is None or row["temporary"] != (temporary_in is not None):
        return None
    if temporary_in is not None and row["vault"] != temporary_in:
        return None
    return VaultId(row["vault"]), row["id"]
