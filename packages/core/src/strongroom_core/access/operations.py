"""Every way into the system, and the action behind it: the other half of the authorization table.

The API compares its routes with this list, and the worker its jobs, before either starts: an operation
that is not listed, or listed and not there, stops the program.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from strongroom_core.access.actions import RULES, Action, Plane


@dataclass(frozen=True, slots=True)
class Operation:
    """One way in. `action` None: it tells nothing about anybody and changes nothing (health)."""

    plane: Plane
    action: Action | None
    returns_value: bool = False


def _people(action: Action) -> Operation:
    return Operation(Plane.HUMAN, action)


def _strangers(action: Action | None) -> Operation:
    return Operation(Plane.PUBLIC, action)


def _job(action: Action) -> Operation:
    return Operation(Plane.JOB, action)


OPERATIONS: Mapping[str, Operation] = {
    # Open to strangers
    "logIn": _strangers(Action.ACCOUNT_LOGIN),
    "setUp": _strangers(Action.INSTALLATION_SETUP),
    "health": _strangers(None),
    "healthLive": _strangers(None),
    "healthReady": _strangers(None),
    "readOpenapi": _strangers(None),
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
    # Secrets
    "listSecrets": _people(Action.SECRETS_VIEW),
    "createSecret": _people(Action.SECRET_CREATE),
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
    # Jobs of the worker
    "purge_secret": _job(Action.SECRET_PURGE),
    "purge_project": _job(Action.PROJECT_PURGE),
    "erase_project": _job(Action.PROJECT_ERASE),
    "sweep": _job(Action.INSTALLATION_SWEEP),
    # What the operator does on the server itself
    "init": _job(Action.INSTALLATION_INIT),
    "unseal": _job(Action.INSTALLATION_UNSEAL),
}


class TableMismatch(RuntimeError):
    """The authorization table and the program do not agree, so the program does not start."""


def require_listed(
    found: Iterable[str], planes: frozenset[Plane], *, besides: frozenset[str]
) -> None:
    """Compare the operations a program offers on `planes` with the table; raise on any difference.

    `besides` names listed operations of those planes that another part of the program carries out.
    """
    listed = {name for name, operation in OPERATIONS.items() if operation.plane in planes} - besides
    names = list(found)
    surplus, missing = sorted(set(names) - listed), sorted(listed - set(names))
    doubled = sorted({name for name in names if names.count(name) > 1})
    wrong = sorted(
        name
        for name, operation in OPERATIONS.items()
        if operation.action is not None and operation.plane not in RULES[operation.action].planes
    )
    if surplus or missing or doubled or wrong:
        raise TableMismatch(
            f"authorization table: not listed {surplus}, listed and not there {missing}, "
            f"offered twice {doubled}, on a plane their action does not allow {wrong}"
        )
