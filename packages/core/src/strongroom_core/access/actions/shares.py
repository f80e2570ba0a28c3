"""Actions on shares and drop boxes: by users, and by anyone who has a link.

`access/decide.py` decides whose shares a user can see. A link is used in the vault that created it. Opening a
share is an act of the server there; submitting a value is an act of the drop box's creator, whose permissions
are checked again.
"""

from strongroom_core.access.action import (
    JOBS,
    STRANGERS,
    Action,
    Lock,
    ObjectKind,
    Plane,
    view,
)
from strongroom_core.access.entry import Severity
from strongroom_core.kernel.authority import ProjectCapability, VaultCapability

SHARES_VIEW = view("shares_view")
SHARE_VIEW = view("share_view", ObjectKind.SHARE)
SHARE_CREATE = Action(
    name="share_create",
    severity=Severity.MEDIUM,
    needs=VaultCapability.SHARES_CREATE,
    done="created the share",
)
PROJECT_SHARE = Action(
    name="project_share",
    severity=Severity.MEDIUM,
    about=ObjectKind.PROJECT,
    needs=ProjectCapability.SHARES_CREATE,
    lock=Lock.SHARE,
    done="created the share",
)
SHARE_REVOKE = Action(
    name="share_revoke",
    severity=Severity.LOW,
    about=ObjectKind.SHARE,
    lock=Lock.CHANGE,
    done="revoked the share",
)
SHARE_OPEN = Action(
    name="share_open",
    severity=Severity.MEDIUM,
    planes=STRANGERS | JOBS,
    done="was opened",
    by_target=True,
)
SHARE_FAIL = Action(
    name="share_fail",
    severity=Severity.MEDIUM,
    planes=STRANGERS | JOBS,
    done="was not opened",
    by_target=True,
)
SHARE_EXPIRE = Action(
    name="share_expire",
    severity=Severity.INFO,
    planes=JOBS,
    done="expired unopened",
    by_target=True,
)

DROP_BOXES_VIEW = view("drop_boxes_view", ObjectKind.SECRET, ProjectCapability.SECRETS_REPLACE)
DROP_BOX_CREATE = Action(
    name="drop_box_create",
    severity=Severity.MEDIUM,
    about=ObjectKind.SECRET,
    needs=ProjectCapability.SECRETS_REPLACE,
    lock=Lock.SHARE,
    done="created a drop box for",
)
DROP_BOX_REVOKE = Action(
    name="drop_box_revoke",
    severity=Severity.LOW,
    about=ObjectKind.SECRET,
    needs=ProjectCapability.SECRETS_REPLACE,
    lock=Lock.SHARE,
    done="revoked a drop box for",
)
DROP_BOX_USE = Action(
    name="drop_box_use",
    severity=Severity.MEDIUM,
    planes=frozenset({Plane.HUMAN, Plane.PUBLIC}),
    about=ObjectKind.SECRET,
    needs=ProjectCapability.SECRETS_REPLACE,
    lock=Lock.CHANGE,
    done="received a value by drop box for",
)
