"""The record by vault, and words to find things by."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from strongroom_core.schema.sql_migration import from_sql

ID = "2026-11-22T11:14:44"
VERSION = "1.38.0"
DESCRIPTION = "The record by vault, and words to find things by"


async def forwards() -> MigrationManager:
    """Run `the_record_by_vault_and_words_to_find_things_by.sql`."""
    return from_sql(ID, DESCRIPTION, "the_record_by_vault_and_words_to_find_things_by.sql")
