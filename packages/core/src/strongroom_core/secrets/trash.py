"""Delete a secret into the trash, have it back, purge it for good (S-7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions import Action
from strongroom_core.db.conflicts import name_taken_as
from strongroom_core.secrets.listing import secret_in

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human, System
    from strongroom_core.kernel.ids import SecretId
    from strongroom_core.secrets.views import SecretView

_OCCUPIED = "a secret of this name took its place: rename that one first"


async def delete_secret(
    core: Core, caller: Human, secret: SecretId, *, if_match: int | None = None
) -> None:
    """Move a secret into the trash, for 30 days. Its name is free and its grants are gone at once."""
    async with gate.perform(core, caller, Action.SECRET_DELETE, secret) as act:
        act.require_revision(if_match)
        await act.connection.execute(
            "update secret set trashed_at = $2, trashed_by = $3, revision = revision + 1"
            " where id = $1",
            secret,
            act.at,
            act.actor[2],
        )
        await act.connection.execute("delete from secret_grant where secret = $1", secret)


async def restore_secret(core: Core, caller: Human, secret: SecretId) -> SecretView:
    """Take a secret out of the trash. Raises `NameTaken` when its name was given away meanwhile."""
    async with gate.perform(core, caller, Action.SECRET_RESTORE, secret) as act:
        with name_taken_as(_OCCUPIED):
            await act.connection.execute(
                "update secret set trashed_at = null, trashed_by = null, revision = revision + 1"
                " where id = $1",
                secret,
            )
        return await secret_in(act.connection, secret)


async def purge_secret(core: Core, caller: Human | System, secret: SecretId) -> None:
    """Delete a trashed secret with all its versions and material. There is no way back."""
    async with gate.perform(core, caller, Action.SECRET_PURGE, secret) as act:
        versions = await act.connection.fetchval(
            "select count(*) from secret_version where secret = $1", secret
        )
        for sql in (
            "delete from secret_version where secret = $1",
            "delete from secret_material where secret = $1",
            "delete from secret where id = $1",
        ):
            await act.connection.execute(sql, secret)
        act.record(versions=versions)
