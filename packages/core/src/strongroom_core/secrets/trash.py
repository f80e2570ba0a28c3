"""Moves a secret to the trash, restores it, and deletes it permanently (S-7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from uuid import UUID

from strongroom_core.access import gate
from strongroom_core.access.actions.secrets import SECRET_DELETE, SECRET_PURGE, SECRET_RESTORE
from strongroom_core.access.clock_check import not_before_last_reading
from strongroom_core.access.gains import require_no_gain
from strongroom_core.crypto.random import new_id
from strongroom_core.db.conflicts import name_taken_as
from strongroom_core.grants.changes import machines_named, readers_of
from strongroom_core.kernel.errors import Invalid
from strongroom_core.limits.caps import Cap
from strongroom_core.limits.quota import require_room
from strongroom_core.secrets.listing import former_readers_of, secret_in
from strongroom_core.secrets.variables import require_own_variables

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human, System
    from strongroom_core.kernel.ids import SecretId
    from strongroom_core.secrets.views import SecretView

_OCCUPIED = "another secret now has this name; rename that one first"


_DELETE = """
update secret set trashed_at = $2, trashed_by = $3, revision = revision + 1, former_grants = (
    select jsonb_agg(jsonb_build_object('machine', g.machine, 'fields', g.fields))
    from secret_grant g where g.secret = $1)
where id = $1
"""

_END_ROTATION = """
update rotation set queued_version = null, queued_at = null, queued_by = null, retry_at = null
where secret = $1
"""

# The granted fields still exist, because a secret doesn't change while it is in the trash.
_GIVE_BACK = """
insert into secret_grant (vault, id, machine, secret, project, fields, granted_at, granted_by)
select s.vault, t.id, a.machine, s.id, s.project,
       (select array_agg(f) from jsonb_array_elements_text(nullif(former->'fields', 'null')) f), $2, $3
from secret s cross join jsonb_array_elements(s.former_grants) former
join unnest($4::varchar[], $5::uuid[]) t(id, machine) on t.machine = (former->>'machine')::uuid
join attachment a on a.vault = s.vault and a.machine = t.machine and a.project = s.project
where s.id = $1 returning machine
"""


async def delete_secret(
    core: Core, caller: Human, secret: SecretId, *, if_match: int | None = None
) -> None:
    """Move a secret to the trash for 30 days. Its name becomes available, and its grants end immediately.

    The machines that had a grant are saved with the secret, so that a restore can grant them access again.
    A queued rotation is canceled.
    """
    async with gate.perform(core, caller, SECRET_DELETE, secret) as act:
        act.require_revision(if_match)
        readers = await readers_of(act.connection, secret)
        at = await not_before_last_reading(act.connection, act.at)
        await act.connection.execute(_DELETE, secret, at, act.actor[2])
        await act.connection.execute("delete from secret_grant where secret = $1", secret)
        await act.connection.execute(_END_ROTATION, secret)
        act.record(**machines_named(readers))


async def restore_secret(
    core: Core,
    caller: Human,
    secret: SecretId,
    *,
    give_back: list[str] | Literal["all"] | None = None,
) -> SecretView:
    """Restore a secret from the trash, and the access of the machines in `give_back`.

    "all" means every former reader that is still attached to the project. Restoring access requires the right
    to manage grants in the project as well as the right to restore. Raises `NameTaken` if the name or a
    variable has been taken since, `CapReached`, and `Invalid` for a machine that had no access or is no
    longer attached. Raises `Refused` if someone would gain rights to this secret that the caller doesn't
    have.
    """
    async with gate.perform(core, caller, SECRET_RESTORE, secret) as act:
        kind, place = act.target.secret_kind, act.target.located
        await require_no_gain(act, before=None, after=place, kind=kind)
        await require_room(act, Cap.SECRETS)
        if give_back:
            act.require_part(SECRET_RESTORE, "giveBack")
            await _give_back(act, secret, give_back)
        await require_own_variables(act, secret, act.target.name, taken=_OCCUPIED)
        with name_taken_as(_OCCUPIED):
            await act.connection.execute(
                "update secret set trashed_at = null, trashed_by = null, former_grants = null,"
                " revision = revision + 1 where id = $1",
                secret,
            )
        return await secret_in(act.connection, secret)


async def _give_back(act: gate.Act, secret: SecretId, machines: list[str] | Literal["all"]) -> None:
    former = await former_readers_of(act.connection, [secret])
    readers = [each.machine_id for each in former.get(secret, [])]
    if machines == "all":
        wanted = readers
    elif not set(machines) <= set(map(str, readers)):
        raise Invalid(
            "giveBack contains a machine that couldn't read this secret,"
            " or that is no longer attached to its project",
            field="giveBack",
        )
    else:
        wanted = [UUID(each) for each in dict.fromkeys(machines)]
    ids = [new_id("gra") for _ in wanted]
    await act.connection.execute(_GIVE_BACK, secret, act.at, act.actor[2], ids, wanted)
    act.record(**machines_named(await readers_of(act.connection, secret)))


async def purge_secret(core: Core, caller: Human | System, secret: SecretId) -> None:
    """Permanently delete a trashed secret with all its versions and material. This can't be undone."""
    async with gate.perform(core, caller, SECRET_PURGE, secret) as act:
        versions = await act.connection.fetchval(
            "select count(*) from secret_version where secret = $1", secret
        )
        for sql in (
            "delete from policy_use where secret = $1",
            "delete from rotation where secret = $1",
            "delete from secret_version where secret = $1",
            "delete from secret_material where secret = $1",
            "delete from secret where id = $1",
        ):
            await act.connection.execute(sql, secret)
        act.record(versions=versions)
