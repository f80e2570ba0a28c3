"""The core of whatever must never open a value: no keys, and a role that cannot read ciphertext."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from strongroom_core.core import refuse_reads
from strongroom_core.db.scope import Role

if TYPE_CHECKING:
    from strongroom_core.core import Core


def blind_core(core: Core) -> Core:
    """Return a core on the same pool and clock that has no keyring and acts as *blind*.

    It is unsealed: it needs no root for what it may do.
    """
    return replace(
        core,
        database=core.database.taking_on(Role.BLIND),
        keyring=None,
        sealed=False,
        machines={},
        reads=refuse_reads(),
    )
