"""The first tables."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from strongroom_core.schema.sql_migration import from_sql

ID = "2026-11-22T05:00:00"
VERSION = "1.38.0"
DESCRIPTION = "tables of vaults, accounts, projects, secrets and the record"


async def forwards() -> MigrationManager:
    """Run `tables.sql`."""
    return from_sql(ID, DESCRIPTION, "tables.sql")
