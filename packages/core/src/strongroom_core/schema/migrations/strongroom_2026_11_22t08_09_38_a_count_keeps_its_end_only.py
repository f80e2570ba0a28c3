"""a count keeps its end only."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from strongroom_core.schema.sql_migration import from_sql

ID = "2026-11-22T08:09:38"
VERSION = "1.38.0"
DESCRIPTION = "a count keeps its end only"


async def forwards() -> MigrationManager:
    """Run `a_count_keeps_its_end_only.sql`."""
    return from_sql(ID, DESCRIPTION, "a_count_keeps_its_end_only.sql")
