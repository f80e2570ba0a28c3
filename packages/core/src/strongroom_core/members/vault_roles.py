"""Vault roles: the built-in ones, and custom ones authored cell by cell (O-1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.members import (
    ROLES_VIEW,
    VAULT_ROLE_CREATE,
    VAULT_ROLE_DELETE,
    VAULT_ROLE_UPDATE,
    VAULT_ROLE_VIEW,
)
from strongroom_core.access.delegation import is_below, refuse_capabilities, refuse_role
from strongroom_core.access.roles import BUILT_IN, OWNER_ONLY, capabilities_of
from strongroom_core.crypto.random import new_id
from strongroom_core.db.conflicts import name_taken_as
from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.errors import Changed, Conflict, Invalid, NameTaken, NotFound
from strongroom_core.kernel.limits import NAME_LENGTH
from strongroom_core.kernel.names import folded, require_name
from strongroom_core.members.access_roles import MOST_ROLES, require_unused
from strongroom_core.members.locked import lock_members, require_still
from strongroom_core.members.stored_roles import (
    find_vault_role,
    gained_and_lost,
    vault_role_name,
)
from strongroom_core.members.views import VaultRoles, VaultRoleView

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.authority import Authority
    from strongroom_core.kernel.caller import Human

_TAKEN = "a vault role with this name already exists; choose another name"

_ROLES = """
select r.id, r.name, r.capabilities, r.revision,
       (select count(*) from member m where m.vault_role = r.id) as members,
       (select count(*) from invitation i where i.vault_role = r.id) as invitations
from vault_role r
"""

_BUILT_IN = """
select role as id, (select count(*) from member m where m.vault_role = role) as members,
       (select count(*) from invitation i where i.vault_role = role) as invitations
from unnest($1::varchar[]) role
"""

_INSERT = """
insert into vault_role (vault, id, name, name_folded, capabilities, created_at)
values ($1, $2, $3, $4, $5, $6)
"""

_UPDATE = """
update vault_role set name = $2, name_folded = $3, capabilities = $4, revision = revision + 1 where id = $1
returning revision
"""

_HOLDERS = """
select m.username from members_in_scope() m where m.vault_role = $1 order by m.username_folded
"""


async def list_vault_roles(core: Core, caller: Human) -> VaultRoles:
    """Return the built-in vault roles and the vault's own, and all capabilities."""
    async with gate.perform(core, caller, ROLES_VIEW) as act:
        built_in = await act.connection.fetch(_BUILT_IN, list(BUILT_IN))
        own = await act.connection.fetch(f"{_ROLES} order by r.name_folded, r.id")
    used = {row["id"]: row for row in built_in}
    items = [
        _view({**used[role], "name": None, "capabilities": None, "revision": 0}, caller)
        for role in BUILT_IN
    ]
    return VaultRoles(
        items=[*items, *(_view(row, caller) for row in own)],
        capabilities=[each.value for each in VaultCapability],
        owner_only=sorted(OWNER_ONLY),
    )


async def read_vault_role(core: Core, caller: Human, role: str) -> VaultRoleView:
    """Return one custom vault role."""
    async with gate.perform(core, caller, VAULT_ROLE_VIEW, role) as act:
        return await _role_in(act.connection, role, caller)


async def create_vault_role(
    core: Core, caller: Human, *, name: str, capabilities: Sequence[str]
) -> VaultRoleView:
    """Create a custom vault role.

    Raises `Refused` unless it can do less than the caller, `Invalid` for an unknown capability, `NameTaken`,
    and `Conflict` in a personal vault or for the 201st role.
    """
    wanted = _checked(name, capabilities)
    async with gate.perform(core, caller, VAULT_ROLE_CREATE) as act:
        authority = await lock_members(act, caller)
        require_still(authority, VaultCapability.VAULT_ROLES_AUTHOR)
        _require_below(authority, wanted)
        if await act.connection.fetchval("select count(*) from vault_role") >= MOST_ROLES:
            raise Conflict(f"a vault can have at most {MOST_ROLES} custom roles; delete some first")
        role = new_id("vrole")
        with name_taken_as(_TAKEN):
            await act.connection.execute(
                _INSERT, act.vault, role, name, folded(name), sorted(wanted), act.at
            )
        act.concerns(ObjectKind.VAULT_ROLE, role, name)
        act.record(given=sorted(wanted))
        return await _role_in(act.connection, role, caller)


