"""Actions on secrets, by users and by machines."""

from strongroom_core.access.action import (
    JOBS,
    MACHINES,
    PEOPLE_OR_JOBS,
    PEOPLE_OR_MACHINES,
    Action,
    Lock,
    ObjectKind,
    Plane,
    Recorded,
    view,
)
from strongroom_core.access.entry import Severity
from strongroom_core.kernel.authority import ProjectCapability, VaultCapability

SECRETS_VIEW = view("secrets_view", ObjectKind.PROJECT, ProjectCapability.SECRETS_VIEW)
SECRET_VIEW = view("secret_view", ObjectKind.SECRET, ProjectCapability.SECRETS_VIEW)
TRASH_VIEW = view("trash_view", needs=VaultCapability.TRASH_MANAGE)

SECRET_CREATE = Action(
    name="secret_create",
    severity=Severity.LOW,
    about=ObjectKind.PROJECT,
    needs=ProjectCapability.SECRETS_CREATE,
    lock=Lock.SHARE,
    done="created",
)
SECRET_UPDATE = Action(
    name="secret_update",
    severity=Severity.LOW,
    about=ObjectKind.SECRET,
    needs=ProjectCapability.SECRETS_RENAME,
    lock=Lock.CHANGE,
    done="updated",
)
SECRET_REPLACE = Action(
    name="secret_replace",
    severity=Severity.MEDIUM,
    about=ObjectKind.SECRET,
    needs=ProjectCapability.SECRETS_REPLACE,
    lock=Lock.CHANGE,
    done="replaced",
)
SECRET_ROTATE = Action(
    name="secret_rotate",
    severity=Severity.MEDIUM,
    planes=PEOPLE_OR_JOBS,
    about=ObjectKind.SECRET,
    needs=ProjectCapability.SECRETS_ROTATE,
    when_frozen=False,
    lock=Lock.CHANGE,
    done="rotated",
)
ROTATION_SET = Action(
    name="rotation_set",
    severity=Severity.MEDIUM,
    about=ObjectKind.SECRET,
    needs=ProjectCapability.ROTATION_MANAGE,
    lock=Lock.CHANGE,
    done="changed the rotation settings of",
)
# The lock makes this take turns with policies that need the settings.
ROTATION_DELETE = Action(
    name="rotation_delete",
    severity=Severity.MEDIUM,
    about=ObjectKind.SECRET,
    needs=ProjectCapability.ROTATION_MANAGE,
    lock=Lock.CHANGE,
    stops_reads=True,
    done="deleted the rotation settings of",
)
# A frozen project's rotations wait, so they can be queued there. A policy's batch logs this for the machine.
ROTATION_QUEUE = Action(
    name="rotation_queue",
    severity=Severity.LOW,
    planes=PEOPLE_OR_MACHINES,
    about=ObjectKind.SECRET,
    needs=ProjectCapability.SECRETS_ROTATE,
    lock=Lock.CHANGE,
    done="queued a rotation of",
)
SECRET_ROLLBACK = Action(
    name="secret_rollback",
    severity=Severity.MEDIUM,
    about=ObjectKind.SECRET,
    needs=ProjectCapability.SECRETS_ROLLBACK,
    lock=Lock.CHANGE,
    done="rolled",
    done_to="back",
)
SECRET_DELETE = Action(
    name="secret_delete",
    severity=Severity.HIGH,
    about=ObjectKind.SECRET,
    needs=ProjectCapability.SECRETS_DELETE,
    lock=Lock.CHANGE,
    stops_reads=True,
    done="moved",
    done_to="to the trash",
)
SECRET_RESTORE = Action(
    name="secret_restore",
    severity=Severity.MEDIUM,
    about=ObjectKind.SECRET,
    needs=VaultCapability.TRASH_MANAGE,
    part_needs=(("giveBack", ProjectCapability.GRANTS_MANAGE),),
    in_trash=True,
    lock=Lock.CHANGE,
    # This action doesn't stop reads. The lock is needed so that changes to a project's grants take turns.
    stops_reads=True,
    done="restored",
)
SECRET_PURGE = Action(
    name="secret_purge",
    severity=Severity.HIGH,
    about=ObjectKind.SECRET,
    needs=VaultCapability.TRASH_MANAGE,
    planes=PEOPLE_OR_JOBS,
    step_up=True,
    in_trash=True,
    lock=Lock.CHANGE,
    done="permanently deleted",
)

