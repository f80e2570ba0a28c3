"""Secret rotation: a secret's settings, and the rotation queued for its current version (X-1, P-2).

A rotation is queued by a person or by a policy that counts reads, and belongs to one version. The worker
performs it (`secrets/replace.py`). Any new version cancels it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.secrets import (
    ROTATION_DELETE,
    ROTATION_QUEUE,
    ROTATION_SET,
)
from strongroom_core.kernel.errors import Axis, Conflict, Invalid
from strongroom_core.kernel.ids import SecretId, VaultId
from strongroom_core.kernel.policies import stored_conditions
from strongroom_core.secrets.listing import secret_in
from strongroom_core.secrets.versions import require_replaceable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.secrets.generate import Recipe
    from strongroom_core.secrets.views import SecretView

_SET = """
insert into rotation (vault, secret, length, charset, fields, set_at, set_by)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (secret) do update
set length = excluded.length, charset = excluded.charset, fields = excluded.fields,
    set_at = excluded.set_at, set_by = excluded.set_by
"""

_QUEUE = """
update rotation r set queued_version = s.current_version, queued_at = $2, queued_by = $3, retry_at = null
from secret s
where s.id = $1 and r.secret = s.id and r.queued_version is distinct from s.current_version
"""

_POLICY = """
select p.name, p.conditions from secret s join policy p on p.vault = s.vault and p.id = s.policy
where s.id = $1
"""

_REVISE = "update secret set revision = revision + 1 where id = $1"


async def set_rotation(
    core: Core,
    caller: Human,
    secret: SecretId,
    recipe: Recipe,
    *,
    fields: Sequence[str] = (),
    if_match: int | None = None,
) -> SecretView:
    """Set how a rotation generates the secret's next value; in a structured secret, for the named fields.

    Nothing is rotated yet. Raises `Invalid` for other fields, and `Conflict` for a canary.
    """
    async with gate.perform(core, caller, ROTATION_SET, secret) as act:
        act.require_revision(if_match)
        require_replaceable(act)
        live = (await secret_in(act.connection, secret)).field_names
        named = [name for name in live if name in fields]
        if bool(live) != bool(fields) or len(named) != len(set(fields)):
            raise Invalid(
                "name at least one field to rotate, and only fields that the secret has"
                if live
                else "this secret has a single value, not fields",
                field="fields",
            )
        await act.connection.execute(
            _SET,
            act.vault,
            secret,
            recipe.length,
            recipe.charset.value,
            named,
            act.at,
            act.actor[2],
        )
        await act.connection.execute(_REVISE, secret)
        act.record(length=recipe.length, charset=recipe.charset.value, fields=named)
        return await secret_in(act.connection, secret)


async def delete_rotation(
    core: Core, caller: Human, secret: SecretId, *, if_match: int | None = None
) -> SecretView:
    """Delete a secret's rotation settings, and the rotation that is queued, if there is one.

    Raises `Conflict` if it has none, or if its policy needs them.
    """
    async with gate.perform(core, caller, ROTATION_DELETE, secret) as act:
        act.require_revision(if_match)
        view = await secret_in(act.connection, secret)
        if view.rotation is None:
            raise no_rotation()
        policy = await act.connection.fetchrow(_POLICY, secret)
        conditions = stored_conditions(policy["conditions"]) if policy is not None else None
        if policy is not None and conditions is not None and conditions.has(Axis.ROTATE):
            raise Conflict(
                f"the policy {policy['name']} rotates this secret; remove the policy first"
            )
        await act.connection.execute("delete from rotation where secret = $1", secret)
        await act.connection.execute(_REVISE, secret)
        act.record(length=view.rotation.length, charset=view.rotation.charset)
        act.record(fields=view.rotation.fields)
        return await secret_in(act.connection, secret)


async def queue_rotation(core: Core, caller: Human, secret: SecretId) -> SecretView:
    """Have the worker rotate the secret soon or, if the project is frozen, once it is unfrozen.

    Queuing it again changes nothing. Raises `Conflict` without rotation settings.
    """
    async with gate.perform(core, caller, ROTATION_QUEUE, secret) as act:
        view = await secret_in(act.connection, secret)
        if view.rotation is None:
            raise no_rotation()
        await act.connection.execute(_QUEUE, secret, act.at, act.actor[2])
        act.record(version=view.version)
        return await secret_in(act.connection, secret)


async def due_rotations(core: Core, *, most: int = 100) -> list[tuple[VaultId, SecretId]]:
    """Return all vaults' secrets whose queued rotation can be performed now."""
    async with core.database.transaction(None) as connection:
        rows = await connection.fetch("select * from due_rotations($1, $2)", core.clock.now(), most)
    return [(VaultId(row["vault"]), SecretId(row["id"])) for row in rows]


def no_rotation() -> Conflict:
    """Return the error for a secret without rotation settings."""
    return Conflict("this secret has no rotation settings; set them first")
