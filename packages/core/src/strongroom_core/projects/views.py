"""The views that the projects feature returns."""

from datetime import datetime

from strongroom_core.kernel.ids import ApplicationId, ProjectId
from strongroom_core.kernel.view import View


class ProjectView(View):
    """A project, with counts of its secrets and attached machines.

    `application_id` is None for a standalone project. A project in an application always has an
    `environment`. `last_read_at` is when a machine last read any of its secrets. `frozen_by` is the name, at
    the time, of the person who froze it or, if `frozen_by_canary`, of the machine that read a canary.
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
    frozen_by_canary: bool
    freeze_reason: str | None
    created_at: datetime
    revision: int


class ApplicationView(View):
    """An application with its projects, in the order of its environments.

    `trashed_projects` counts its projects in the trash, which prevent its deletion.
    """

    id: ApplicationId
    name: str
    description: str | None
    projects: list[ProjectView]
    trashed_projects: int
    created_at: datetime
    revision: int


class ApplicationSummary(View):
    """An application in a list, with its environments in their order."""

    id: ApplicationId
    name: str
    description: str | None
    environments: list[str]
    created_at: datetime
    revision: int


class ProjectGroup(View):
    """An application with some of its projects, or a standalone project.

    For a standalone project, `application_id` is None and `projects` contains only that project.
    """

    application_id: ApplicationId | None
    name: str
    description: str | None
    projects: list[ProjectView]


class EnvironmentCount(View):
    """An environment's name, as it was first written, and how many projects have it."""

    name: str
    projects: int


class ProjectCounts(View):
    """Totals, and the environments, most frequent first."""

    projects: int
    applications: int
    frozen: int
    environments: list[EnvironmentCount]


class ProjectWeight(View):
    """Everything that an action on the whole project would affect.

    `labelled` counts secrets with their own environment; `machines` counts attached machines, and `readers`
    counts those that have a grant. `reads_hour` and `reads_day` count reads delivered in the last hour and
    day, and `machines_day` counts the machines that read in the last day. `reads_hour`, `reads_day` and
    `machines_day` are None for a user who can't see what others did.
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
