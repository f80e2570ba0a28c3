"""Make a project, inside an application or standing alone (V-2, V-3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions import Action, ObjectKind
from strongroom_core.crypto.random import new_id
from strongroom_core.db.conflicts import name_taken_as
from strongroom_core.kernel.errors import Invalid, NotFound
from strongroom_core.kernel.ids import ApplicationId, ProjectId
from strongroom_core.kernel.names import folded, optional_text, require_name
from strongroom_core.projects.keys import make_key
from strongroom_core.projects.listing import project_in
from strongroom_core.schema.projects import Project

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.projects.views import ProjectView

NAME_LENGTH = 100
DESCRIPTION_LENGTH = 1000
TAKEN = "a project of this name or environment exists here already: choose another"


async def create_project(
    core: Core,
    caller: Human,
    *,
    name: str,
    application: ApplicationId | None = None,
    environment: str | None = None,
    description: str | None = None,
) -> ProjectView:
    """Make a project with a key of its own.

    Inside an application it needs an environment, of which the application has one each; standing
    alone it may carry one as a label. Raises `Invalid`, `NameTaken`, and `NotFound` for an
    application that is not there.
    """
    require_name(name, field="name", most=NAME_LENGTH)
    label = require_environment(environment, needed=application is not None)
    text = optional_text(description, field="description", most=DESCRIPTION_LENGTH)
    async with gate.perform(core, caller, Action.PROJECT_CREATE) as act:
        if application is not None:
            await require_application(act, application)
        project = await insert_project(core, act, name, application, label, text)
        act.concerns(ObjectKind.PROJECT, project, name, project)
        act.record(application=application, environment=label)
        return await project_in(act.connection, project)


def require_environment(environment: str | None, *, needed: bool) -> str | None:
    """Return the environment's name, or None where none is needed and none was given."""
    if environment is None:
        if needed:
            raise Invalid("a project of an application has an environment", field="environment")
        return None
    return require_name(environment, field="environment", most=NAME_LENGTH)


async def require_application(act: gate.Act, application: ApplicationId) -> None:
    """Raise `NotFound` unless the application is there, and keep it there until the act ends."""
    sql = "select true from application where id = $1 for share"
    if not await act.connection.fetchval(sql, application):
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
    """Insert the row and its key. The last position of an application is the default."""
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
    with name_taken_as(TAKEN):
        await Project.insert(project)
    await make_key(core, act, project.id)
    return ProjectId(project.id)