# A policy's time to live has expired. If the last allowed read ended it, the batch logs this for the machine.
SECRET_DESTROY = Action(
    name="secret_destroy",
    severity=Severity.HIGH,
    planes=JOBS | MACHINES,
    done="permanently deleted",
    done_to="because its time to live expired",
)

# Actions of machines. `reading/checks.py` decides whether a machine can read a value.
SECRET_READ = Action(
    name="secret_read",
    severity=Severity.INFO,
    planes=MACHINES,
    done="read",
    refused="was denied",
)
SECRET_READ_DENIED = Action(
    name="secret_read_denied", severity=Severity.MEDIUM, planes=MACHINES, refused="was denied"
)
SECRETS_LIST = Action(
    name="secrets_list", severity=Severity.INFO, planes=MACHINES, recorded=Recorded.ON_REFUSAL
)
SECRETS_POLL = Action(
    name="secrets_poll", severity=Severity.INFO, planes=MACHINES, recorded=Recorded.ON_REFUSAL
)
READ_EXPLAIN = Action(
    name="read_explain", severity=Severity.INFO, planes=MACHINES, recorded=Recorded.ON_REFUSAL
)
SECRETS_EXPORT = Action(
    name="secrets_export",
    severity=Severity.INFO,
    planes=MACHINES,
    done="exported its secrets",
)

# Canaries (section C of the requirements).
CANARIES_VIEW = view("canaries_view", ObjectKind.PROJECT, ProjectCapability.CANARIES_MANAGE)
CANARY_PLANT = Action(
    name="canary_plant",
    severity=Severity.MEDIUM,
    about=ObjectKind.PROJECT,
    needs=ProjectCapability.CANARIES_MANAGE,
    part_needs=(
        ("machineIds", ProjectCapability.GRANTS_MANAGE),
        ("cascade", VaultCapability.PROJECTS_FREEZE),
    ),
    lock=Lock.SHARE,
    stops_reads=True,
    done="planted the canary",
)
CANARY_UPDATE = Action(
    name="canary_update",
    severity=Severity.HIGH,
    about=ObjectKind.SECRET,
    needs=ProjectCapability.CANARIES_MANAGE,
    part_needs=(("cascade", VaultCapability.PROJECTS_FREEZE),),
    lock=Lock.CHANGE,
    stops_reads=True,
    done="changed the canary",
)
CANARY_REPLANT = Action(
    name="canary_replant",
    severity=Severity.MEDIUM,
    about=ObjectKind.SECRET,
    needs=ProjectCapability.CANARIES_MANAGE,
    lock=Lock.CHANGE,
    done="re-planted the canary",
)
CANARY_DRILL = Action(
    name="canary_drill",
    severity=Severity.MEDIUM,
    about=ObjectKind.SECRET,
    needs=ProjectCapability.CANARIES_MANAGE,
    lock=Lock.CHANGE,
    done="ran a drill of the canary",
)
CANARY_TRIGGERED = Action(
    name="canary_triggered",
    severity=Severity.CRITICAL,
    planes=MACHINES,
    done="read the canary",
)

# The gate logs this action when a stored value can't be decrypted in any use case.
INTEGRITY_FAILURE = Action(
    name="integrity_failure",
    severity=Severity.CRITICAL,
    planes=frozenset(Plane),
    done="could not decrypt",
)
