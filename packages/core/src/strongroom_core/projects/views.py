"""What leaves the projects feature."""

from dataclasses import dataclass
from datetime import datetime

from strongroom_core.kernel.ids import ApplicationId, ProjectId


@dataclass(frozen=True, slots=True)
class ProjectView:
    """A project with its size. `environment` is its label, always present inside an application."""

    id: ProjectId
    application_id: ApplicationId | None
    application_name: str | None
    name: str
    environment: str | None
    description: str | None
    secrets: int
    frozen_at: datetime | None
    freeze_reason: str | None
    created_at: datetime
    revision: int


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """An application; `projects` in the order of its environments."""

    id: ApplicationId
    name: str
    description: str | None
    projects: list[ProjectView]
    created_at: datetime
    revision: int


@dataclass(frozen=True, slots=True)
class ApplicationSummary:
    """An application in a list: its environments by name, in their order."""

    id: ApplicationId
    name: str
    description: str | None
    environments: list[str]
    created_at: datetime
    revision: int
