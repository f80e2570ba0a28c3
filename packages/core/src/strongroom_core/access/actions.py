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
    AUDIT_EXPORT = "audit_export"
    AUDIT_FOLLOW = "audit_follow"
    AUDIT_VIEW = "audit_view"
    AUTH_FAILURE = "auth_failure"
    GRANTS_SET = "grants_set"
    INSTALLATION_INIT = "installation_init"
    INSTALLATION_LINK = "installation_link"
    INSTALLATION_RESTORED = "installation_restored"
    INSTALLATION_SETUP = "installation_setup"
    INSTALLATION_SWEEP = "installation_sweep"
    INSTALLATION_UNSEAL = "installation_unseal"
    INTEGRITY_FAILURE = "integrity_failure"
    LOCKOUT_STARTED = "lockout_started"
    MACHINE_APPROVE = "machine_approve"
    MACHINE_ATTACH = "machine_attach"
    MACHINE_BOOTSTRAP = "machine_bootstrap"
    MACHINE_DENY = "machine_deny"
    MACHINE_DETACH = "machine_detach"
    MACHINE_DISABLE = "machine_disable"
    MACHINE_ENABLE = "machine_enable"
    MACHINE_REGISTER = "machine_register"
    MACHINE_RENAME = "machine_rename"
    MACHINE_REVOKE = "machine_revoke"
    MACHINE_ROTATE_KEY = "machine_rotate_key"
    MACHINE_VIEW = "machine_view"
    MACHINES_VIEW = "machines_view"
    OVERVIEW_VIEW = "overview_view"
    PROJECT_CREATE = "project_create"
    PROJECT_DELETE = "project_delete"
    PROJECT_ERASE = "project_erase"
    PROJECT_EXPLAIN = "project_explain"
    PROJECT_FREEZE = "project_freeze"
    PROJECT_MOVE = "project_move"
    PROJECT_PURGE = "project_purge"
    PROJECT_RESTORE = "project_restore"
    PROJECT_UNFREEZE = "project_unfreeze"
    PROJECT_UPDATE = "project_update"
    PROJECT_VIEW = "project_view"
    PROJECTS_VIEW = "projects_view"
    SECRET_CREATE = "secret_create"
    SECRET_DELETE = "secret_delete"
    SECRET_PURGE = "secret_purge"
    SECRET_READ = "secret_read"
    SECRET_READ_DENIED = "secret_read_denied"
    SECRET_REPLACE = "secret_replace"
    SECRET_RESTORE = "secret_restore"
    SECRET_ROLLBACK = "secret_rollback"
    SECRET_ROTATE = "secret_rotate"
    SECRET_UPDATE = "secret_update"
    SECRET_VIEW = "secret_view"
    SECRETS_VIEW = "secrets_view"
    SECRETS_EXPORT = "secrets_export"
    SECRETS_LIST = "secrets_list"
    SECRETS_POLL = "secrets_poll"
    SESSION_END = "session_end"
    SESSION_STEP_UP = "session_step_up"
    SESSION_VIEW = "session_view"
    TRASH_VIEW = "trash_view"
    VAULT_SEARCH = "vault_search"


class Plane(StrEnum):
    """Who comes in here. The agent plane joins with its issue.

    In the dashboard are the same people, and whatever holds for the human plane holds for them there.
    """

    HUMAN = "human"
    DASHBOARD = "dashboard"
    MACHINE = "machine"
    PUBLIC = "public"
    JOB = "job"


class ObjectKind(StrEnum):
    """What an action can be about."""

    ACCOUNT = "account"
    APPLICATION = "application"
    MACHINE = "machine"
    PROJECT = "project"
    SECRET = "secret"


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
    `installation` acts in, and is recorded in, the reserved vault. `stops_reads` has the gate wait
    until no read of the project is under way, so that none commits after the act.
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
    stops_reads: bool = False


_VAULT, _PROJECT = VaultCapability, ProjectCapability
_MACHINE = frozenset({Plane.MACHINE})
_PUBLIC, _JOB = frozenset({Plane.PUBLIC}), frozenset({Plane.JOB})
_PERSON_OR_JOB = frozenset({Plane.HUMAN, Plane.JOB})

