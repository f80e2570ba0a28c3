"""The permissions of the built-in roles (RBAC). Each vault has one member so far, the owner."""

from strongroom_core.kernel.authority import (
    Access,
    Authority,
    ProjectCapability,
    SecretKind,
    VaultCapability,
)

FULL_ACCESS = Access(
    everywhere=True,
    rights=frozenset((capability, kind) for capability in ProjectCapability for kind in SecretKind),
)

OWNER = Authority("owner", frozenset(VaultCapability), FULL_ACCESS)


def authority_of(vault_role: str) -> Authority:
    """Return the permissions of a vault role. Raises `ValueError` for an unknown role: fail closed."""
    if vault_role != OWNER.role:
        raise ValueError("unknown vault role")
    return OWNER
