"""Every action, and what it needs. `docs/authorization.md` is generated from this table.

An action without a rule does not exist; the rule is all there is to know about who may do it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from strongroom_core.audit.entry import Severity
from strongroom_core.kernel.authority import Capability, ProjectCapability, VaultCapability


class Action(StrEnum):
    """What code performs, and what the record calls it: `subject_verb`, in alphabetical order."""

    ACCOUNT_LOGIN = "account_login"
    APPLICATION_CREATE = "application_create"
    APPLICATION_DELETE = "application_delete"
    APPLICATION_UPDATE = "application_update"
    APPLICATION_VIEW = "application_view"
    AUTH_FAILURE = "auth_failure"
    INSTALLATION_INIT = "installation_init"
    INSTALLATION_SETUP = "installation_setup"
    INSTALLATION_SWEEP = "installation_sweep"
    INSTALLATION_UNSEAL = "installation_unseal"
    PROJECT_CREATE = "project_create"
    PROJECT_DELETE = "project_delete"
    PROJECT_ERASE = "project_erase"
    PROJECT_MOVE = "project_move"
    PROJECT_PURGE = "project_purge"
    PROJECT_RESTORE = "project_restore"
    PROJECT_UPDATE = "project_update"
    PROJECT_VIEW = "project_view"
    PROJECTS_VIEW = "projects_view"
    SECRET_CREATE = "secret_create"
    SECRET_DELETE = "secret_delete"
    SECRET_PURGE = "secret_purge"
    SECRET_REPLACE = "secret_replace"
    SECRET_RESTORE = "secret_restore"
    SECRET_ROLLBACK = "secret_rollback"
    SECRET_ROTATE = "secret_rotate"
    SECRET_UPDATE = "secret_update"
    SECRET_VIEW = "secret_view"
    SECRETS_VIEW = "secrets_view"
    SESSION_END = "session_end"
    SESSION_STEP_UP = "session_step_up"
    SESSION_VIEW = "session_view"
    TRASH_VIEW = "trash_view"


class Plane(StrEnum):
    """Who comes in here. The machine and agent planes join with their issues."""

    HUMAN = "human"
    PUBLIC = "public"
    JOB = "job"


class ObjectKind(StrEnum):
    """What an action can be about."""

    ACCOUNT = "account"
    APPLICATION = "application"
    PROJECT = "project"
    SECRET = "secret"
    VAULT = "vault"


class Recorded(StrEnum):
    """When an action leaves an entry. Looking leaves one only when it is refused (L-1)."""

    ALWAYS = "always"
    ON_REFUSAL = "on refusal"


class Lock(StrEnum):
    """How the gate holds the target's row while the act lasts.

    `CHANGE` excludes every other act on the same object, so that its facts stay true until commit.
    `SHARE` only keeps it from being changed or trashed meanwhile, as for a project that gets a secret.
    """

    NONE = "none"
    SHARE = "share"
    CHANGE = "change"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What one action needs.

    `capability` None means that membership suffices, and for objects that the access role reaches
    them. `in_trash` says that the action is about trashed objects only; otherwise those are absent.
    `installation` acts in, and is recorded in, the reserved vault.
    """

    severity: Severity
    planes: frozenset[Plane] = frozenset({Plane.HUMAN})
    about: ObjectKind | None = None
    capability: Capability | None = None
    recorded: Recorded = Recorded.ALWAYS
    step_up: bool = False
    when_frozen: bool = True
    in_trash: bool = False
    installation: bool = False
    lock: Lock = Lock.NONE


_VAULT, _PROJECT = VaultCapability, ProjectCapability
_PUBLIC, _JOB = frozenset({Plane.PUBLIC}), frozenset({Plane.JOB})
_PERSON_OR_JOB = frozenset({Plane.HUMAN, Plane.JOB})

