"""A machine's last read of a secret in one step."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from strongroom_core.schema.sql_migration import from_sql

ID = "2026-11-22T11:19:18"
VERSION = "1.38.0"
DESCRIPTION = "A machine's last read of a secret in one step"


async def forwards() -> MigrationManager:
    """Run `a_machine_s_last_read_of_a_secret_in_one_step.sql`."""
    return from_sql(ID, DESCRIPTION, "a_machine_s_last_read_of_a_secret_in_one_step.sql")
