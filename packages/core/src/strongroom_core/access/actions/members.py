"""Actions on members, their roles, and invitations (O-1 to O-6).

`access/delegation.py` contains the rules about whose role is below whose, which no capability overrides.
"""

from strongroom_core.access.action import STRANGERS, Action, Lock, ObjectKind, view
from strongroom_core.access.entry import Severity
from strongroom_core.kernel.authority import VaultCapability

MEMBERS_VIEW = view("members_view", needs=VaultCapability.MEMBERS_VIEW)
MEMBER_VIEW = view("member_view", ObjectKind.MEMBER, VaultCapability.MEMBERS_VIEW)
PROJECT_MEMBERS_VIEW = view(
    "project_members_view", ObjectKind.PROJECT, VaultCapability.MEMBERS_VIEW
)
ROLES_VIEW = view("roles_view", needs=VaultCapability.MEMBERS_VIEW)
ACCESS_ROLE_VIEW = view("access_role_view", ObjectKind.ACCESS_ROLE, VaultCapability.MEMBERS_VIEW)
VAULT_ROLE_VIEW = view("vault_role_view", ObjectKind.VAULT_ROLE, VaultCapability.MEMBERS_VIEW)

MEMBER_UPDATE = Action(
    name="member_update",
    severity=Severity.HIGH,
    about=ObjectKind.MEMBER,
    needs=VaultCapability.ROLES_ASSIGN,
    done="changed the roles of",
)
MEMBER_SUSPEND = Action(
    name="member_suspend",
    severity=Severity.HIGH,
    about=ObjectKind.MEMBER,
    needs=VaultCapability.MEMBERS_MANAGE,
    done="suspended",
)
MEMBER_RESUME = Action(
    name="member_resume",
    severity=Severity.HIGH,
    about=ObjectKind.MEMBER,
    needs=VaultCapability.MEMBERS_MANAGE,
    done="ended the suspension of",
)
MEMBER_REMOVE = Action(
    name="member_remove",
    severity=Severity.HIGH,
    about=ObjectKind.MEMBER,
    needs=VaultCapability.MEMBERS_MANAGE,
    done="removed",
    done_to="from the vault",
)
MEMBER_LEAVE = Action(
    name="member_leave", severity=Severity.HIGH, done="left the vault", in_browser=True
)
OWNERSHIP_TRANSFER = Action(
    name="ownership_transfer",
    severity=Severity.CRITICAL,
    about=ObjectKind.MEMBER,
    needs=VaultCapability.OWNERSHIP_TRANSFER,
    step_up=True,
    done="made",
    done_to="an owner of the vault",
)

INVITATIONS_VIEW = view("invitations_view", needs=VaultCapability.MEMBERS_INVITE)
INVITATION_CREATE = Action(
    name="invitation_create",
    severity=Severity.MEDIUM,
    needs=VaultCapability.MEMBERS_INVITE,
    part_needs=(("accessRoleId", VaultCapability.ROLES_ASSIGN),),
    done="invited",
)
INVITATION_RESEND = Action(
    name="invitation_resend",
    severity=Severity.LOW,
    about=ObjectKind.INVITATION,
    needs=VaultCapability.MEMBERS_INVITE,
    part_needs=(("accessRoleId", VaultCapability.ROLES_ASSIGN),),
    done="resent the invitation to",
)
INVITATION_WITHDRAW = Action(
    name="invitation_withdraw",
    severity=Severity.LOW,
    about=ObjectKind.INVITATION,
    needs=VaultCapability.MEMBERS_INVITE,
    done="withdrew the invitation to",
)

OWN_INVITATIONS_VIEW = view("own_invitations_view", own_account=True)
INVITATION_ACCEPT = Action(
    name="invitation_accept",
    severity=Severity.MEDIUM,
    about=ObjectKind.INVITATION,
    own_account=True,
    done="accepted the invitation for",
)
INVITATION_DECLINE = Action(
    name="invitation_decline",
    severity=Severity.LOW,
    about=ObjectKind.INVITATION,
    own_account=True,
    lock=Lock.CHANGE,
    done="declined the invitation for",
)
INVITATION_OPEN = Action(
    name="invitation_open",
    severity=Severity.INFO,
    planes=STRANGERS,
    recorded=MEMBERS_VIEW.recorded,
    installation=True,
)

ACCESS_ROLE_CREATE = Action(
    name="access_role_create",
    severity=Severity.MEDIUM,
    needs=VaultCapability.ACCESS_ROLES_AUTHOR,
    done="created the access role",
)
ACCESS_ROLE_UPDATE = Action(
    name="access_role_update",
    severity=Severity.HIGH,
    about=ObjectKind.ACCESS_ROLE,
    needs=VaultCapability.ACCESS_ROLES_AUTHOR,
    done="changed the access role",
)
ACCESS_ROLE_DELETE = Action(
    name="access_role_delete",
    severity=Severity.MEDIUM,
    about=ObjectKind.ACCESS_ROLE,
    needs=VaultCapability.ACCESS_ROLES_AUTHOR,
    done="deleted the access role",
)
VAULT_ROLE_CREATE = Action(
    name="vault_role_create",
    severity=Severity.MEDIUM,
    needs=VaultCapability.VAULT_ROLES_AUTHOR,
    done="created the vault role",
)
VAULT_ROLE_UPDATE = Action(
    name="vault_role_update",
    severity=Severity.HIGH,
    about=ObjectKind.VAULT_ROLE,
    needs=VaultCapability.VAULT_ROLES_AUTHOR,
    done="changed the vault role",
)
VAULT_ROLE_DELETE = Action(
    name="vault_role_delete",
    severity=Severity.MEDIUM,
    about=ObjectKind.VAULT_ROLE,
    needs=VaultCapability.VAULT_ROLES_AUTHOR,
    done="deleted the vault role",
)