async def update_vault_role(
    core: Core,
    caller: Human,
    role: str,
    *,
    name: str,
    capabilities: Sequence[str],
    if_match: int | None = None,
) -> VaultRoleView:
    """Replace a custom role's name and capabilities. Takes effect with its members' next requests.

    Raises what `create_vault_role` raises, `Changed`, and `Refused` for a role that isn't below the caller's,
    such as their own.
    """
    wanted = _checked(name, capabilities)
    async with gate.perform(core, caller, VAULT_ROLE_UPDATE, role) as act:
        authority = await lock_members(act, caller)
        require_still(authority, VaultCapability.VAULT_ROLES_AUTHOR)
        before = await find_vault_role(act.connection, role)
        _require_below(authority, before.capabilities)
        _require_below(authority, wanted)
        with name_taken_as(_TAKEN):
            revision = await act.connection.fetchval(
                _UPDATE, role, name, folded(name), sorted(wanted)
            )
        if if_match is not None and revision != if_match + 1:
            raise Changed
        holders = await act.connection.fetch(_HOLDERS, role)
        act.record(
            members=[row["username"] for row in holders],
            **gained_and_lost(before.capabilities, wanted),
        )
        if name != before.name:
            act.record(renamed_from=before.name, renamed_to=name)
        return await _role_in(act.connection, role, caller)


async def delete_vault_role(
    core: Core, caller: Human, role: str, *, if_match: int | None = None
) -> None:
    """Delete a custom role. Raises `Conflict`, with the names, while members or invitations have it."""
    async with gate.perform(core, caller, VAULT_ROLE_DELETE, role) as act:
        authority = await lock_members(act, caller)
        require_still(authority, VaultCapability.VAULT_ROLES_AUTHOR)
        before = await find_vault_role(act.connection, role)
        _require_below(authority, before.capabilities)
        await require_unused(act, authority, "vault_role", role)
        revision = await act.connection.fetchval(
            "delete from vault_role where id = $1 returning revision", role
        )
        if if_match is not None and revision != if_match:
            raise Changed
        act.record(taken=sorted(before.capabilities))


def _checked(name: str, capabilities: Iterable[str]) -> frozenset[VaultCapability]:
    require_name(name, field="name", most=NAME_LENGTH)
    if folded(name) in BUILT_IN:
        raise NameTaken("a built-in vault role has this name; choose another name")
    named = {each.value: each for each in VaultCapability}
    wanted = set(capabilities)
    if not wanted <= named.keys():
        raise Invalid(
            "capabilities contains an unknown capability; see the list of vault roles",
            field="capabilities",
        )
    return frozenset(named[each] for each in wanted)


def _require_below(authority: Authority, capabilities: frozenset[VaultCapability]) -> None:
    refusal = refuse_capabilities(capabilities) or refuse_role(authority, capabilities)
    if refusal is not None:
        raise refusal


async def _role_in(connection: Connection, role: str, caller: Human) -> VaultRoleView:
    row = await connection.fetchrow(f"{_ROLES} where r.id = $1", role)
    if row is None:
        raise NotFound("vault role")
    return _view(row, caller)


def _view(row: Mapping[str, Any], caller: Human) -> VaultRoleView:
    held = capabilities_of(row["id"], row["capabilities"])
    return VaultRoleView(
        id=row["id"],
        name=vault_role_name(row["id"], row["name"]),
        built_in=row["id"] in BUILT_IN,
        capabilities=[each.value for each in VaultCapability if each in held],
        members=row["members"],
        invitations=row["invitations"],
        assignable=is_below(held, caller.authority),
        revision=row["revision"],
    )
