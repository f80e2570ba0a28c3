"""Vaults, which are the tenants, and their plans."""

from piccolo.columns import Boolean, Integer, Varchar
from piccolo.table import Table

from strongroom_core.db.columns import (
    DIALECT,
    NamedTable,
    TenantTable,
    optional_text,
    optional_time,
    required_text,
    required_time,
)


class Vault(Table, tablename="vault", db=DIALECT):
    """A vault. Every row in every other table belongs to one. `installation` is the reserved vault."""

    id = Varchar(length=32, primary_key=True, null=False, default=None)
    shape = required_text(16)
    name = required_text(100)
    reveal_enabled = Boolean(null=False, default=False)
    created_at = required_time()
    allowlist_enabled = Boolean(null=False, default=False)
    second_factor_required = Boolean(null=False, default=False)
    deleted_at = optional_time()
    deleted_by = optional_text(32)
    purged_at = optional_time()
    revision = Integer(null=False, default=1)


def _limit() -> Integer:
    return Integer(null=True, default=None)


class Plan(NamedTable, tablename="plan"):
    """How much vaults with this plan may have and keep. Null means no limit."""

    self_service = Boolean(null=False, default=False)
    machines = _limit()
    projects = _limit()
    secrets = _limit()
    members = _limit()
    versions = _limit()
    retention_days = _limit()
    webhooks = _limit()
    deliveries_per_day = _limit()
    agents = _limit()
    shares_per_day = _limit()
    created_at = required_time()


class VaultPlan(TenantTable, tablename="vault_plan"):
    """The plan of a vault that doesn't have the default one, and when it last got a plan that keeps less."""

    plan = Varchar(length=32, primary_key=True, null=False, default=None)
    lowered_at = optional_time()
