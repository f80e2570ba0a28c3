"""The views that the members feature returns."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from strongroom_core.kernel.view import View


class MemberStatus(StrEnum):
    """Whether a member can act. `inactive` means that the account itself is suspended or closed."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"
    INACTIVE = "inactive"


class MemberView(View):
    """A member of the vault.

    `vault_role` is a built-in role (owner, admin, developer, collaborator), or the ID of a custom one. Owners
    have no access role; they have every right. `last_active_at` is the last use of a session that is still
    open in this vault. `manageable` is true if the caller's role is above this member's; what the caller
    can do with them also depends on the caller's capabilities. `second_factors` is null for callers who can't
    manage members, except about themselves: whose account is easier to take over is nobody else's business.
    """

    id: str
    username: str
    vault_role: str
    vault_role_name: str
    access_role: str | None
    access_role_name: str | None
    status: MemberStatus
    joined_at: datetime
    ends_at: datetime | None
    suspended_at: datetime | None
    last_active_at: datetime | None
    second_factors: list[str] | None
    you: bool
    manageable: bool
    revision: int


class Hanging(View):
    """What depends on a member. Machines, tokens, trusts, webhooks and shares are kept after a removal.

    Drop boxes act with their creator's rights, so they end, unless the remover takes them over.
    """

    machines_approved: int
    enrollment_tokens: int
    registration_tokens: int
    trusts: int
    webhooks: int
    shares: int
    drop_boxes: int
    sessions: int


class MemberInDetail(View):
    """A member, what depends on them, and how many of the vault's live projects they can open."""

    member: MemberView
    hanging: Hanging
    opens: int
    projects: int
    capabilities: list[str]


class ProjectMember(View):
    """A member who can open a project, with their rights there."""

    member_id: str
    username: str
    vault_role: str
    vault_role_name: str
    access_role: str | None
    access_role_name: str | None
    rights: list[str]


class Holder(View):
    """A member who has a capability.

    For a capability of access roles, `places` names the environments and the applications and projects in
    which they have it, among those that the caller can see; `everywhere` covers the whole vault.
    """

    member_id: str
    username: str
    vault_role: str
    vault_role_name: str
    access_role: str | None
    access_role_name: str | None
    everywhere: bool
    places: list[str]


class InvitationView(View):
    """An invitation to the vault. `expired` ones can be resent. `inviter` is a username."""

    id: str
    address: str
    vault_role: str
    vault_role_name: str
    access_role: str | None
    access_role_name: str | None
    ends_at: datetime | None
    inviter: str
    created_at: datetime
    sent_at: datetime
    expires_at: datetime
    expired: bool
    revision: int


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation that was sent. `token` is set only if the server doesn't send email."""

    invitation: InvitationView
    token: str | None = field(repr=False)


class InvitationSent(View):
    """An invitation that was sent. `link` is set only if the server doesn't send email (A-12)."""

    invitation: InvitationView
    link: str | None


class OwnInvitation(View):
    """An invitation to the caller's own address.

    `needs_link` means that only the invitation's link can answer it, because the address was not confirmed by
    email.
    """

    id: str
    vault_name: str
    vault_role_name: str
    access_role_name: str | None
    inviter: str
    expires_at: datetime
    needs_link: bool


class OpenedInvitation(View):
    """What the page behind an invitation's link shows. Whether the address has an account isn't shown."""

    id: str
    vault_name: str
    vault_role_name: str
    inviter: str
    address: str
    expires_at: datetime


class Joined(View):
    """The vault that the caller has joined."""

    vault_id: str
    vault_name: str


class Place(View):
    """An application or project in an access role's scope. A project's name is its path."""

    id: str
    name: str


class AccessRoleView(View):
    """An access role: its scope, and its rights there.

    `hidden` is the number of applications and projects in the scope that the caller can't see. In the
    environments in `overrides`, those rights replace `rights`. `authored` is true if the caller has every
    right of this role, and so could assign it, or edit it if nobody above them has it.
    """

    id: str
    name: str
    everywhere: bool
    applications: list[Place]
    projects: list[Place]
    hidden: int
    rights: list[str]
    overrides: dict[str, list[str]]
    members: int
    invitations: int
    assignable: bool
    revision: int


class Preset(View):
    """Rights with which a new access role can start."""

    name: str
    rights: list[str]


class AccessRoles(View):
    """The vault's access roles by name, the names of all rights, and the presets."""

    items: list[AccessRoleView]
    rights: list[str]
    presets: list[Preset]


class VaultRoleView(View):
    """A vault role. Built-in ones have revision 0. `assignable` is true if it is below the caller's."""

    id: str
    name: str
    built_in: bool
    capabilities: list[str]
    members: int
    invitations: int
    assignable: bool
    revision: int


class VaultRoles(View):
    """The vault's roles: the built-in ones from the highest to the lowest, then custom ones by name.

    `capabilities` are all capabilities, and `owner_only` those that only owners can have.
    """

    items: list[VaultRoleView]
    capabilities: list[str]
    owner_only: list[str]


class Removed(View):
    """A member who was removed, and how many drop boxes were taken over or ended."""

    username: str
    drop_boxes: int


class PreviewProject(View):
    """A project that someone can open, with their rights, and how many of its secrets they see."""

    id: str
    name: str
    environment: str | None
    rights: list[str]
    secrets: int


class PreviewSecret(View):
    """A secret that someone can see."""

    id: str
    name: str
    kind: str


class Preview(View):
    """What a member, or someone with certain roles, can see and do.

    `opens` counts the projects that they can open, of which the caller can't see `hidden`. `secrets` are
    those of the project that was asked for.
    """

    username: str | None
    vault_role_name: str | None
    access_role_name: str | None
    capabilities: list[str]
    opens: int
    hidden: int
    projects: list[PreviewProject]
    secrets: list[PreviewSecret]
