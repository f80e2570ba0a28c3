"""What leaves the projects feature."""

from dataclasses import dataclass
from datetime import datetime

from strongroom_core.kernel.ids import ApplicationId, ProjectId


@dataclass(frozen=True, slots=True)
class ProjectView:
    """A project with its size. `environment` is its label, always present inside an application.

    `machines` are those attached to it; `last_read_at` is when a machine last read any of its secrets;
    `frozen_by` is who froze it, as the act left it.
    """

    id: ProjectId
    application_id: ApplicationId | None
    application_name: str | None
    name: str
    environment: str | None
    description: str | None
    secrets: int
    machines: int
    last_read_at: datetime | None
    frozen_at: datetime | None
    frozen_by: str | None
    freeze_reason: str | None
    created_at: datetime
    revision: int


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """An application; `projects` in the order of its environments, and how many are in the trash."""

    id: ApplicationId
    name: str
    description: str | None
    projects: list[ProjectView]
    trashed_projects: int
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


@dataclass(frozen=True, slots=True)
class Shelf:
    """An application with some of its projects, or a project that stands alone.

    `application_id` is None for the latter; `projects` then holds that one.
    """

    application_id: ApplicationId | None
    name: str
    description: str | None
    projects: list[ProjectView]


@dataclass(frozen=True, slots=True)
class EnvironmentCount:
    """An environment's name, as first written, and in how many projects it is found."""

    name: str
    projects: int


@dataclass(frozen=True, slots=True)
class ProjectCounts:
    """How many there are in all, and in which environments, the most frequent first."""

    projects: int
    applications: int
    frozen: int
    environments: list[EnvironmentCount]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectWeight:
    """What an act on a whole project would touch, counted.

    `labelled` secrets carry an environment of their own. `machines` are attached to it, and `readers`
    of them hold a grant. `reads_hour` and `reads_day` were delivered in the last hour and day, to
    `machines_day` machines; None for whoever may not see what others did.
    """

    secrets: int
    labelled: int
    versions: int
    machines: int
    readers: int
    grants: int
    reads_hour: int | None
    reads_day: int | None
    machines_day: int | None