RULES: Mapping[Action, Rule] = {
    # The installation and its people
    Action.ACCOUNT_LOGIN: Rule(severity=Severity.LOW, planes=_PUBLIC, installation=True),
    Action.AUTH_FAILURE: Rule(severity=Severity.MEDIUM, planes=_PUBLIC, installation=True),
    Action.INSTALLATION_INIT: Rule(severity=Severity.HIGH, planes=_JOB, installation=True),
    Action.INSTALLATION_LINK: Rule(severity=Severity.HIGH, planes=_JOB, installation=True),
    Action.INSTALLATION_RESTORED: Rule(severity=Severity.HIGH, planes=_JOB, installation=True),
    Action.INSTALLATION_SETUP: Rule(severity=Severity.HIGH, planes=_PUBLIC, installation=True),
    Action.INSTALLATION_SWEEP: Rule(
        severity=Severity.INFO, planes=_JOB, installation=True, recorded=Recorded.ON_REFUSAL
    ),
    Action.INSTALLATION_UNSEAL: Rule(severity=Severity.HIGH, planes=_JOB, installation=True),
    Action.SESSION_END: Rule(severity=Severity.INFO, installation=True),
    Action.SESSION_STEP_UP: Rule(severity=Severity.LOW, installation=True),
    Action.SESSION_VIEW: Rule(severity=Severity.INFO, recorded=Recorded.ON_REFUSAL),
    # A stored value that did not open, whatever was being done: the gate records it as this.
    Action.INTEGRITY_FAILURE: Rule(severity=Severity.CRITICAL, planes=frozenset(Plane)),
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
        stops_reads=True,
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
    Action.PROJECT_EXPLAIN: Rule(
        severity=Severity.LOW,
        about=ObjectKind.PROJECT,
        capability=_VAULT.PROJECTS_FREEZE,
        lock=Lock.SHARE,
    ),
    Action.PROJECT_FREEZE: Rule(
        severity=Severity.HIGH,
        about=ObjectKind.PROJECT,
        capability=_VAULT.PROJECTS_FREEZE,
        lock=Lock.CHANGE,
        stops_reads=True,
    ),
    Action.PROJECT_UNFREEZE: Rule(
        severity=Severity.HIGH,
        about=ObjectKind.PROJECT,
        capability=_VAULT.PROJECTS_UNFREEZE,
        step_up=True,
        lock=Lock.CHANGE,
    ),
    # Machines
    Action.LOCKOUT_STARTED: Rule(severity=Severity.HIGH, planes=_PUBLIC),
    Action.MACHINES_VIEW: Rule(
        severity=Severity.INFO, capability=_VAULT.MACHINES_VIEW, recorded=Recorded.ON_REFUSAL
    ),
    Action.MACHINE_VIEW: Rule(
        severity=Severity.INFO,
        about=ObjectKind.MACHINE,
        capability=_VAULT.MACHINES_VIEW,
        recorded=Recorded.ON_REFUSAL,
    ),
    Action.MACHINE_BOOTSTRAP: Rule(severity=Severity.MEDIUM, capability=_VAULT.MACHINES_MANAGE),
    Action.MACHINE_REGISTER: Rule(severity=Severity.MEDIUM, planes=_PUBLIC | _JOB),
    **{
        action: Rule(
            severity=severity,
            about=ObjectKind.MACHINE,
            capability=_VAULT.MACHINES_MANAGE,
            lock=Lock.CHANGE,
            stops_reads=stops,
        )
        for action, severity, stops in (
            (Action.MACHINE_APPROVE, Severity.HIGH, True),
            (Action.MACHINE_DENY, Severity.MEDIUM, False),
            (Action.MACHINE_DISABLE, Severity.MEDIUM, True),
            (Action.MACHINE_ENABLE, Severity.MEDIUM, False),
            (Action.MACHINE_RENAME, Severity.LOW, False),
            (Action.MACHINE_REVOKE, Severity.HIGH, True),
        )
    },
    Action.MACHINE_ATTACH: Rule(
        severity=Severity.MEDIUM,
        about=ObjectKind.PROJECT,
        capability=_PROJECT.MACHINES_ATTACH,
        lock=Lock.SHARE,
    ),
    Action.MACHINE_DETACH: Rule(
        severity=Severity.MEDIUM,
        about=ObjectKind.PROJECT,
        capability=_PROJECT.MACHINES_DETACH,
        lock=Lock.SHARE,
        stops_reads=True,
    ),
    Action.GRANTS_SET: Rule(
        severity=Severity.MEDIUM,
        about=ObjectKind.PROJECT,
        capability=_PROJECT.GRANTS_MANAGE,
        lock=Lock.SHARE,
        stops_reads=True,
    ),
    # What machines do. Reading a value is decided by access/decide_read.py.
    Action.MACHINE_ROTATE_KEY: Rule(severity=Severity.MEDIUM, planes=_MACHINE),
    Action.SECRET_READ: Rule(severity=Severity.INFO, planes=_MACHINE),
    Action.SECRET_READ_DENIED: Rule(severity=Severity.MEDIUM, planes=_MACHINE),
    Action.SECRETS_LIST: Rule(
        severity=Severity.INFO, planes=_MACHINE, recorded=Recorded.ON_REFUSAL
    ),
    Action.SECRETS_POLL: Rule(
        severity=Severity.INFO, planes=_MACHINE, recorded=Recorded.ON_REFUSAL
    ),
    Action.SECRETS_EXPORT: Rule(severity=Severity.INFO, planes=_MACHINE),
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
        stops_reads=True,
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
    # The record, the overview, search. Whose entries and which objects: record/visible, overview/reach.
    Action.AUDIT_EXPORT: Rule(severity=Severity.MEDIUM, capability=_VAULT.AUDIT_VIEW),
    Action.AUDIT_FOLLOW: Rule(
        severity=Severity.INFO, planes=_PERSON_OR_JOB, recorded=Recorded.ON_REFUSAL
    ),
    Action.AUDIT_VIEW: Rule(
        severity=Severity.INFO, capability=_VAULT.AUDIT_VIEW, recorded=Recorded.ON_REFUSAL
    ),
    Action.OVERVIEW_VIEW: Rule(severity=Severity.INFO, recorded=Recorded.ON_REFUSAL),
    Action.VAULT_SEARCH: Rule(severity=Severity.INFO, recorded=Recorded.ON_REFUSAL),
}
