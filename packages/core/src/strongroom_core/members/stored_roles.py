"""Finds the vault's roles by ID, and describes what they give, for the audit log (L-6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from strongroom_core.access.roles import (
    BUILT_IN,
    StoredAccess,
    access_of,
    capabilities_of,
    right_names,
)
from strongroom_core.kernel.errors import NotFound
from strongroom_core.kernel.ids import ApplicationId, ProjectId, is_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.authority import Access, VaultCapability

_VAULT_ROLE = "select name, capabilities from vault_role where id = $1"

_ACCESS_ROLE = """
select name, everywhere, applications, projects, rights, overrides from access_role where id = $1
"""

_APPLICATIONS = "select id, application from project where id = any($1) and application is not null"


@dataclass(frozen=True, slots=True)
class VaultRoleInUse:
    """A vault role, built in or custom."""

    id: str
    name: str
    capabilities: frozenset[VaultCapability]

    @property
    def custom(self) -> str | None:
        """The ID again, if it is a custom role's, for the reference to its row."""
        return None if self.id in BUILT_IN else self.id


@dataclass(frozen=True, slots=True)
class AccessRoleInUse:
    """An access role."""

    id: str
    name: str
    access: Access


def vault_role_name(role: str, custom: str | None) -> str:
    """Return the name of a vault role as people see it; `custom` is that of a custom one."""
    return custom or role.capitalize()


async def find_vault_role(connection: Connection, role: str) -> VaultRoleInUse:
    """Return a vault role by the name of a built-in one, or by ID. Raises `NotFound`."""
    if role in BUILT_IN:
        return VaultRoleInUse(role, vault_role_name(role, None), BUILT_IN[role])
    row = await connection.fetchrow(_VAULT_ROLE, role) if is_id(role, "vrole") else None
    if row is None:
        raise NotFound("vault role")
    return VaultRoleInUse(role, row["name"], capabilities_of(role, row["capabilities"]))


async def find_access_role(connection: Connection, role: str) -> AccessRoleInUse:
    """Return an access role by ID. Raises `NotFound`."""
    row = await connection.fetchrow(_ACCESS_ROLE, role) if is_id(role, "arole") else None
    if row is None:
        raise NotFound("access role")
    return AccessRoleInUse(role, row["name"], access_in(row))


def access_in(row: Mapping[str, Any]) -> Access:
    """Return the scope and rights in a row of an access role."""
    return access_of(
        StoredAccess(
            row["everywhere"],
            row["applications"],
            row["projects"],
            row["rights"],
            msgspec.json.decode(row["overrides"]),
        )
    )


async def applications_of(
    connection: Connection, projects: Iterable[ProjectId]
) -> dict[ProjectId, ApplicationId]:
    """Return the application of each of these projects that belongs to one."""
    rows = await connection.fetch(_APPLICATIONS, list(projects))
    return {ProjectId(row["id"]): ApplicationId(row["application"]) for row in rows}


def describe_access(access: Access | None) -> list[str]:
    """Return an access role's scope and rights as words for an entry, one for each part.

    Comparing two such lists shows what a change added and removed.
    """
    if access is None:
        return []
    scope = ["everything"] if access.everywhere else []
    scope += sorted((*access.applications, *access.projects))
    rights = right_names(access.rights)
    for environment, replaced in sorted(access.overrides.items()):
        rights += [f"{environment}: {name}" for name in right_names(replaced) or ("nothing",)]
    return [*scope, *rights]


def gained_and_lost(before: Iterable[str], after: Iterable[str]) -> dict[str, list[str]]:
    """Return the details that say what a change added and removed."""
    was, now = set(before), set(after)
    return {"given": sorted(now - was), "taken": sorted(was - now)}
