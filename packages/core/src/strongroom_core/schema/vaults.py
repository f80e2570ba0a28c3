"""Vaults, which are the tenants."""

from piccolo.columns import Boolean, Varchar
from piccolo.table import Table

from strongroom_core.db.columns import DIALECT, required_text, required_time


class Vault(Table, tablename="vault", db=DIALECT):
    """A vault. Every row of every other table belongs to one; `installation` is the reserved one."""

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    shape = required_text(16)
    name = required_text(100)
    reveal_enabled = Boolean(null=False, default=False)
    created_at = required_time()
    allowlist_enabled = Boolean(null=False, default=False)
    second_factor_required = Boolean(null=False, default=False)
