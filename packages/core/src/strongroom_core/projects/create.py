"""Creates a project, in an application or standalone (V-2, V-3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.projects import PROJECT_CREATE
from strongroom_core.access.visible import application_exists
from strongroom_core.crypto.random import new_id
from strongroom_core.db.conditions import Conditions
from strongroom_core.db.conflicts import name_taken_as
from strongroom_core.kernel.errors import Invalid, NotFound
from strongroom_core.kernel.ids import ApplicationId, ProjectId
from strongroom_core.kernel.limits import DESCRIPTION_LENGTH, NAME_LENGTH
from strongroom_core.kernel.names import folded, require_name, require_path_part, require_text
from strongroom_core.limits.caps import Cap
from strongroom_core.limits.quota import require_room
from strongroom_core.projects.keys import make_key
from strongroom_core.projects.listing import project_in
from strongroom_core.schema.projects import Project

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.projects.views import ProjectView

TAKEN = "a project with this name already exists here; choose another"
OTHERS_TAKEN = {
    "project_environment_in_application": (
        "environment",
        "the application already has a project with this environment; choose another",
    )
}


async def create_project(
    core: Core,
    caller: Human,
    *,
    name: str,
    application: ApplicationId | None = None,
    environment: str | None = None,
    description: str | None = None,
) -> ProjectView:
    """Create a project with its own key.

    A project in an application needs an environment that is unique there. A standalone project can have an
    environment as a label. Raises `Invalid`, `NameTaken`, `CapReached`, and `NotFound` for an application
    that doesn't exist.
    """
    require_path_part(name, field="name", most=NAME_LENGTH)
    label = require_environment(environment, needed=application is not None)
    text = require_text(description, field="description", most=DESCRIPTION_LENGTH)
    async with gate.perform(core, caller, PROJECT_CREATE) as act:
        if application is not None:
            await require_application(act, application)
        await require_room(act, Cap.PROJECTS)
        project = await insert_project(core, act, name, application, label, text)
        act.concerns(ObjectKind.PROJECT, project, name, project)
        act.record(application=application, environment=label)
        return await project_in(act, project)


def require_environment(environment: str | None, *, needed: bool) -> str | None:
    """Return the environment's name, or None if it isn't needed and wasn't given."""
    if environment is None:
        if needed:
            raise Invalid("a project in an application needs an environment", field="environment")
        return None
    return require_name(environment, field="environment", most=NAME_LENGTH)


async def require_application(act: gate.Act, application: ApplicationId) -> None:
    """Raise `NotFound` unless the application exists for the caller; lock it until the act ends."""
    conditions = Conditions()
    conditions.add("a.id = {0}", application)
    conditions.add_placed(application_exists(conditions, act.caller))
    sql = f"select true from application a where {conditions.text} for share of a"
    if not await act.connection.fetchval(sql, *conditions.arguments):
        raise NotFound("application")


async def insert_project(
    core: Core,
    act: gate.Act,
    name: str,
    application: ApplicationId | None,
    environment: str | None,
    description: str | None = None,
    position: int | None = None,
) -> ProjectId:
    """Insert the row and its key. By default, the project comes last in its application."""
    if position is None:
        position = await act.connection.fetchval(
            "select coalesce(max(position) + 1, 0) from project where application = $1", application
        )
    project = Project(
        vault=act.vault,
        id=new_id("proj"),
        application=application,
        name=name,
        name_folded=folded(name),
        environment=environment,
        position=position,
        description=description,
        created_at=act.at,
    )
    with name_taken_as(TAKEN, OTHERS_TAKEN):
        await act.run(Project.insert(project))
    await make_key(core, act, project.id)
    return ProjectId(project.id)
