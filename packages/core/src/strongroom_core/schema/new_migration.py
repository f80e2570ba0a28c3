"""Writes the two files of the next migration: `python -m strongroom_core.schema.new_migration "what"`."""

import re
import sys
from datetime import UTC, datetime

from strongroom_core.schema.sql_migration import FOLDER

_STUB = '''"""{what}."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from strongroom_core.schema.sql_migration import from_sql

ID = "{id}"
VERSION = "1.38.0"
DESCRIPTION = "{what}"


async def forwards() -> MigrationManager:
    """Run `{name}.sql`."""
    return from_sql(ID, DESCRIPTION, "{name}.sql")
'''


def main() -> None:
    """Write the files, named for the present moment and what the migration does."""
    what = sys.argv[1].strip().rstrip(".")
    name = re.sub(r"[^a-z0-9]+", "_", what.lower()).strip("_")
    now = datetime.now(UTC).replace(microsecond=0, tzinfo=None)  # noqa: TID251 -- a file's name
    stamp = now.strftime("%Y_%m_%dt%H_%M_%S")
    stub = _STUB.format(what=what, id=now.isoformat(), name=name)
    (FOLDER / f"strongroom_{stamp}_{name}.py").write_text(stub, encoding="utf-8")
    (FOLDER / f"{name}.sql").write_text(f"-- {what}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
