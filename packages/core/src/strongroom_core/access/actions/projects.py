"""Actions on applications and projects."""

from strongroom_core.access.action import (
    JOBS,
    PEOPLE_OR_JOBS,
    Action,
    Lock,
    ObjectKind,
    view,
)
from strongroom_core.access.entry import Severity
from strongroom_core.kernel.authority import ProjectCapability, VaultCapability

APPLICATION_CREATE = Action(
    name="application_create",
    severity=Severity.LOW,
    needs=VaultCapability.PROJECTS_CREATE,
    done="created the application",
)
APPLICATION_DELETE = Action(
    name="application_delete",
    severity=Severity.MEDIUM,
    about=ObjectKind.APPLICATION,
    needs=VaultCapability.PROJECTS_DELETE,
    lock=Lock.CHANGE,
    done="deleted the application",
)
APPLICATION_UPDATE = Action(
    name="application_update",
    severity=Severity.LOW,
    about=ObjectKind.APPLICATION,
    needs=VaultCapability.PROJECTS_CREATE,
    lock=Lock.CHANGE,
    done="updated the application",
)
APPLICATION_VIEW = view("application_view", ObjectKind.APPLICATION)

PROJECTS_VIEW = view("projects_view")
PROJECT_VIEW = view("project_view", ObjectKind.PROJECT)
PROJECT_CREATE = Action(
    name="project_create",
    severity=Severity.LOW,
    needs=VaultCapability.PROJECTS_CREATE,
    done="created the project",
)
PROJECT_UPDATE = Action(
    name="project_update",
    severity=Severity.LOW,
    about=ObjectKind.PROJECT,
    needs=VaultCapability.PROJECTS_CREATE,
    lock=Lock.CHANGE,
    done="updated the project",
)
PROJECT_MOVE = Action(
    name="project_move",
    severity=Severity.MEDIUM,
    about=ObjectKind.PROJECT,
    needs=VaultCapability.PROJECTS_CREATE,
    lock=Lock.CHANGE,
    done="moved the project",
)
PROJECT_DELETE = Action(
    name="project_delete",
    severity=Severity.HIGH,
    about=ObjectKind.PROJECT,
    needs=VaultCapability.PROJECTS_DELETE,
    lock=Lock.CHANGE,
    stops_reads=True,
    done="moved the project",
    done_to="to the trash",
)
PROJECT_RESTORE = Action(
    name="project_restore",
    severity=Severity.MEDIUM,
    about=ObjectKind.PROJECT,
    needs=VaultCapability.TRASH_MANAGE,
    part_needs=(("grants", ProjectCapability.GRANTS_MANAGE),),
    in_trash=True,
    lock=Lock.CHANGE,
    done="restored the project",
)
PROJECT_PURGE = Action(
    name="project_purge",
    severity=Severity.HIGH,
    about=ObjectKind.PROJECT,
    needs=VaultCapability.TRASH_MANAGE,
    planes=PEOPLE_OR_JOBS,
    step_up=True,
    in_trash=True,
    lock=Lock.CHANGE,
    done="permanently deleted the project",
)
PROJECT_ERASE = Action(
    name="project_erase", severity=Severity.HIGH, planes=JOBS, done="permanently deleted part of"
)

PROJECT_FREEZE = Action(
    name="project_freeze",
    severity=Severity.HIGH,
    about=ObjectKind.PROJECT,
    needs=VaultCapability.PROJECTS_FREEZE,
    lock=Lock.CHANGE,
    stops_reads=True,
    done="froze",
)
PROJECT_EXPLAIN = Action(
    name="project_explain",
    severity=Severity.LOW,
    about=ObjectKind.PROJECT,
    needs=VaultCapability.PROJECTS_FREEZE,
    lock=Lock.SHARE,
    done="wrote a summary for",
)
PROJECT_UNFREEZE = Action(
    name="project_unfreeze",
    severity=Severity.HIGH,
    about=ObjectKind.PROJECT,
    needs=VaultCapability.PROJECTS_UNFREEZE,
    step_up=True,
    lock=Lock.CHANGE,
    done="unfroze",
)
