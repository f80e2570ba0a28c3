"""The operations of the dashboard's screens. All are read-only; changes go through the API."""

from strongroom_core.access.actions.accounts import ACCOUNT_VIEW
from strongroom_core.access.actions.alerts import ALERTS_VIEW
from strongroom_core.access.actions.audit import AUDIT_VIEW, OVERVIEW_VIEW, VAULT_SEARCH
from strongroom_core.access.actions.machines import (
    ALLOWLIST_VIEW,
    ENROLLMENT_TOKENS_VIEW,
    MACHINE_VIEW,
    MACHINES_VIEW,
    TRUST_VIEW,
    TRUSTS_VIEW,
)
from strongroom_core.access.actions.members import (
    ACCESS_ROLE_VIEW,
    MEMBERS_VIEW,
    OWN_INVITATIONS_VIEW,
    ROLES_VIEW,
)
from strongroom_core.access.actions.operator import OPERATION_VIEW
from strongroom_core.access.actions.policies import POLICIES_VIEW, POLICY_VIEW
from strongroom_core.access.actions.projects import APPLICATION_VIEW, PROJECT_VIEW, PROJECTS_VIEW
from strongroom_core.access.actions.secrets import CANARIES_VIEW, SECRETS_VIEW, TRASH_VIEW
from strongroom_core.access.actions.shares import SHARES_VIEW
from strongroom_core.access.actions.vaults import VAULT_VIEW
from strongroom_core.access.operations import screen, table_of

OPERATIONS = table_of(
    {
        "Overview.load": screen(OVERVIEW_VIEW),
        "Projects.load": screen(PROJECTS_VIEW),
        "ApplicationScreen.load": screen(APPLICATION_VIEW),
        "ProjectSettings.load": screen(PROJECT_VIEW),
        "FrozenProject.load": screen(PROJECT_VIEW),
        "Shares.load": screen(SHARES_VIEW),
        "Security.load": screen(ACCOUNT_VIEW),
        "Trash.load": screen(TRASH_VIEW),
        "VaultSettings.load": screen(VAULT_VIEW),
        "Operator.load": screen(OPERATION_VIEW),
        "ProjectSecrets.load": screen(SECRETS_VIEW),
        "MachineList.load": screen(MACHINES_VIEW),
        "MachineList.offer": screen(VAULT_SEARCH),
        "EnrollmentTokens.load": screen(ENROLLMENT_TOKENS_VIEW),
        "TrustList.load": screen(TRUSTS_VIEW),
        "NewTrustPage.load": screen(TRUSTS_VIEW),
        "TrustPage.load": screen(TRUST_VIEW),
        "AllowlistPage.load": screen(ALLOWLIST_VIEW),
        "AlertRulesPage.load": screen(ALERTS_VIEW),
        "WebhooksPage.load": screen(ALERTS_VIEW),
        "MachinePage.load": screen(MACHINE_VIEW),
        "ProjectMachines.load": screen(PROJECT_VIEW),
        "ProjectCanaries.load": screen(CANARIES_VIEW),
        "ProjectAccess.load": screen(PROJECT_VIEW),
        "ProjectPolicies.load": screen(POLICIES_VIEW),
        "NewPolicy.load": screen(POLICIES_VIEW),
        "PolicyPage.load": screen(POLICY_VIEW),
        "AuditLog.load": screen(AUDIT_VIEW),
        "MemberList.load": screen(MEMBERS_VIEW),
        "VaultRoles.load": screen(ROLES_VIEW),
        "AccessRoles.load": screen(ROLES_VIEW),
        "NewAccessRole.load": screen(ROLES_VIEW),
        "AccessRolePage.load": screen(ACCESS_ROLE_VIEW),
        "WhoCan.load": screen(MEMBERS_VIEW),
        "ViewAs.load": screen(ROLES_VIEW),
        "OwnInvitations.load": screen(OWN_INVITATIONS_VIEW),
        "Connect.load": screen(VAULT_SEARCH),
        "Palette.search": screen(VAULT_SEARCH),
    }.items()
)
