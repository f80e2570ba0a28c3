"""Migrations in SQL, run and remembered by Piccolo.

Piccolo would generate thousands of lines for the same tables and cannot say composite keys, partial
indexes or policies. So a migration here is a readable `.sql` file, and a test holds the tables that
Piccolo knows against those that PostgreSQL has (`tests/core/schema/test_tables.py`).
"""

from pathlib import Path
from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from strongroom_core.db.connection import Connection
from strongroom_core.schema import piccolo_conf

FOLDER = Path(__file__).parent / "migrations"


def from_sql(migration_id: str, description: str, name: str) -> MigrationManager:
    """Make the migration that runs the file `name` of the migrations folder, in one transaction."""
    manager = MigrationManager(
        migration_id=migration_id, app_name="strongroom", description=description
    )

    async def run() -> None:
        # Piccolo's own run_ddl prepares the text, and only one statement can be prepared.
        engine: Any = piccolo_conf.DB
        connection: Connection = engine.current_transaction.get().connection
        await connection.execute((FOLDER / name).read_text(encoding="utf-8"))

    manager.add_raw(run)  # pyright: ignore[reportUnknownMemberType] -- a bare Callable
    return manager
