"""The actions a person can take on a project's secrets, or the reasons they can't (U-4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from strongroom_core.kernel.authority import ProjectCapability, VaultCapability
from strongroom_dashboard.screens.wording import why_not_in

if TYPE_CHECKING:
    from strongroom_core.kernel.authority import SecretKind
    from strongroom_core.projects.views import ProjectView
    from strongroom_dashboard.event_session import Call

ROTATION_WAITS = (
    "This project is frozen. Unfreeze it to generate values. You can still replace them."
)


RE_PLANT = "To change a canary's value, re-plant it in the Canaries tab."


@dataclass(frozen=True)
class SecretRights:
    """For each action, the reason it isn't allowed; empty if it is allowed."""

    to_create: str = ""
    to_replace: str = ""
    to_rotate: str = ""
    to_queue: str = ""
    to_set_rotation: str = ""
    to_roll_back: str = ""
    to_change: str = ""
    to_delete: str = ""
    to_grant: str = ""
    to_attach: str = ""
    to_author: str = ""
    see_machines: bool = False
    see_audit_log: bool = False


def rights_of(call: Call, project: ProjectView, kind: SecretKind | None = None) -> SecretRights:
    """Return what the caller can do with a project's secrets, of one kind or of any kind."""

    def why_not(needed: ProjectCapability) -> str:
        return why_not_in(call, project, needed, kind)

    rotate = why_not(ProjectCapability.SECRETS_ROTATE)
    return SecretRights(
        to_create=why_not(ProjectCapability.SECRETS_CREATE),
        to_replace=why_not(ProjectCapability.SECRETS_REPLACE),
        to_rotate=rotate or (ROTATION_WAITS if project.frozen_at is not None else ""),
        to_queue=rotate,
        to_set_rotation=why_not(ProjectCapability.ROTATION_MANAGE),
        to_roll_back=why_not(ProjectCapability.SECRETS_ROLLBACK),
        to_change=why_not(ProjectCapability.SECRETS_RENAME),
        to_delete=why_not(ProjectCapability.SECRETS_DELETE),
        to_grant=why_not(ProjectCapability.GRANTS_MANAGE),
        to_attach=why_not(ProjectCapability.MACHINES_ATTACH),
        to_author=why_not(ProjectCapability.POLICIES_AUTHOR),
        see_machines=VaultCapability.MACHINES_VIEW in call.caller.authority.vault,
        see_audit_log=VaultCapability.AUDIT_VIEW in call.caller.authority.vault,
    )
