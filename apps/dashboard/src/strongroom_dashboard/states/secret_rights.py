"""What the reader of a page may do with the secrets of a project, and why not where not (U-4)."""

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
    from strongroom_dashboard.door import Call

ROTATION_WAITS = (
    "The project is frozen. Nothing is generated for it until that is over; you can replace."
)


@dataclass(frozen=True)
class SecretRights:
    """Why an act is not allowed; empty where it is."""

    to_create: str = ""
    to_replace: str = ""
    to_rotate: str = ""
    to_roll_back: str = ""
    to_change: str = ""
    to_delete: str = ""
    see_record: bool = False


def rights_of(call: Call, project: ProjectView, kind: SecretKind | None = None) -> SecretRights:
    """Return what the caller may do with secrets of a project, of one kind or of any."""
    access = call.caller.authority.access or Access()
    place = Place(project.id, project.application_id, project.environment)

    def why_not(needed: ProjectCapability) -> str:
        kinds = access.kinds(needed, place)
        if kinds if kind is None else kind in kinds:
            return ""
        return f"Your role lacks {needed.value}. An owner of this vault can give it."

    rotate = why_not(ProjectCapability.SECRETS_ROTATE)
    return SecretRights(
        to_create=why_not(ProjectCapability.SECRETS_CREATE),
        to_replace=why_not(ProjectCapability.SECRETS_REPLACE),
        to_rotate=rotate or (ROTATION_WAITS if project.frozen_at is not None else ""),
        to_roll_back=why_not(ProjectCapability.SECRETS_ROLLBACK),
        to_change=why_not(ProjectCapability.SECRETS_RENAME),
        to_delete=why_not(ProjectCapability.SECRETS_DELETE),
        see_record=VaultCapability.AUDIT_VIEW in call.caller.authority.vault,
    )
