"""The permissions of the built-in roles (RBAC). Each vault has one member so far, the owner."""

from collections.abc import Collection
from dataclasses import replace

from strongroom_core.kernel.authority import (
    Access,
    Authority,
    ProjectCapability,
    SecretKind,
    VaultCapability,
)
from strongroom_core.kernel.ids import ProjectId

FULL_ACCESS = Access(
    everywhere=True,
    rights=frozenset((capability, kind) for capability in ProjectCapability for kind in SecretKind),
)

OWNER = Authority("owner", frozenset(VaultCapability), FULL_ACCESS)
_OWNER_OF_DELETED = Authority("owner", frozenset({VaultCapability.VAULT_DELETE}), None)
_LACKS_FACTOR = Authority("owner", frozenset(), None, lacks_factor=True)


def authority_of(
    vault_role: str, *, deleted: bool = False, lacks_factor: bool = False
) -> Authority:
    """Return the permissions of a vault role. Raises `ValueError` for an unknown role (fail closed).

    In a deleted vault, the only thing allowed is to restore it (V-8). `lacks_factor` means that the vault
    requires a second factor but the session has none (A-3), so nothing is allowed in the vault.
    """
    if vault_role != OWNER.role:
        raise ValueError("unknown vault role")
    if lacks_factor:
        return _LACKS_FACTOR
    return _OWNER_OF_DELETED if deleted else OWNER


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
    """Return what is left of a person's authority for a key that was approved for less (D-5).

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