RULES: Mapping[Action, Rule] = {
    # The installation and its people
    Action.ACCOUNT_LOGIN: Rule(severity=Severity.LOW, planes=_PUBLIC, installation=True),
    Action.AUTH_FAILURE: Rule(severity=Severity.MEDIUM, planes=_PUBLIC, installation=True),
    Action.INSTALLATION_INIT: Rule(severity=Severity.HIGH, planes=_JOB, installation=True),
    Action.INSTALLATION_SETUP: Rule(severity=Severity.HIGH, planes=_PUBLIC, installation=True),
    Action.INSTALLATION_SWEEP: Rule(
        severity=Severity.INFO, planes=_JOB, installation=True, recorded=Recorded.ON_REFUSAL
    ),
    Action.INSTALLATION_UNSEAL: Rule(severity=Severity.HIGH, planes=_JOB, installation=True),
    Action.SESSION_END: Rule(severity=Severity.INFO, installation=True),
    Action.SESSION_STEP_UP: Rule(severity=Severity.LOW, installation=True),
    Action.SESSION_VIEW: Rule(severity=Severity.INFO, recorded=Recorded.ON_REFUSAL),
    # Applications and projects
    Action.APPLICATION_CREATE: Rule(severity=Severity.LOW, capability=_VAULT.PROJECTS_CREATE),
    Action.APPLICATION_DELETE: Rule(
        severity=Severity.MEDIUM,
        about=ObjectKind.APPLICATION,
        capability=_VAULT.PROJECTS_DELETE,
        lock=Lock.CHANGE,
    ),
    Action.APPLICATION_UPDATE: Rule(
        severity=Severity.LOW,
        about=ObjectKind.APPLICATION,
        capability=_VAULT.PROJECTS_CREATE,
        lock=Lock.CHANGE,
    ),
    Action.APPLICATION_VIEW: Rule(
        severity=Severity.INFO, about=ObjectKind.APPLICATION, recorded=Recorded.ON_REFUSAL
    ),
    Action.PROJECT_CREATE: Rule(severity=Severity.LOW, capability=_VAULT.PROJECTS_CREATE),
    Action.PROJECT_DELETE: Rule(
        severity=Severity.HIGH,
        about=ObjectKind.PROJECT,
        capability=_VAULT.PROJECTS_DELETE,
        lock=Lock.CHANGE,
    ),
    Action.PROJECT_ERASE: Rule(severity=Severity.HIGH, planes=_JOB),
    Action.PROJECT_MOVE: Rule(
        severity=Severity.MEDIUM,
        about=ObjectKind.PROJECT,
        capability=_VAULT.PROJECTS_CREATE,
        lock=Lock.CHANGE,
    ),
    Action.PROJECT_PURGE: Rule(
        severity=Severity.HIGH,
        about=ObjectKind.PROJECT,
        capability=_VAULT.TRASH_MANAGE,
        planes=_PERSON_OR_JOB,
        step_up=True,
        in_trash=True,
        lock=Lock.CHANGE,
    ),
    Action.PROJECT_RESTORE: Rule(
        severity=Severity.MEDIUM,
        about=ObjectKind.PROJECT,
        capability=_VAULT.TRASH_MANAGE,
        in_trash=True,
        lock=Lock.CHANGE,
    ),
    Action.PROJECT_UPDATE: Rule(
        severity=Severity.LOW,
        about=ObjectKind.PROJECT,
        capability=_VAULT.PROJECTS_CREATE,
        lock=Lock.CHANGE,
    ),
    Action.PROJECT_VIEW: Rule(
        severity=Severity.INFO, about=ObjectKind.PROJECT, recorded=Recorded.ON_REFUSAL
    ),
    Action.PROJECTS_VIEW: Rule(severity=Severity.INFO, recorded=Recorded.ON_REFUSAL),
    # Secrets
    Action.SECRET_CREATE: Rule(
        severity=Severity.LOW,
        about=ObjectKind.PROJECT,
        capability=_PROJECT.SECRETS_CREATE,
        lock=Lock.SHARE,
    ),
    Action.SECRET_DELETE: Rule(
        severity=Severity.HIGH,
        about=ObjectKind.SECRET,
        capability=_PROJECT.SECRETS_DELETE,
        lock=Lock.CHANGE,
    ),
    Action.SECRET_PURGE: Rule(
        severity=Severity.HIGH,
        about=ObjectKind.SECRET,
        capability=_VAULT.TRASH_MANAGE,
        planes=_PERSON_OR_JOB,
        step_up=True,
        in_trash=True,
        lock=Lock.CHANGE,
    ),
    Action.SECRET_REPLACE: Rule(
        severity=Severity.MEDIUM,
        about=ObjectKind.SECRET,
        capability=_PROJECT.SECRETS_REPLACE,
        lock=Lock.CHANGE,
    ),
    Action.SECRET_RESTORE: Rule(
        severity=Severity.MEDIUM,
        about=ObjectKind.SECRET,
        capability=_VAULT.TRASH_MANAGE,
        in_trash=True,
        lock=Lock.CHANGE,
    ),
    Action.SECRET_ROLLBACK: Rule(
        severity=Severity.MEDIUM,
        about=ObjectKind.SECRET,
        capability=_PROJECT.SECRETS_ROLLBACK,
        lock=Lock.CHANGE,
    ),
    Action.SECRET_ROTATE: Rule(
        severity=Severity.MEDIUM,
        about=ObjectKind.SECRET,
        capability=_PROJECT.SECRETS_ROTATE,
        when_frozen=False,
        lock=Lock.CHANGE,
    ),
    Action.SECRET_UPDATE: Rule(
        severity=Severity.LOW,
        about=ObjectKind.SECRET,
        capability=_PROJECT.SECRETS_RENAME,
        lock=Lock.CHANGE,
    ),
    Action.SECRET_VIEW: Rule(
        severity=Severity.INFO,
        about=ObjectKind.SECRET,
        capability=_PROJECT.SECRETS_VIEW,
        recorded=Recorded.ON_REFUSAL,
    ),
    Action.SECRETS_VIEW: Rule(
        severity=Severity.INFO,
        about=ObjectKind.PROJECT,
        capability=_PROJECT.SECRETS_VIEW,
        recorded=Recorded.ON_REFUSAL,
    ),
    Action.TRASH_VIEW: Rule(
        severity=Severity.INFO, capability=_VAULT.TRASH_MANAGE, recorded=Recorded.ON_REFUSAL
    ),
}
