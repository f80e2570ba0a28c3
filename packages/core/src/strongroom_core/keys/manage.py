"""A person's keys under *Your security*, and a program's own key (D-5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.accounts import ACCOUNT_VIEW
from strongroom_core.access.actions.keys import KEY_END, KEY_RENAME, KEY_REVOKE, KEY_VIEW
from strongroom_core.kernel.errors import NotFound
from strongroom_core.kernel.ids import VaultId
from strongroom_core.kernel.names import require_name
from strongroom_core.kernel.page import Items
from strongroom_core.keys.approve import NAME_LENGTH
from strongroom_core.keys.ask import own_key
from strongroom_core.keys.views import KeyView, OwnKey
from strongroom_core.machines.listing import key_fingerprint

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Row
    from strongroom_core.kernel.caller import Human

_KEYS = "select * from keys_of($1, $2)"

_END = """
update person_key set ended_at = $2, ended_by = 'revoked' where id = $1 and ended_at is null
returning acting_vault
"""

_RENAME = "update person_key set name = $2 where id = $1 returning acting_vault"


async def list_keys(core: Core, caller: Human) -> Items[KeyView]:
    """Return the person's keys that work, in all their vaults, most recently used first."""
    async with gate.perform(core, caller, ACCOUNT_VIEW) as act:
        rows = await act.connection.fetch(_KEYS, caller.account, act.at)
    return Items(items=[_view(core, row) for row in rows])


async def rename_key(core: Core, caller: Human, key: str, *, name: str) -> None:
    """Rename one of the person's keys. Raises `NotFound` for any other, and `Invalid`."""
    wanted = require_name(name, field="name", most=NAME_LENGTH)
    async with gate.perform(core, caller, KEY_RENAME, key) as act:
        vault = await act.connection.fetchval(_RENAME, key, wanted)
        act.told.append(VaultId(vault))
        act.record(before=act.target.name, after=wanted)


async def revoke_key(core: Core, caller: Human, key: str) -> None:
    """Revoke one of the person's keys. Its next request is rejected. Raises `NotFound` for any other."""
    async with gate.perform(core, caller, KEY_REVOKE, key) as act:
        vault = await act.connection.fetchval(_END, key, act.at)
        act.told.append(VaultId(vault))


async def read_own_key(core: Core, caller: Human) -> OwnKey:
    """Return the key that signed this request. Raises `NotFound` for a person with a session."""
    async with gate.perform(core, caller, KEY_VIEW) as act:
        row = None
        if caller.key is not None:
            row = await act.connection.fetchrow("select * from key_by_id($1)", caller.key.id)
        if row is None:
            raise _no_key()
    return own_key(core, row)


async def end_own_key(core: Core, caller: Human) -> None:
    """Revoke the key that signed this request. Raises `NotFound` for a person with a session."""
    async with gate.perform(core, caller, KEY_END) as act:
        if caller.key is None or not await act.connection.fetchval(_END, caller.key.id, act.at):
            raise _no_key()
        act.concerns(ObjectKind.KEY, caller.key.id, caller.key.name)


def _no_key() -> NotFound:
    return NotFound("key")


def _view(core: Core, row: Row) -> KeyView:
    last = row["last_used_from"]
    return KeyView.of_row(
        row,
        without=["public_key", "vault"],
        fingerprint=key_fingerprint(row["public_key"]),
        vault_id=VaultId(row["vault"]),
        last_used_country=None if last is None else core.countries.country_of(last),
    )
