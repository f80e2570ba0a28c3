"""What a program suggests for its key (D-5).

A program that asks for a key is anonymous. It must not learn which vaults and projects exist, so nothing is
looked up when it asks. Once a person has entered the code, the names are looked up among that person's own
vaults and projects, and fill in the form. Only what the person then sends decides what the key can do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.kernel.errors import Invalid
from strongroom_core.kernel.ids import INSTALLATION, ProjectId, VaultId
from strongroom_core.kernel.limits import NAME_LENGTH
from strongroom_core.kernel.names import folded, require_name
from strongroom_core.keys.views import SuggestedKey
from strongroom_core.overview.reach import reached_by

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Row
    from strongroom_core.kernel.caller import Human

SHORTEST, USUAL, LONGEST = timedelta(hours=8), timedelta(days=30), timedelta(days=90)
PATH_LENGTH = 2 * NAME_LENGTH + 1
MOST_SUGGESTED = 20

_VAULTS = "select id, name from memberships_of($1, $2) where deleted_at is null"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestions:
    """What a program suggests. `lifetime` is in seconds.

    A vault is a name or an ID, and a project is a path or an ID.
    """

    name: str | None = None
    lifetime: int | None = None
    looking: bool = False
    vault: str | None = None
    projects: Sequence[str] | None = None


NOTHING_SUGGESTED = Suggestions()


def require_suggestions(given: Suggestions) -> Suggestions:
    """Return the suggestions. Raises `Invalid` for what no key can have, whatever exists."""
    if given.name is not None:
        require_name(given.name, field="suggested.name", most=NAME_LENGTH)
    if given.lifetime is not None:
        require_lifetime(given.lifetime, field="suggested.lifetimeSeconds")
    if given.vault is not None:
        require_name(given.vault, field="suggested.vault", most=NAME_LENGTH)
    if given.projects is not None:
        if not 1 <= len(given.projects) <= MOST_SUGGESTED:
            raise Invalid(
                f"suggested.projects must name 1–{MOST_SUGGESTED} projects",
                field="suggested.projects",
            )
        for each in given.projects:
            require_name(each, field="suggested.projects", most=PATH_LENGTH)
    return given


def require_lifetime(seconds: int, *, field: str) -> timedelta:
    """Return a key's lifetime. Raises `Invalid` unless it is 8 hours to 90 days."""
    if not SHORTEST <= timedelta(seconds=max(0, min(seconds, 10**9))) <= LONGEST:
        raise Invalid(
            f"{field} must be from 28,800 (8 hours) to 7,776,000 (90 days)",
            field=field,
        )
    return timedelta(seconds=seconds)


async def look_up_suggestions(core: Core, caller: Human, row: Row, at: datetime) -> SuggestedKey:
    """Return what the program suggests, with the person's own vault and projects that it names.

    Projects are looked up only if the suggested vault is the session's, because a name belongs to a vault.
    """
    vault, typed = row["suggested_vault"], row["suggested_projects"]
    vault_id = caller.vault if vault is None else await _vault(core, caller, vault, at)
    found: dict[str, ProjectId] = {}
    if typed is not None and vault_id == caller.vault:
        found = await _projects(core, caller, typed)
    return SuggestedKey(
        name=row["suggested_name"],
        lifetime_seconds=row["suggested_lifetime"],
        looking=row["suggested_looking"],
        vault=vault,
        vault_id=vault_id if vault is not None else None,
        other_vault=vault_id not in (caller.vault, None),
        unknown_vault=vault_id is None,
        projects=None if typed is None else list(dict.fromkeys(found.values())),
        unknown_projects=[each for each in typed or () if each not in found],
    )


async def _vault(core: Core, caller: Human, wanted: str, at: datetime) -> VaultId | None:
    """Return the person's vault with this ID or name: the session's, if several have the name."""
    async with core.database.transaction(INSTALLATION) as connection:
        rows = await connection.fetch(_VAULTS, caller.account, at)
    found = [
        VaultId(row["id"])
        for row in rows
        if wanted == row["id"] or folded(wanted) == folded(row["name"])
    ]
    return caller.vault if caller.vault in found else next(iter(found), None)


async def _projects(core: Core, caller: Human, wanted: Sequence[str]) -> dict[str, ProjectId]:
    """Return the projects that the person can see, by what the program calls them: a path or an ID."""
    async with core.database.transaction(caller.vault) as connection:
        reached = await reached_by(connection, caller)
    named = {
        folded("/".join(filter(None, (each.application_name, each.name)))): each.id
        for each in reached
    }
    ids = {each.id for each in reached}
    found = {each: ProjectId(each) if each in ids else named.get(folded(each)) for each in wanted}
    return {typed: each for typed, each in found.items() if each is not None}
