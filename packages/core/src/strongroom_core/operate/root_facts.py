"""What is known of the root without having it: enough to derive, to recognise and to refuse one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from strongroom_core.kernel.errors import NotInitialised
from strongroom_core.kernel.ids import INSTALLATION

if TYPE_CHECKING:
    from strongroom_core.core import Core


@dataclass(frozen=True, slots=True)
class RootFacts:
    """The wanted root's version and key-check value, and how a passphrase becomes it (or None)."""

    deployment: str
    version: int
    check_value: bytes = field(repr=False)
    kdf: str | None


async def root_facts(core: Core) -> RootFacts:
    """Read the facts of the active root. Raises `NotInitialised` where there is none."""
    async with core.database.transaction(INSTALLATION) as connection:
        row = await connection.fetchrow(
            "select version, check_value, kdf from root_key where state = 'active'"
        )
    if row is None:
        raise NotInitialised("this database has no root: run `strongroom-server init`")
    return RootFacts(core.deployment, row["version"], row["check_value"], row["kdf"])
