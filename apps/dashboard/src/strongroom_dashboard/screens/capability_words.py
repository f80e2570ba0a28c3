"""Every capability in words, in the order and the groups in which the screens about roles list them.

The operations that need each capability are in `docs/authorization.md`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.kernel.authority import ProjectCapability, SecretKind, VaultCapability

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from strongroom_core.kernel.authority import Capability

Vault, Project = VaultCapability, ProjectCapability

VAULT_GROUPS: Mapping[str, Mapping[VaultCapability, str]] = {
    "Machines": {
        Vault.MACHINES_VIEW: "See machines and their fingerprints",
        Vault.MACHINES_MANAGE: "Approve, rename, disable and revoke machines",
        Vault.ENROLLMENT_VIEW: "See enrollment tokens and trusted issuers",
        Vault.ENROLLMENT_MANAGE: "Create and revoke enrollment tokens and trusted issuers",
        Vault.IP_ALLOWLIST_VIEW: "See the IP allowlist",
        Vault.IP_ALLOWLIST_MANAGE: "Change the IP allowlist",
    },
    "Projects": {
        Vault.PROJECTS_CREATE: "Create, rename and move projects",
        Vault.PROJECTS_DELETE: "Delete projects and applications",
        Vault.PROJECTS_FREEZE: "Freeze projects",
        Vault.PROJECTS_UNFREEZE: "Unfreeze projects and suspend policies",
        Vault.TRASH_MANAGE: "Restore and permanently delete items in the trash",
        Vault.SHARES_CREATE: "Create shares",
    },
    "Audit log and alerts": {
        Vault.AUDIT_VIEW: "See their own events",
        Vault.AUDIT_VIEW_OTHERS: "See everyone's events",
        Vault.ALERTS_VIEW: "See alert rules and webhooks",
        Vault.ALERTS_MANAGE: "Change alert rules and webhooks",
    },
    "Members and roles": {
        Vault.MEMBERS_VIEW: "See members and roles",
        Vault.MEMBERS_INVITE: "Invite members",
        Vault.MEMBERS_MANAGE: "Suspend and remove members below them",
        Vault.ROLES_ASSIGN: "Assign roles that can do less than theirs",
        Vault.ACCESS_ROLES_AUTHOR: "Create and edit access roles",
        Vault.VAULT_ROLES_AUTHOR: "Create and edit vault roles",
    },
    "Vault": {
        Vault.PLAN_VIEW: "See the plan and its usage",
        Vault.PLAN_MANAGE: "Change the plan",
        Vault.VAULT_SETTINGS: "Change the vault's settings",
        Vault.VAULT_CONVERT: "Convert the vault to an organization",
        Vault.VAULT_DELETE: "Delete and restore the vault",
        Vault.OWNERSHIP_TRANSFER: "Transfer ownership",
    },
}
SECRET_CAPABILITIES: Mapping[ProjectCapability, str] = {
    Project.SECRETS_VIEW: "See names, versions and who reads them",
    Project.SECRETS_CREATE: "Create secrets",
    Project.SECRETS_REPLACE: "Replace values",
    Project.SECRETS_RENAME: "Rename, tag and annotate secrets",
    Project.SECRETS_DELETE: "Delete secrets",
    Project.SECRETS_ROTATE: "Replace values with generated ones",
    Project.SECRETS_ROLLBACK: "Roll back to earlier versions",
}
"""These are held per kind of secret."""

PROJECT_CAPABILITIES: Mapping[ProjectCapability, str] = {
    Project.MACHINES_ATTACH: "Attach machines to the project",
    Project.MACHINES_DETACH: "Detach machines",
    Project.GRANTS_MANAGE: "Give machines access to secrets",
    Project.POLICIES_AUTHOR: "Create and edit policies",
    Project.CANARIES_MANAGE: "See and manage canaries",
    Project.ROTATION_MANAGE: "Set when secrets are rotated",
    Project.SHARES_CREATE: "Create shares for the project",
}
KINDS: Mapping[SecretKind, str] = {
    SecretKind.SINGLE: "Single",
    SecretKind.STRUCTURED: "Structured",
}
BUILT_IN_NAMES: Mapping[str, str] = {
    "owner": "Owner",
    "admin": "Admin",
    "developer": "Developer",
    "collaborator": "Collaborator",
}


SHORT: Mapping[ProjectCapability, str] = {
    Project.SECRETS_VIEW: "view",
    Project.SECRETS_CREATE: "create",
    Project.SECRETS_REPLACE: "replace",
    Project.SECRETS_RENAME: "rename",
    Project.SECRETS_DELETE: "delete",
    Project.SECRETS_ROTATE: "rotate",
    Project.SECRETS_ROLLBACK: "roll back",
    Project.MACHINES_ATTACH: "attach machines",
    Project.MACHINES_DETACH: "detach machines",
    Project.GRANTS_MANAGE: "give access",
    Project.POLICIES_AUTHOR: "policies",
    Project.CANARIES_MANAGE: "canaries",
    Project.ROTATION_MANAGE: "rotation",
    Project.SHARES_CREATE: "share",
}
FEW_MISSING, FEW_HELD = 3, 5


def kinds_of(rights: Sequence[str], capability: ProjectCapability) -> list[SecretKind]:
    """Return the kinds of secret for which these rights contain a capability; all if it has no kinds."""
    if capability in PROJECT_CAPABILITIES:
        return list(SecretKind) if capability.value in rights else []
    return [kind for kind in SecretKind if f"{capability.value}:{kind.value}" in rights]


def summary_of(rights: Sequence[str]) -> str:
    """Return rights in a few words: `everything`, `everything but canaries`, or `view, replace`."""
    held, partly, missing = list[str](), list[str](), list[str]()
    for capability, word in SHORT.items():
        kinds = kinds_of(rights, capability)
        if len(kinds) == len(SecretKind):
            held.append(word)
        elif kinds:
            partly.append(f"{word} ({', '.join(kinds)})")
        else:
            missing.append(word)
    if not (held or partly):
        return "nothing"
    if not partly and len(missing) <= FEW_MISSING:
        return f"everything but {', '.join(missing)}" if missing else "everything"
    named = [*held, *partly]
    more = f" and {len(named) - FEW_HELD} more" if len(named) > FEW_HELD else ""
    return ", ".join(named[:FEW_HELD]) + more


def words_of(capability: Capability) -> str:
    """Return what a capability allows, as the end of *they can*."""
    if isinstance(capability, VaultCapability):
        return next(group[capability] for group in VAULT_GROUPS.values() if capability in group)
    return {**SECRET_CAPABILITIES, **PROJECT_CAPABILITIES}[capability]
