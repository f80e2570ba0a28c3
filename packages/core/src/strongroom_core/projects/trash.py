"""Delete a project into the trash, have it back, purge it, erase it (V-3).

Purging orders the erasure: from that commit on nobody can have the project back, and the worker takes
out its rows in portions, since ten thousand secrets with their versions are no work for a request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions import Action, ObjectKind
from strongroom_core.db.conflicts import name_taken_as
from strongroom_core.kernel.errors import Invalid
from strongroom_core.outbox.put import OutboxKind, put
from strongroom_core.projects.listing import project_in

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human, System
    from strongroom_core.kernel.ids import ProjectId
    from strongroom_core.projects.views import ProjectView

PORTION = 200
"""Secrets erased per transaction, so that no lock is held long."""

_OCCUPIED = "a project of this name or environment took its place: rename that one first"


async def delete_project(
    core: Core,
    caller: Human,
    project: ProjectId,
    *,
    confirm_name: str,
    if_match: int | None = None,
) -> None:
    """Move a project with all its secrets into the trash, for 30 days.

    `confirm_name` is the project's name typed out. Raises `Invalid` when it differs.
    """
    async with gate.perform(core, caller, Action.PROJECT_DELETE, project) as act:
        act.require_revision(if_match)
        if confirm_name != act.target.name:
            raise Invalid("type the project's name exactly to delete it", field="confirmName")
        secrets = await act.connection.fetchval(
            "select count(*) from secret where project = $1 and trashed_at is null", project
        )
        await act.connection.execute(
            "update project set trashed_at = $2, trashed_by = $3, revision = revision + 1"
            " where id = $1",
            project,
            act.at,
            act.actor[2],
        )
        act.record(secrets=secrets)


async def restore_project(core: Core, caller: Human, project: ProjectId) -> ProjectView:
    """Take a project out of the trash as it was, with its machines and their grants.

    Raises `NameTaken` when its name was given away meanwhile.
    """
    async with gate.perform(core, caller, Action.PROJECT_RESTORE, project) as act:
        with name_taken_as(_OCCUPIED):
            await act.connection.execute(
                "update project set trashed_at = null, trashed_by = null, revision = revision + 1"
                " where id = $1",
                project,
            )
        return await project_in(act.connection, project)


async def purge_project(core: Core, caller: Human | System, project: ProjectId) -> None:
    """Order a trashed project to be erased. There is no way back."""
    async with gate.perform(core, caller, Action.PROJECT_PURGE, project) as act:
        await act.connection.execute(
            "update project set purge_ordered_at = $2, revision = revision + 1 where id = $1",
            project,
            act.at,
        )
        await put(act.connection, act.vault, OutboxKind.ERASE_PROJECT, project, act.at)


async def erase_project(core: Core, caller: System, project: ProjectId) -> bool:
    """Erase one portion of a purged project's secrets, and finally the project and its keys.

    Returns whether nothing is left. Idempotent: it may be called again after any interruption.
    """
    async with gate.perform(core, caller, Action.PROJECT_ERASE) as act:
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
            "delete from secret_grant where secret = any($1)",
            "delete from secret_version where secret = any($1)",
            "delete from secret_material where secret = any($1)",
            "delete from secret where id = any($1)",
        ):
            await act.connection.execute(sql, secrets)
        done = len(secrets) < PORTION
        if done and name is not None:
            for table in ("attachment", "project_key"):
                await act.connection.execute(f"delete from {table} where project = $1", project)
            await act.connection.execute("delete from project where id = $1", project)
        act.record(secrets=len(secrets), finished=done)
        return done
