"""sessions by id for the blind."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from strongroom_core.schema.sql_migration import from_sql

ID = "2026-11-22T11:05:19"
VERSION = "1.38.0"
DESCRIPTION = "sessions by id for the blind"


async def forwards() -> MigrationManager:
    """Run `sessions_by_id_for_the_blind.sql`."""
    return from_sql(ID, DESCRIPTION, "sessions_by_id_for_the_blind.sql")
