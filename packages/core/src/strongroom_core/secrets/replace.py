"""Writes a new value: given by a user (replace) or generated (rotate, S-8, X-1)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.secrets import SECRET_REPLACE, SECRET_ROTATE
from strongroom_core.kernel.authority import SecretKind
from strongroom_core.kernel.errors import Conflict, Invalid
from strongroom_core.secrets.generate import Charset, Recipe, generate
from strongroom_core.secrets.listing import secret_in
from strongroom_core.secrets.material import store_value
from strongroom_core.secrets.merge import merge_fields
from strongroom_core.secrets.values import complete, single_value, structured_value
from strongroom_core.secrets.versions import VersionOrigin, advance, require_replaceable

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human, System
    from strongroom_core.kernel.ids import SecretId
    from strongroom_core.kernel.plaintext import Plaintext
    from strongroom_core.secrets.create import Content
    from strongroom_core.secrets.views import SecretView

RETRY = timedelta(minutes=10)

_QUEUED = """
select r.length, r.charset, r.fields, r.queued_by
from rotation r
join secret s on s.vault = r.vault and s.id = r.secret and s.current_version = r.queued_version
where r.secret = $1
"""


async def replace_secret(
    core: Core,
    caller: Human,
    secret: SecretId,
    content: Content,
    *,
    removed_fields: Sequence[str] = (),
    if_match: int | None = None,
) -> SecretView:
    """Write a new version with `content`.

    In a structured secret, the named fields change, blank ones are generated, `removed_fields` are removed,
    and the others stay the same. Raises `Invalid` if the content doesn't fit the kind, and `Conflict` for a
    canary.
    """
    async with gate.perform(core, caller, SECRET_REPLACE, secret) as act:
        act.require_revision(if_match)
        require_replaceable(act)
        if act.target.secret_kind is SecretKind.SINGLE:
            if content.fields is not None or removed_fields:
                raise Invalid("this secret has a single value, not fields", field="fields")
            await write_value(core, act, VersionOrigin.REPLACE, *_single(content))
        else:
            if content.value is not None:
                raise Invalid("this secret has fields, not a single value", field="value")
            changed = complete(content.fields or {}, content.recipe)
            if not changed and not removed_fields:
                raise Invalid("name at least one field to change", field="fields")
            await _merge(core, act, VersionOrigin.REPLACE, changed, removed_fields)
        return await secret_in(act.connection, secret)


async def rotate_secret(
    core: Core,
    caller: Human,
    secret: SecretId,
    recipe: Recipe,
    *,
    fields: Sequence[str] = (),
    if_match: int | None = None,
) -> SecretView:
    """Write a new version with a generated value; in a structured secret, for the named fields.

    Raises `Conflict` for a canary.
    """
    async with gate.perform(core, caller, SECRET_ROTATE, secret) as act:
        act.require_revision(if_match)
        require_replaceable(act)
        if act.target.secret_kind is SecretKind.SINGLE:
            if fields:
                raise Invalid("this secret has a single value, not fields", field="fields")
        else:
            live = (await secret_in(act.connection, secret)).field_names
            if not fields or not set(fields) <= set(live):
                raise Invalid(
                    "name at least one field to rotate, and only fields that the secret has",
                    field="fields",
                )
        await _generate(core, act, recipe, fields)
        return await secret_in(act.connection, secret)


async def perform_rotation(core: Core, caller: System, secret: SecretId) -> None:
    """Perform the rotation that is queued for the secret's current version, with its rotation settings.

    Raises `Conflict` if none is queued, for example because another worker has performed it, and `Frozen`.
    """
    async with gate.perform(core, caller, SECRET_ROTATE, secret) as act:
        row = await act.connection.fetchrow(_QUEUED, secret)
        if row is None:
            raise Conflict("no rotation is queued for this version")
        recipe = Recipe(row["length"], Charset(row["charset"]))
        await _generate(core, act, recipe, row["fields"])
        act.record(queued_by=row["queued_by"])


async def postpone_rotation(core: Core, caller: System, secret: SecretId) -> None:
    """Try a queued rotation that failed again later, so that it doesn't fail every few seconds."""
    async with core.database.transaction(caller.vault) as connection:
        await connection.execute(
            "update rotation set retry_at = $2 where secret = $1", secret, core.clock.now() + RETRY
        )


async def _generate(core: Core, act: gate.Act, recipe: Recipe, fields: Sequence[str]) -> None:
    """Write a version with a generated value or, in a structured secret, with these fields generated."""
    if act.target.secret_kind is SecretKind.SINGLE:
        await write_value(core, act, VersionOrigin.ROTATE, generate(recipe), [])
    else:
        changed = {name: generate(recipe).reveal().decode() for name in fields}
        await _merge(core, act, VersionOrigin.ROTATE, changed, ())


def _single(content: Content) -> tuple[Plaintext, list[str]]:
    return single_value(content.value, content.recipe), []


async def _merge(
    core: Core,
    act: gate.Act,
    origin: VersionOrigin,
    changed: Mapping[str, str],
    removed: Collection[str],
) -> None:
    fields = await merge_fields(core, act, act.target.id, changed, removed)
    await write_value(core, act, origin, structured_value(fields), list(fields))
    act.record(fields=sorted(changed))


async def write_value(
    core: Core, act: gate.Act, origin: VersionOrigin, value: Plaintext, field_names: list[str]
) -> None:
    """Store a value as the next version of the act's secret."""
    place = act.target.place
    if place is None:
        raise ValueError("a secret always has a project")
    material = await store_value(core, act, place.project, act.target.id, value)
    await advance(act, act.target.id, material, origin, field_names)
