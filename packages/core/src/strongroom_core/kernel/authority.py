"""A user's authority in one vault: vault capabilities, and an access role for its projects (RBAC)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from strongroom_core.kernel.ids import ApplicationId, ProjectId


class SecretKind(StrEnum):
    """The kind of a secret. A canary also has one of these kinds, so that it looks like any other secret."""

    SINGLE = "single"
    STRUCTURED = "structured"


class VaultCapability(StrEnum):
    """One permission of a vault role."""

    MACHINES_VIEW = "machines.view"
    MACHINES_MANAGE = "machines.manage"
    ENROLLMENT_VIEW = "enrollment.view"
    ENROLLMENT_MANAGE = "enrollment.manage"
    IP_ALLOWLIST_VIEW = "ip_allowlist.view"
    IP_ALLOWLIST_MANAGE = "ip_allowlist.manage"
    PROJECTS_CREATE = "projects.create"
    PROJECTS_DELETE = "projects.delete"
    PROJECTS_FREEZE = "projects.freeze"
    PROJECTS_UNFREEZE = "projects.unfreeze"
    TRASH_MANAGE = "trash.manage"
    SHARES_CREATE = "shares.create"
    MEMBERS_VIEW = "members.view"
    MEMBERS_INVITE = "members.invite"
    MEMBERS_MANAGE = "members.manage"
    ROLES_ASSIGN = "roles.assign"
    ACCESS_ROLES_AUTHOR = "access_roles.author"
    VAULT_ROLES_AUTHOR = "vault_roles.author"
    AUDIT_VIEW = "audit.view"
    AUDIT_VIEW_OTHERS = "audit.view_others"
    ALERTS_VIEW = "alerts.view"
    ALERTS_MANAGE = "alerts.manage"
    PLAN_VIEW = "plan.view"
    PLAN_MANAGE = "plan.manage"
    VAULT_SETTINGS = "vault.settings"
    VAULT_CONVERT = "vault.convert"
    VAULT_DELETE = "vault.delete"
    OWNERSHIP_TRANSFER = "ownership.transfer"


class ProjectCapability(StrEnum):
    """One permission of an access role. It applies per project and kind of secret."""

    MACHINES_ATTACH = "machines.attach"
    MACHINES_DETACH = "machines.detach"
    GRANTS_MANAGE = "grants.manage"
    SECRETS_VIEW = "secrets.view"
    SECRETS_CREATE = "secrets.create"
    SECRETS_REPLACE = "secrets.replace"
    SECRETS_RENAME = "secrets.rename"
    SECRETS_DELETE = "secrets.delete"
    SECRETS_ROTATE = "secrets.rotate"
    SECRETS_ROLLBACK = "secrets.rollback"
    CANARIES_MANAGE = "canaries.manage"
    ROTATION_MANAGE = "rotation.manage"
    POLICIES_AUTHOR = "policies.author"
    SHARES_CREATE = "shares.create"
    """For shares that belong to the project. The kind of secret doesn't matter."""


Capability = VaultCapability | ProjectCapability
Right = tuple[ProjectCapability, SecretKind]
"""A project capability, for one kind of secret."""


@dataclass(frozen=True, slots=True)
class Place:
    """The parts of an object's location in a vault that access roles depend on."""

    project: ProjectId
    application: ApplicationId | None
    environment: str | None


@dataclass(frozen=True, slots=True)
class Access:
    """A resolved access role: its scope, and its permissions there.

    `everywhere` also covers projects that are created later. For an environment in `overrides`, the
    permissions listed there replace `rights`. `only` limits the role to these projects, no matter what else
    it covers.
    """

    everywhere: bool = False
    applications: frozenset[ApplicationId] = frozenset()
    projects: frozenset[ProjectId] = frozenset()
    rights: frozenset[Right] = frozenset()
    overrides: Mapping[str, frozenset[Right]] = field(default_factory=dict[str, frozenset[Right]])
    only: frozenset[ProjectId] | None = None

    @property
    def unlimited(self) -> bool:
        """Whether this access role covers every project."""
        return self.everywhere and self.only is None

    def reaches(self, place: Place) -> bool:
        """Whether this access role covers the place."""
        return (self.only is None or place.project in self.only) and (
            self.everywhere
            or place.project in self.projects
            or (place.application is not None and place.application in self.applications)
        )

    def reaches_application(
        self, application: ApplicationId, projects: frozenset[ProjectId]
    ) -> bool:
        """Whether this access role covers an application, or any of its projects.

        With `only`, it covers no application as a whole.
        """
        if self.only is not None:
            return any(self.reaches(Place(each, application, None)) for each in projects)
        return self.everywhere or application in self.applications or bool(self.projects & projects)

    def covers_application(
        self, application: ApplicationId, projects: frozenset[ProjectId]
    ) -> bool:
        """Whether this access role covers an application as a whole, or each of its projects."""
        if self.only is None and (self.everywhere or application in self.applications):
            return True
        return bool(projects) and all(
            self.reaches(Place(each, application, None)) for each in projects
        )

    def rights_in(self, environment: str | None) -> frozenset[Right]:
        """Return the rights that apply in an environment of the role's scope."""
        return self.rights if environment is None else self.overrides.get(environment, self.rights)

    def kinds(self, capability: ProjectCapability, place: Place) -> frozenset[SecretKind]:
        """Return the kinds of secret for which the role has this capability at this place."""
        if not self.reaches(place):
            return frozenset()
        rights = self.rights_in(place.environment)
        return frozenset(kind for held, kind in rights if held is capability)


@dataclass(frozen=True, slots=True)
class Authority:
    """What one member can do in one vault, resolved for every request.

    `role` is the name of a built-in vault role, or the ID of a custom one. `lacks_factor` means that they can
    do nothing there until their session has a second factor. `looking` means that they can only read, because
    their key was approved only for that.
    """

    role: str
    vault: frozenset[VaultCapability]
    access: Access | None
    lacks_factor: bool = False
    looking: bool = False
