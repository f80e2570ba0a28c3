"""What the built-in roles hold. The owner is the only one until members come."""

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
    """Return what a vault role holds. Raises `ValueError` for a role we do not know: fail closed."""
    if vault_role != OWNER.role:
        raise ValueError("unknown vault role")
    return OWNER
