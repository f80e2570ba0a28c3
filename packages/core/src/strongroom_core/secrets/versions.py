"""Appends versions, keeps as many of them as the plan allows, lists them, and rolls back (S-6)."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.secrets import SECRET_ROLLBACK, SECRET_VIEW
from strongroom_core.access.decide import decide_capability
from strongroom_core.crypto.random import new_id
from strongroom_core.db.conditions import Conditions
from strongroom_core.db.listing import Key, Listing, fetch_counted
from strongroom_core.grants.changes import machines_named, narrow_grants
from strongroom_core.kernel.authority import ProjectCapability
from strongroom_core.kernel.caller import Human
from strongroom_core.kernel.errors import Conflict, NotFound
from strongroom_core.limits.prune import kept_versions
from strongroom_core.limits.usage import limits_row
from strongroom_core.schema.secrets import SecretVersion
from strongroom_core.secrets.listing import secret_in
from strongroom_core.secrets.variables import require_variables_free
from strongroom_core.secrets.views import KeptVersions, VersionView

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.ids import SecretId
    from strongroom_core.kernel.page import CountedPage, PageRequest
    from strongroom_core.secrets.views import SecretView


class VersionOrigin(StrEnum):
    """How a version was made."""

    CREATE = "create"
    REPLACE = "replace"
    ROTATE = "rotate"
    ROLLBACK = "rollback"
    DROP_BOX = "drop_box"
    """Submitted by someone without an account, through a drop box (T-6)."""


VERSIONS = Listing(
    columns="v.number, v.origin, v.restored, v.field_names, v.actor_kind, v.actor_name,"
    " v.created_at, v.number = s.current_version as current",
    source="secret_version v join secret s on s.id = v.secret",
    id=Key("v.number", "integer"),
    sorts={"number": ()},
    default="-number",
)

# A rotation that is queued for the previous version ends.
_ADVANCE = """
with ended as (
    update rotation set queued_version = null, queued_at = null, queued_by = null, retry_at = null
    where secret = $1 returning fields
)
update secret set current_version = current_version + 1, field_names = $2, changed_at = $3,
       changed_by = $4, revision = revision + 1
where id = $1 returning current_version, (select fields from ended) as rotated
"""

_PRUNE_VERSIONS = "delete from secret_version where secret = $1 and number <= $2"

_PRUNE_MATERIAL = """
delete from secret_material m where m.secret = $1 and not exists
    (select from secret_version v where v.secret = m.secret and v.material = m.id)
"""


def require_replaceable(act: gate.Act) -> None:
    """Raise `Conflict` for a canary, because only re-planting changes its value (C-4).

    The error says that it is a canary only to people who can manage canaries.
    """
    if not act.target.canary:
        return
    if isinstance(act.caller, Human):
        needed = ProjectCapability.CANARIES_MANAGE
        if decide_capability(act.caller, needed, act.target) is None:
            raise Conflict("this secret is a canary; re-plant it to give it a new value")
    raise Conflict("the value of this secret can't be changed by hand")


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
    version = SecretVersion(
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
    await act.run(SecretVersion.insert(version))


async def advance(
    act: gate.Act,
    secret: str,
    material: str,
    origin: VersionOrigin,
    field_names: list[str],
    restored: int | None = None,
) -> int:
    """Make `material` the secret's next and current version, and prune old ones.

    Readers see either the old version or the new one, because the row with the current version's number
    changes when the transaction commits. Material is deleted together with the last version that uses it; a
    rollback uses old material again. Raises `NameTaken` if a new field's variable is in use, and
    `Conflict` if a field that rotates is missing.
    """
    place = act.target.place
    if field_names and place is not None:
        name = act.target.name
        await require_variables_free(
            act, place.project, secret, name, field_names=field_names, taken=name
        )
    row = await act.connection.fetchrow(_ADVANCE, secret, field_names, act.at, act.actor[2])
    if row is None:
        raise NotFound("secret")
    missing = [name for name in row["rotated"] or () if name not in field_names]
    if missing:
        raise Conflict(f"{missing[0]} is a field that rotates; change the rotation settings first")
    number = row["current_version"]
    await append_version(act, secret, number, material, origin, field_names, restored)
    lost = await narrow_grants(act.connection, secret, field_names)
    if lost:
        act.record(**machines_named(lost))
    kept = await kept_versions(act.connection, act.vault)
    oldest_dropped = number - kept if kept is not None else 0
    if oldest_dropped > 0:
        await act.connection.execute(_PRUNE_VERSIONS, secret, oldest_dropped)
        await act.connection.execute(_PRUNE_MATERIAL, secret)
    act.record(version=number)
    return number


async def roll_back(
    core: Core, caller: Human, secret: SecretId, *, version: int, if_match: int | None = None
) -> SecretView:
    """Roll back: write a new version that shares an older version's value and key. Nothing is decrypted.

    Raises `NotFound` for a version that wasn't kept, and `Conflict` for the current version.
    """
    async with gate.perform(core, caller, SECRET_ROLLBACK, secret) as act:
        act.require_revision(if_match)
        require_replaceable(act)
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
            raise Conflict("that version is already the current one")
        names = row["field_names"]
        await advance(act, secret, row["material"], VersionOrigin.ROLLBACK, names, version)
        act.record(restored=version)
        return await secret_in(act.connection, secret)


async def list_versions(
    core: Core, caller: Human, secret: SecretId, page: PageRequest
) -> CountedPage[VersionView]:
    """Return the kept versions, newest first, without their values."""
    conditions = Conditions()
    conditions.add("v.secret = {0}", secret)
    async with gate.perform(core, caller, SECRET_VIEW, secret) as act:
        return await fetch_counted(act.connection, VERSIONS, page, conditions, VersionView.of_row)


async def read_kept_versions(core: Core, caller: Human, secret: SecretId) -> KeptVersions:
    """Return how many versions of a secret are kept, and how many the plan keeps at most."""
    async with gate.perform(core, caller, SECRET_VIEW, secret) as act:
        kept = await act.connection.fetchval(
            "select count(*) from secret_version where secret = $1", secret
        )
        most = (await limits_row(act.connection, act.vault))["versions"]
    return KeptVersions(kept=kept, most=most)
