"""The actions a person can take on a project's secrets, or the reasons they can't (U-4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from strongroom_core.kernel.authority import (
    Access,
    Place,
    ProjectCapability,
    SecretKind,
    VaultCapability,
)

if TYPE_CHECKING:
    from strongroom_core.projects.views import ProjectView
    from strongroom_dashboard.event_session import Call

ROTATION_WAITS = (
    "This project is frozen. Unfreeze it to generate values. You can still replace them."
)


@dataclass(frozen=True)
class SecretRights:
    """For each action, the reason it isn't allowed; empty if it is allowed."""

    to_create: str = ""
    to_replace: str = ""
    to_rotate: str = ""
    to_roll_back: str = ""
    to_change: str = ""
    to_delete: str = ""
    to_grant: str = ""
    to_attach: str = ""
    see_machines: bool = False
    see_audit_log: bool = False


def rights_of(call: Call, project: ProjectView, kind: SecretKind | None = None) -> SecretRights:
    """Return what the caller can do with a project's secrets, either of one kind or of any kind."""
    access = call.caller.authority.access or Access()
    place = Place(project.id, project.application_id, project.environment)

    def why_not(needed: ProjectCapability) -> str:
        kinds = access.kinds(needed, place)
        if kinds if kind is None else kind in kinds:
            return ""
        return f"You need {needed.value}. Ask a vault owner."

    rotate = why_not(ProjectCapability.SECRETS_ROTATE)
    return SecretRights(
        to_create=why_not(ProjectCapability.SECRETS_CREATE),
        to_replace=why_not(ProjectCapability.SECRETS_REPLACE),
        to_rotate=rotate or (ROTATION_WAITS if project.frozen_at is not None else ""),
        to_roll_back=why_not(ProjectCapability.SECRETS_ROLLBACK),
        to_change=why_not(ProjectCapability.SECRETS_RENAME),
        to_delete=why_not(ProjectCapability.SECRETS_DELETE),
        to_grant=why_not(ProjectCapability.GRANTS_MANAGE),
        to_attach=why_not(ProjectCapability.MACHINES_ATTACH),
        see_machines=VaultCapability.MACHINES_VIEW in call.caller.authority.vault,
        see_audit_log=VaultCapability.AUDIT_VIEW in call.caller.authority.vault,
    )
