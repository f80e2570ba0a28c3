"""Sets a transaction's scope and role (tenant isolation, least privilege). Nothing else sets either."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

from strongroom_core.db.turns import LONGEST_LOOK

if TYPE_CHECKING:
    from strongroom_core.kernel.ids import VaultId


class Role(StrEnum):
    """The database roles of transactions. The roles that serve requests don't own any tables."""

    APP = "strongroom_app"
    """The role for machines, users and the worker."""

    BLIND = "strongroom_blind"
    """The role for agents and the dashboard, which can't read ciphertext."""

    OWNER = "strongroom_owner"
    """The role that owns the tables. Only `init` and `migrate` use it, while they run."""


_VAULT = re.compile(r"[a-z0-9_]+")


def scope(
    role: Role, vault: VaultId | None, *, looks: bool = False, keep_plans: bool = False
) -> str:
    """Return the statement that sets the role and the vault until the transaction ends.

    It has no parameters, so that it can be sent together with `begin`, which saves a round trip for each
    transaction. If the transaction only `looks`, its statements are canceled after `LONGEST_LOOK` seconds
    each. With `keep_plans`, they use their prepared plans for all arguments. Without it, PostgreSQL may plan
    each execution again. Raises `ValueError` if the vault isn't an ID.
    """
    if vault is not None and not _VAULT.fullmatch(vault):
        raise ValueError("this isn't the ID of a vault")
    plans = ", set_config('plan_cache_mode', 'force_generic_plan', true)" if keep_plans else ""
    time = f", set_config('statement_timeout', '{LONGEST_LOOK}s', true)" if looks else ""
    return (
        f"select set_config('role', '{role.value}', true),"
        f" set_config('strongroom.vault', '{vault or ''}', true){time}{plans}"
    )
