"""The built-in roles, and how a member's stored roles become their authority (O-1, O-2).

A vault role is stored by the name of a built-in role, or by the ID of a custom one. An access role is a row.
Owners have no access role: they have every right in every project, so that nothing in a vault can be out of
its owners' reach.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

import msgspec

from strongroom_core.kernel.authority import (
    Access,
    Authority,
    ProjectCapability,
    Right,
    SecretKind,
    VaultCapability,
)
from strongroom_core.kernel.ids import ApplicationId, ProjectId

_PER_KIND = "secrets."
"""Capabilities with this prefix are held per kind of secret; all others apply to all kinds."""

FULL_ACCESS = Access(
    everywhere=True,
    rights=frozenset((capability, kind) for capability in ProjectCapability for kind in SecretKind),
)

OWNER_ROLE, ADMIN_ROLE = "owner", "admin"
DEVELOPER_ROLE, COLLABORATOR_ROLE = "developer", "collaborator"

_COLLABORATOR = frozenset(
    {
        VaultCapability.AUDIT_VIEW,
        VaultCapability.MEMBERS_VIEW,
        VaultCapability.SHARES_CREATE,
    }
)
_DEVELOPER = _COLLABORATOR | {
    VaultCapability.MACHINES_VIEW,
    VaultCapability.ENROLLMENT_VIEW,
    VaultCapability.ALERTS_VIEW,
    VaultCapability.PROJECTS_CREATE,
    VaultCapability.PROJECTS_FREEZE,
}
_ADMIN = _DEVELOPER | {
    VaultCapability.MACHINES_MANAGE,
    VaultCapability.ENROLLMENT_MANAGE,
    VaultCapability.AUDIT_VIEW_OTHERS,
    VaultCapability.ALERTS_MANAGE,
    VaultCapability.IP_ALLOWLIST_VIEW,
    VaultCapability.IP_ALLOWLIST_MANAGE,
    VaultCapability.MEMBERS_INVITE,
    VaultCapability.MEMBERS_MANAGE,
    VaultCapability.ROLES_ASSIGN,
    VaultCapability.ACCESS_ROLES_AUTHOR,
    VaultCapability.PROJECTS_DELETE,
    VaultCapability.TRASH_MANAGE,
    VaultCapability.PLAN_VIEW,
    VaultCapability.VAULT_SETTINGS,
}

BUILT_IN: Mapping[str, frozenset[VaultCapability]] = {
    OWNER_ROLE: frozenset(VaultCapability),
    ADMIN_ROLE: _ADMIN,
    DEVELOPER_ROLE: _DEVELOPER,
    COLLABORATOR_ROLE: _COLLABORATOR,
}
"""The built-in vault roles with their capabilities, from the highest to the lowest."""

OWNER_ONLY = frozenset(
    {
        VaultCapability.VAULT_CONVERT,
        VaultCapability.VAULT_DELETE,
        VaultCapability.OWNERSHIP_TRANSFER,
    }
)
"""Capabilities that no custom role can have."""

OWNER = Authority(OWNER_ROLE, BUILT_IN[OWNER_ROLE], FULL_ACCESS)
NOBODY = Authority("none", frozenset(), None)
"""The authority of someone who isn't a member."""


def right_names(rights: Iterable[Right]) -> list[str]:
    """Return rights as they are stored and sent: `secrets.view:single`, or `grants.manage`."""
    return sorted({_name_of(*right) for right in rights})


def rights_named(names: Iterable[str]) -> frozenset[Right]:
    """Return the rights with these names. Raises `ValueError` for an unknown name."""
    found: set[Right] = set()
    for name in names:
        found |= _RIGHTS[name] if name in _RIGHTS else _unknown(name)
    return frozenset(found)


def _name_of(capability: ProjectCapability, kind: SecretKind) -> str:
    return f"{capability}:{kind}" if capability.startswith(_PER_KIND) else capability.value


def _unknown(name: str) -> frozenset[Right]:
    del name  # It comes from a request or a newer release, so it isn't repeated.
    raise ValueError("unknown right")


_RIGHTS: Mapping[str, frozenset[Right]] = {
    name: frozenset(right for right in FULL_ACCESS.rights if _name_of(*right) == name)
    for name in right_names(FULL_ACCESS.rights)
}
RIGHT_NAMES = tuple(_RIGHTS)
"""The names of all rights."""

