"""Row-level security, rights and the look-ups that come before a vault is known."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from strongroom_core.schema.sql_migration import from_sql

ID = "2026-11-22T05:01:00"
VERSION = "1.38.0"
DESCRIPTION = "row-level security, rights and look-ups"


async def forwards() -> MigrationManager:
    """Run `tenancy.sql`."""
    return from_sql(ID, DESCRIPTION, "tenancy.sql")
