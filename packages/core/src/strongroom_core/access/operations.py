"""Every way into the system, and the action behind it: the other half of the authorization table.

The API compares its routes with this list, and the worker its jobs, before either starts: an operation
that is not listed, or listed and not there, stops the program.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from strongroom_core.access.actions import RULES, Action, Plane


@dataclass(frozen=True, slots=True)
class Operation:
    """One way in. `action` None: it tells nothing about anybody and changes nothing (health).

    `needs` says in words what else is asked of whoever comes in, where it is no right of a person's.
    """

    plane: Plane
    action: Action | None
    returns_value: bool = False
    needs: str | None = None


def _people(action: Action) -> Operation:
    return Operation(Plane.HUMAN, action)


def _strangers(action: Action | None) -> Operation:
    return Operation(Plane.PUBLIC, action)


def _machines(action: Action) -> Operation:
    return Operation(Plane.MACHINE, action)


def _screen(action: Action | None) -> Operation:
    return Operation(Plane.DASHBOARD, action)


def _job(action: Action) -> Operation:
    return Operation(Plane.JOB, action)


OPERATIONS: Mapping[str, Operation] = {
    # Open to strangers
    "logIn": _strangers(Action.ACCOUNT_LOGIN),
    "setUp": _strangers(Action.INSTALLATION_SETUP),
    "health": _strangers(None),
    "healthLive": _strangers(None),
    "healthReady": _strangers(None),
    "readMetrics": Operation(
        Plane.PUBLIC,
        None,
        needs="an address in `STRONGROOM_METRICS_FROM`, by default this machine's",
    ),
    "readOpenapi": _strangers(None),
    "readBootstrapScript": _strangers(Action.MACHINE_REGISTER),
    "registerMachine": _strangers(Action.MACHINE_REGISTER),
    # A person's own session
    "readSession": _people(Action.SESSION_VIEW),
    "logOut": _people(Action.SESSION_END),
    "stepUp": _people(Action.SESSION_STEP_UP),
    # Applications
    "listApplications": _people(Action.PROJECTS_VIEW),
    "createApplication": _people(Action.APPLICATION_CREATE),
    "readApplication": _people(Action.APPLICATION_VIEW),
    "updateApplication": _people(Action.APPLICATION_UPDATE),
    "deleteApplication": _people(Action.APPLICATION_DELETE),
    # Projects
    "listProjects": _people(Action.PROJECTS_VIEW),
    "createProject": _people(Action.PROJECT_CREATE),
    "readProject": _people(Action.PROJECT_VIEW),
    "updateProject": _people(Action.PROJECT_UPDATE),
    "moveProject": _people(Action.PROJECT_MOVE),
    "deleteProject": _people(Action.PROJECT_DELETE),
    "restoreProject": _people(Action.PROJECT_RESTORE),
    "purgeProject": _people(Action.PROJECT_PURGE),
    "freezeProject": _people(Action.PROJECT_FREEZE),
    "explainFreeze": _people(Action.PROJECT_EXPLAIN),
    "unfreezeProject": _people(Action.PROJECT_UNFREEZE),
    "readRecovery": _people(Action.PROJECT_VIEW),
    "weighProject": _people(Action.PROJECT_VIEW),
    # Machines
    "createBootstrapToken": _people(Action.MACHINE_BOOTSTRAP),
    "listMachines": _people(Action.MACHINES_VIEW),
    "countMachines": _people(Action.MACHINES_VIEW),
    "readMachine": _people(Action.MACHINE_VIEW),
    "readMachineUse": _people(Action.MACHINE_VIEW),
    "renameMachine": _people(Action.MACHINE_RENAME),
    "revokeMachine": _people(Action.MACHINE_REVOKE),
    "approveMachine": _people(Action.MACHINE_APPROVE),
    "denyMachine": _people(Action.MACHINE_DENY),
    "enableMachine": _people(Action.MACHINE_ENABLE),
    "disableMachine": _people(Action.MACHINE_DISABLE),
    "listProjectsOfMachine": _people(Action.MACHINE_VIEW),
    "listAttachments": _people(Action.PROJECT_VIEW),
    "attachMachine": _people(Action.MACHINE_ATTACH),
    "detachMachine": _people(Action.MACHINE_DETACH),
    "listGrants": _people(Action.PROJECT_VIEW),
    "setGrants": _people(Action.GRANTS_SET),
    # What machines ask for, signed
    "readSecretValue": Operation(Plane.MACHINE, Action.SECRET_READ, returns_value=True),
    "exportSecrets": Operation(Plane.MACHINE, Action.SECRETS_EXPORT, returns_value=True),
    "listGranted": _machines(Action.SECRETS_LIST),
    "listGrantedOfProject": _machines(Action.SECRETS_LIST),
    "listMachineProjects": _machines(Action.SECRETS_LIST),
    "listMachineSecrets": _machines(Action.SECRETS_LIST),
    "verifyAccess": _machines(Action.SECRETS_LIST),
    "pollSecrets": _machines(Action.SECRETS_POLL),
    "rotateMachineKey": _machines(Action.MACHINE_ROTATE_KEY),
    # Secrets
    "listSecrets": _people(Action.SECRETS_VIEW),
    "createSecret": _people(Action.SECRET_CREATE),
    "countSecrets": _people(Action.SECRETS_VIEW),
    "listReaders": _people(Action.SECRET_VIEW),
    "readSecret": _people(Action.SECRET_VIEW),
    "updateSecret": _people(Action.SECRET_UPDATE),
    "replaceSecret": _people(Action.SECRET_REPLACE),
    "rotateSecret": _people(Action.SECRET_ROTATE),
    "listVersions": _people(Action.SECRET_VIEW),
    "rollBackSecret": _people(Action.SECRET_ROLLBACK),
    "deleteSecret": _people(Action.SECRET_DELETE),
    "restoreSecret": _people(Action.SECRET_RESTORE),
    "purgeSecret": _people(Action.SECRET_PURGE),
    # The trash
    "listTrash": _people(Action.TRASH_VIEW),
    # The record, the overview, search
    "listEntries": _people(Action.AUDIT_VIEW),
    "readEntry": _people(Action.AUDIT_VIEW),
    "readsOverTime": _people(Action.AUDIT_VIEW),
    "exportEntries": _people(Action.AUDIT_EXPORT),
    "readOverview": _people(Action.OVERVIEW_VIEW),
    "search": _people(Action.VAULT_SEARCH),
    # The dashboard: what its screens look at. Nothing is changed here, for which they ask the API.
    "Shell.load": _screen(Action.OVERVIEW_VIEW),
    "Shell.follow": _screen(Action.AUDIT_FOLLOW),
    "Overview.load": _screen(Action.OVERVIEW_VIEW),
    "Projects.load": _screen(Action.PROJECTS_VIEW),
    "ApplicationScreen.load": _screen(Action.APPLICATION_VIEW),
    "ProjectSettings.load": _screen(Action.PROJECT_VIEW),
    "FrozenProject.load": _screen(Action.PROJECT_VIEW),
    "Trash.load": _screen(Action.TRASH_VIEW),
    "ProjectSecrets.load": _screen(Action.SECRETS_VIEW),
    "MachineList.load": _screen(Action.MACHINES_VIEW),
    "MachinePage.load": _screen(Action.MACHINE_VIEW),
    "ProjectMachines.load": _screen(Action.PROJECT_VIEW),
    "AuditLog.load": _screen(Action.AUDIT_VIEW),
    "Palette.search": _screen(Action.VAULT_SEARCH),
    # Jobs of the worker
    "purge_secret": _job(Action.SECRET_PURGE),
    "purge_project": _job(Action.PROJECT_PURGE),
    "erase_project": _job(Action.PROJECT_ERASE),
    "sweep": _job(Action.INSTALLATION_SWEEP),
    # What the operator does on the server itself
    "init": _job(Action.INSTALLATION_INIT),
    "setupLink": _job(Action.INSTALLATION_LINK),
    "unseal": _job(Action.INSTALLATION_UNSEAL),
    "restored": _job(Action.INSTALLATION_RESTORED),
}


class TableMismatch(RuntimeError):
    """The authorization table and the program do not agree, so the program does not start."""


def require_listed(
    found: Iterable[str],
    planes: frozenset[Plane],
    *,
    besides: frozenset[str],
    table: Mapping[str, Operation] = OPERATIONS,
) -> None:
    """Compare the operations a program offers on `planes` with the table; raise on any difference.

    `besides` names listed operations of those planes that another part of the program carries out.
    """
    listed = {name for name, operation in table.items() if operation.plane in planes} - besides
    names = list(found)
    surplus, missing = sorted(set(names) - listed), sorted(listed - set(names))
    doubled = sorted({name for name in names if names.count(name) > 1})
    wrong = sorted(
        name
        for name, operation in table.items()
        if operation.action is not None
        and _as_whom(operation.plane) not in RULES[operation.action].planes
    )
    if surplus or missing or doubled or wrong:
        raise TableMismatch(
            f"authorization table: not listed {surplus}, listed and not there {missing}, "
            f"offered twice {doubled}, on a plane their action does not allow {wrong}"
        )


def _as_whom(plane: Plane) -> Plane:
    return Plane.HUMAN if plane is Plane.DASHBOARD else plane
