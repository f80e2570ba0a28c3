"""Moves a project to the trash, restores it, and deletes it permanently (V-3).

Permanent deletion only marks the project, which can't be restored after that commit. The worker then deletes
the project's rows in batches, because ten thousand secrets with their versions are too much for one request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.projects import (
    PROJECT_DELETE,
    PROJECT_ERASE,
    PROJECT_PURGE,
    PROJECT_RESTORE,
)
from strongroom_core.access.clock_check import not_before_last_reading
from strongroom_core.access.gains import require_no_gain
from strongroom_core.db.conflicts import name_taken_as
from strongroom_core.db.query import revise
from strongroom_core.kernel.authority import SecretKind
from strongroom_core.kernel.errors import Invalid
from strongroom_core.limits.caps import Cap
from strongroom_core.limits.quota import require_room
from strongroom_core.outbox.put import OutboxKind, put
from strongroom_core.projects.listing import project_in
from strongroom_core.schema.grants import Attachment
from strongroom_core.schema.policies import Policy
from strongroom_core.schema.projects import Project, ProjectKey
from strongroom_core.schema.secrets import Secret

if TYPE_CHECKING:
    from piccolo.query.base import Query

    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human, System
    from strongroom_core.kernel.ids import ProjectId
    from strongroom_core.projects.views import ProjectView

PORTION = 200
"""How many secrets to delete per transaction, so that no lock is held for long."""

_OCCUPIED = "another project now has this name or environment; rename that one first"


async def delete_project(
    core: Core,
    caller: Human,
    project: ProjectId,
    *,
    confirm_name: str,
    if_match: int | None = None,
) -> None:
    """Move a project with all its secrets to the trash, for 30 days.

    `confirm_name` is the project's name, typed by the user. Raises `Invalid` if it differs.
    """
    async with gate.perform(core, caller, PROJECT_DELETE, project) as act:
        act.require_revision(if_match)
        if confirm_name != act.target.name:
            raise Invalid("enter the project's exact name to delete it", field="confirmName")
        (secrets,) = await act.run(_live_secrets(project))
        at = await not_before_last_reading(act.connection, act.at)
        trashed = {Project.trashed_at: at, Project.trashed_by: act.actor[2]}
        await act.run(revise(Project, project, trashed))
        act.record(secrets=secrets["count"])


def _live_secrets(project: ProjectId) -> Query[Any, Any]:
    return Secret.count().where((Secret.project == project) & Secret.trashed_at.is_null())


_GRANTED = """
select distinct s.kind from secret_grant g join secret s on s.vault = g.vault and s.id = g.secret
where g.project = $1 order by 1
"""


async def restore_project(core: Core, caller: Human, project: ProjectId) -> ProjectView:
    """Restore a project from the trash, with its machines and their grants.

    Raises `NameTaken` if its name has been taken since, `CapReached` if the project or its secrets exceed the
    plan, and `Refused` if someone would gain rights that the caller doesn't have, or if machines would get
    grants back that the caller can't manage.
    """
    async with gate.perform(core, caller, PROJECT_RESTORE, project) as act:
        await require_no_gain(act, before=None, after=act.target.located)
        kinds = [SecretKind(row["kind"]) for row in await act.connection.fetch(_GRANTED, project)]
        if kinds:
            act.require_part(PROJECT_RESTORE, "grants", kinds)
        await require_room(act, Cap.PROJECTS)
        (live,) = await act.run(_live_secrets(project))
        await require_room(act, Cap.SECRETS, more=live["count"])
        with name_taken_as(_OCCUPIED):
            back = {Project.trashed_at: None, Project.trashed_by: None}
            await act.run(revise(Project, project, back))
        return await project_in(act, project)


async def purge_project(core: Core, caller: Human | System, project: ProjectId) -> None:
    """Mark a trashed project for permanent deletion. This can't be undone."""
    async with gate.perform(core, caller, PROJECT_PURGE, project) as act:
        await act.run(revise(Project, project, {Project.purge_ordered_at: act.at}))
        await put(act.connection, act.vault, OutboxKind.ERASE_PROJECT, project, act.at)


async def erase_project(core: Core, caller: System, project: ProjectId) -> bool:
    """Permanently delete a batch of a purged project's secrets, and finally the project and its keys.

    Returns True once nothing is left. Idempotent, so it can be repeated after any interruption.
    """
    async with gate.perform(core, caller, PROJECT_ERASE) as act:
        name = await act.connection.fetchval(
            "select name from project where id = $1 and purge_ordered_at is not null for update",
            project,
        )
        act.concerns(ObjectKind.PROJECT, project, name or "", project)
        portion = await act.connection.fetch(
            "select id from secret where project = $1 and exists"
            " (select from project p where p.id = $1 and p.purge_ordered_at is not null)"
            " order by id limit $2",
            project,
            PORTION,
        )
        secrets = [row["id"] for row in portion]
        for sql in (
            "delete from policy_use where secret = any($1)",
            "delete from rotation where secret = any($1)",
            "delete from secret_grant where secret = any($1)",
            "delete from secret_version where secret = any($1)",
            "delete from secret_material where secret = any($1)",
            "delete from secret where id = any($1)",
        ):
            await act.connection.execute(sql, secrets)
        done = len(secrets) < PORTION
        if done and name is not None:
            await act.run(Policy.delete().where(Policy.project == project))
            await act.run(Attachment.delete().where(Attachment.project == project))
            await act.run(ProjectKey.delete().where(ProjectKey.project == project))
            await act.run(Project.delete().where(Project.id == project))
        act.record(secrets=len(secrets), finished=done)
        return done
