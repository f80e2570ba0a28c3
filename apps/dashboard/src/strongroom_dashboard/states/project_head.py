"""What every screen of one project shows at its top: which one, how much is in it, is it frozen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from strongroom_core.kernel.ids import ProjectId
from strongroom_core.kernel.names import folded
from strongroom_core.projects.listing import read_application, read_project
from strongroom_dashboard.states.screen import Screen

if TYPE_CHECKING:
    from strongroom_core.projects.views import ProjectView
    from strongroom_dashboard.door import Call

LONGEST_SWITCHER = 50


@dataclass(frozen=True)
class Sibling:
    """Another environment of the same application, as its switcher shows it."""

    name: str
    href: str
    secrets: str
    current: bool


@dataclass(frozen=True)
class Head:
    """A project. `frozen_since` is empty where it is not frozen; `title` is how people call it."""

    id: str = ""
    href: str = ""
    title: str = ""
    full_name: str = ""
    name: str = ""
    environment: str = ""
    description: str = ""
    application_id: str = ""
    application_name: str = ""
    secrets: int = 0
    machines: int = 0
    frozen_since: str = ""
    frozen_by: str = ""
    freeze_reason: str = ""
    frozen_what: str = ""
    frozen_sentence: str = ""
    revision: int = 0


class ProjectHead(Screen, mixin=True):
    """A screen of the project that the URL names: `/projects/proj_…/…`."""

    head: Head = Head()
    siblings: list[Sibling] = []

    async def _fill_head(self, call: Call) -> ProjectView:
        """Look the project up. Raises `NotFound`, and then shows nothing of the one before."""
        self.head, self.siblings = Head(), []
        project = await read_project(call.core, call.caller, ProjectId(self._part(1)))
        self.head = head_of(project)
        if project.application_id is not None:
            application = await read_application(call.core, call.caller, project.application_id)
            self.siblings = [
                _sibling(each, current=each.id == project.id)
                for each in application.projects[:LONGEST_SWITCHER]
            ]
        return project


def head_of(project: ProjectView) -> Head:
    """Return what a page's top says of a project."""
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
        secrets=project.secrets,
        machines=project.machines,
        frozen_since=frozen_at.isoformat() if frozen_at is not None else "",
        frozen_by=project.frozen_by or "",
        freeze_reason=project.freeze_reason or "",
        frozen_what=f"{full_name_of(project)} is frozen",
        frozen_sentence=_refused(project),
        revision=project.revision,
    )


def title_of(project: ProjectView) -> str:
    """Return the application's name, and the project's own where it is not the environment's."""
    if project.application_name is None:
        return project.name
    if folded(project.name) == folded(project.environment or ""):
        return project.application_name
    return f"{project.application_name} / {project.name}"


def full_name_of(project: ProjectView) -> str:
    """Return how a sentence names the project: `checkout-api, production`."""
    if project.application_name is None:
        return project.name
    return f"{project.application_name}, {project.name}"


def _refused(project: ProjectView) -> str:
    if project.frozen_at is None:
        return ""
    since = f"{project.frozen_at:%H:%M:%S} UTC on {project.frozen_at.day} {project.frozen_at:%b}"
    if project.secrets == 0:
        return f"It holds no secret. Every read is refused since {since}."
    if project.secrets == 1:
        return f"Every read of its secret is refused since {since}."
    return f"Every read of its {project.secrets:,} secrets is refused since {since}."


def _sibling(project: ProjectView, *, current: bool) -> Sibling:
    name = project.environment or project.name
    return Sibling(name, f"/projects/{project.id}", str(project.secrets), current)
