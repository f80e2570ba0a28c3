"""Verifies a password before the transaction begins, to keep the transaction short."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access.counters import give_back
from strongroom_core.kernel.errors import Crowded, WrongCredentials
from strongroom_core.kernel.ids import INSTALLATION

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.crypto.password import Verified


async def verify_password(
    core: Core, stored: str | None, password: str, *, counter: str, network: str | None = None
) -> Verified | None:
    """Return None for a wrong password, after the same work as for a right one.

    An attempt that a full queue rejects doesn't count, because a flood of unknown clients must not use up a
    known device's attempts. `network` is as in `PasswordHasher.verify`.
    """
    try:
        return await core.passwords.verify(stored, password, network=network)
    except WrongCredentials:
        return None
    except Crowded:
        async with core.database.transaction(INSTALLATION) as connection:
            await give_back(connection, counter)
        raise
