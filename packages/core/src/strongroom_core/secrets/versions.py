"""Versions: append one, keep as many as the plan says, list them, roll back to one (S-6)."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions import Action
from strongroom_core.crypto.random import new_id
from strongroom_core.grants.narrow import narrow_grants
from strongroom_core.kernel.errors import Conflict, NotFound
from strongroom_core.limits.plan import DEFAULT
from strongroom_core.schema.secrets import SecretVersion
from strongroom_core.secrets.listing import secret_in
from strongroom_core.secrets.views import VersionView

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import SecretId
    from strongroom_core.kernel.page import Page, PageRequest
    from strongroom_core.secrets.views import SecretView


class VersionOrigin(StrEnum):
    """How a version came to be."""

    CREATE = "create"
    REPLACE = "replace"
    ROTATE = "rotate"
    ROLLBACK = "rollback"


_ADVANCE = """
update secret set current_version = current_version + 1, field_names = $2, changed_at = $3,
       changed_by = $4, revision = revision + 1
where id = $1 returning current_version
"""

_PRUNE_VERSIONS = "delete from secret_version where secret = $1 and number <= $2"

_PRUNE_MATERIAL = """
delete from secret_material m where m.secret = $1 and not exists
    (select from secret_version v where v.secret = m.secret and v.material = m.id)
"""


async def append_version(
    act: gate.Act,
    secret: str,
    number: int,
    material: str,
    origin: VersionOrigin,
    field_names: list[str],
    restored: int | None = None,
) -> None:
    """Insert the row of one version."""
    kind, actor, name = act.actor
    await SecretVersion.insert(
        SecretVersion(
            vault=act.vault,
            id=new_id("ver"),
            secret=secret,
            number=number,
            material=material,
            origin=origin.value,
            restored=restored,
            field_names=field_names,
            actor_kind=kind,
            actor_id=actor,
            actor_name=name,
            created_at=act.at,
        )
    )


async def advance(
    act: gate.Act,
    secret: str,
    material: str,
    origin: VersionOrigin,
    field_names: list[str],
    restored: int | None = None,
) -> int:
    """Make `material` the secret's next and live version, and drop what the plan no longer keeps.

    Readers see the old version or the new, whole: the one row that says which is live changes with
    the transaction. Material goes when its last version goes; a rollback keeps old material alive.
    """
    number = await act.connection.fetchval(_ADVANCE, secret, field_names, act.at, act.actor[2])
    await append_version(act, secret, number, material, origin, field_names, restored)
    await narrow_grants(act.connection, secret, field_names)
    oldest_dropped = number - DEFAULT.versions
    if oldest_dropped > 0:
        await act.connection.execute(_PRUNE_VERSIONS, secret, oldest_dropped)
        await act.connection.execute(_PRUNE_MATERIAL, secret)
    act.record(version=number)
    return number


async def roll_back(
    core: Core, caller: Human, secret: SecretId, *, version: int, if_match: int | None = None
) -> SecretView:
    """Write a new version that shares an older one's value and key. Nothing is decrypted.

    Raises `NotFound` for a version that is not kept, `Conflict` for the one that is live.
    """
    async with gate.perform(core, caller, Action.SECRET_ROLLBACK, secret) as act:
        act.require_revision(if_match)
        row = await act.connection.fetchrow(
            "select v.material, v.field_names, s.current_version = v.number as live"
            " from secret_version v join secret s on s.id = v.secret"
            " where v.secret = $1 and v.number = $2",
            secret,
            version,
        )
        if row is None:
            raise NotFound("version")
        if row["live"]:
            raise Conflict("that version is the live one already")
        names = row["field_names"]
        await advance(act, secret, row["material"], VersionOrigin.ROLLBACK, names, version)
        act.record(restored=version)
        return await secret_in(act.connection, secret)


async def list_versions(
    core: Core, caller: Human, secret: SecretId, page: PageRequest
) -> Page[VersionView]:
    """Return the kept versions, newest first; never a value."""
    before = _number(page)
    async with gate.perform(core, caller, Action.SECRET_VIEW, secret) as act:
        rows = await act.connection.fetch(
            "select v.number, v.origin, v.restored, v.field_names, v.actor_kind, v.actor_name,"
            " v.created_at, v.number = s.current_version as current"
            " from secret_version v join secret s on s.id = v.secret"
            " where v.secret = $1 and ($2::int is null or v.number < $2)"
            " order by v.number desc limit $3",
            secret,
            before,
            page.limit + 1,
        )
    return page.page([VersionView(**row) for row in rows], lambda item: (str(item.number),))


def _number(page: PageRequest) -> int | None:
    if page.after is None:
        return None
    return int(page.after[0]) if page.after[0].isdecimal() and len(page.after[0]) < 10 else 0  # noqa: PLR2004 -- digits of an int4
