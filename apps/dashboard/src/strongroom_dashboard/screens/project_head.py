"""The head of a project's screens: the project's name and counts, and whether it is frozen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from strongroom_core.kernel.authority import ProjectCapability
from strongroom_core.kernel.ids import ProjectId
from strongroom_core.kernel.names import folded
from strongroom_core.projects.listing import read_application, read_project
from strongroom_dashboard.screens.screen import Screen
from strongroom_dashboard.screens.wording import why_not_in

if TYPE_CHECKING:
    from strongroom_core.projects.views import ProjectView
    from strongroom_dashboard.event_session import Call

LONGEST_SWITCHER = 50


@dataclass(frozen=True)
class Sibling:
    """Another environment of the same application, as the environment switcher shows it."""

    name: str
    href: str
    secrets: str
    current: bool


@dataclass(frozen=True)
class Head:
    """A project. `frozen_since` is empty unless it is frozen. `title` is the heading."""

    id: str = ""
    href: str = ""
    title: str = ""
    full_name: str = ""
    name: str = ""
    environment: str = ""
    description: str = ""
    application_id: str = ""
    application_name: str = ""
    secrets: str = ""
    machines: str = ""
    frozen_since: str = ""
    frozen_by: str = ""
    freeze_reason: str = ""
    frozen_what: str = ""
    frozen_sentence: str = ""
    frozen_by_canary: bool = False
    sees_canaries: bool = False
    revision: int = 0


class ProjectHead(Screen, mixin=True):
    """A screen of the project in the URL, `/projects/proj_…/…`.

    `asked` is the ID of the dialog to open, which a link from another screen gives as in `?new=freeze`.
    """

    head: Head = Head()
    siblings: list[Sibling] = []
    asked: str = ""

    async def _fill_head(self, call: Call) -> ProjectView:
        """Load the project, clearing the previous one. Raises `NotFound`."""
        self.head, self.siblings, self.asked = Head(), [], ""
        project = await read_project(call.core, call.caller, ProjectId(self._part(1)))
        sees = why_not_in(call, project, ProjectCapability.CANARIES_MANAGE) == ""
        self.head = replace(head_of(project), sees_canaries=sees)
        if project.application_id is not None:
            application = await read_application(call.core, call.caller, project.application_id)
            self.siblings = [
                _sibling(each, current=each.id == project.id)
                for each in application.projects[:LONGEST_SWITCHER]
            ]
        return project


def head_of(project: ProjectView) -> Head:
    """Return the head for a project."""
    frozen_at = project.frozen_at
    return Head(
        id=project.id,
        href=f"/projects/{project.id}",
        title=title_of(project),
        full_name=full_name_of(project),
        name=project.name,
        environment=project.environment or "",
        description=project.description or "",
        application_id=project.application_id or "",
        application_name=project.application_name or "",
        secrets=f"{project.secrets:,}",
        machines=f"{project.machines:,}",
        frozen_since=frozen_at.isoformat() if frozen_at is not None else "",
        frozen_by=project.frozen_by or "",
        freeze_reason=project.freeze_reason or "",
        frozen_what=f"{full_name_of(project)} is frozen",
        frozen_sentence=_blocked(project),
        frozen_by_canary=project.frozen_by_canary,
        revision=project.revision,
    )


def title_of(project: ProjectView) -> str:
    """Return the application's name, followed by the project's name if that differs from its environment."""
    if project.application_name is None:
        return project.name
    if folded(project.name) == folded(project.environment or ""):
        return project.application_name
    return f"{project.application_name}/{project.name}"


def full_name_of(project: ProjectView) -> str:
    """Return the project's name in a sentence: `checkout-api/production`."""
    if project.application_name is None:
        return project.name
    return f"{project.application_name}/{project.name}"


def _blocked(project: ProjectView) -> str:
    """Return the red bar's sentence. The page adds the time after it."""
    if project.frozen_at is None:
        return ""
    if project.secrets == 0:
        return "Reads have been blocked since"
    if project.secrets == 1:
        return "Reads of its secret have been blocked since"
    return f"Reads of its {project.secrets:,} secrets have been blocked since"


def _sibling(project: ProjectView, *, current: bool) -> Sibling:
    name = project.environment or project.name
    return Sibling(name, f"/projects/{project.id}", f"{project.secrets:,}", current)
