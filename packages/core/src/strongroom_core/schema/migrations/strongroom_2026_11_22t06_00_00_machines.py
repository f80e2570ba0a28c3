"""Machines, their keys, attachments and grants; nonces and lockouts."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from strongroom_core.schema.sql_migration import from_sql

ID = "2026-11-22T06:00:00"
VERSION = "1.38.0"
DESCRIPTION = "machines, attachments, grants, nonces, lockouts"


async def forwards() -> MigrationManager:
    """Run `machines.sql`."""
    return from_sql(ID, DESCRIPTION, "machines.sql")