PRESETS: Mapping[str, frozenset[Right]] = {
    "full_access": FULL_ACCESS.rights,
    "member": rights_named(
        f"{capability}:{kind}"
        for capability in (
            ProjectCapability.SECRETS_VIEW,
            ProjectCapability.SECRETS_CREATE,
            ProjectCapability.SECRETS_REPLACE,
        )
        for kind in SecretKind
    ),
    "viewer": rights_named(f"{ProjectCapability.SECRETS_VIEW}:{kind}" for kind in SecretKind),
}
"""Sets of rights with which a new access role can start (O-2)."""


class StoredAccess(msgspec.Struct, frozen=True):
    """An access role as it is stored."""

    everywhere: bool
    applications: list[str]
    projects: list[str]
    rights: list[str]
    overrides: dict[str, list[str]]


class StoredRoles(msgspec.Struct, frozen=True):
    """A member's roles as the database function `roles_of` returns them.

    `capabilities` are those of a custom vault role, and None for a built-in one.
    """

    role: str
    capabilities: list[str] | None = None
    access: StoredAccess | None = None


def authority_of(stored: str, *, deleted: bool = False, lacks_factor: bool = False) -> Authority:
    """Return the authority that stored roles give. Raises `ValueError` for an unknown role (fail closed).

    Capabilities and rights unknown to this release are ignored. In a deleted vault, the only thing allowed is
    that an owner restores it (V-8). `lacks_factor` means that the vault requires a second factor but the
    session has none (A-3), so nothing is allowed in the vault.
    """
    roles = msgspec.json.decode(stored, type=StoredRoles)
    held = capabilities_of(roles.role, roles.capabilities)
    if lacks_factor:
        return Authority(roles.role, frozenset(), None, lacks_factor=True)
    if deleted:
        return Authority(roles.role, held & {VaultCapability.VAULT_DELETE}, None)
    if roles.role == OWNER_ROLE:
        return OWNER
    return Authority(roles.role, held, access_of(roles.access) if roles.access else None)


def authority_in(roles: str | None) -> Authority:
    """Return the authority that stored roles give, or none for roles unknown to this release."""
    try:
        return NOBODY if roles is None else authority_of(roles)
    except ValueError:
        return NOBODY


def still_held(current: Authority, before: Authority) -> Access | None:
    """Return someone's access now, limited to the projects of the key that signed the request, if any.

    `before` is their authority when the request began (D-5).
    """
    if current.access is None or before.access is None:
        return None
    return replace(current.access, only=before.access.only)


def capabilities_of(role: str, custom: Iterable[str] | None) -> frozenset[VaultCapability]:
    """Return the capabilities of a vault role; `custom` are those of a custom one.

    Raises `ValueError` for a role that is neither built in nor custom.
    """
    if custom is not None:
        names = set(custom)
        return frozenset(each for each in VaultCapability if each.value in names) - OWNER_ONLY
    if role not in BUILT_IN:
        raise ValueError("unknown vault role")
    return BUILT_IN[role]


def access_of(stored: StoredAccess) -> Access:
    """Return an access role's scope and rights."""
    return Access(
        everywhere=stored.everywhere,
        applications=frozenset(map(ApplicationId, stored.applications)),
        projects=frozenset(map(ProjectId, stored.projects)),
        rights=_known(stored.rights),
        overrides={name: _known(rights) for name, rights in stored.overrides.items()},
    )


def _known(names: Iterable[str]) -> frozenset[Right]:
    return rights_named(name for name in names if name in _RIGHTS)


OF_PROJECTS = frozenset(
    {
        VaultCapability.PROJECTS_DELETE,
        VaultCapability.PROJECTS_FREEZE,
        VaultCapability.PROJECTS_UNFREEZE,
    }
)
"""The permissions of a vault role that are always about one project, so they can be limited to projects."""


def narrowed(
    authority: Authority, *, looking: bool, projects: Collection[ProjectId] | None
) -> Authority:
    """Return the part of a person's authority for which a key was approved (D-5).

    With `projects`, permissions on the whole vault, such as those on its machines or its audit log, are lost.
    """
    if projects is not None:
        access = authority.access
        authority = replace(
            authority,
            vault=authority.vault & OF_PROJECTS,
            access=None if access is None else replace(access, only=frozenset(projects)),
        )
    return replace(authority, looking=True) if looking else authority
