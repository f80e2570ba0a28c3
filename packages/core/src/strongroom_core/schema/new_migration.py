"""Creates the next migration: `python -m strongroom_core.schema.new_migration "what it does"`."""

import re
import sys
from pathlib import Path

FOLDER = Path(__file__).parent / "migrations"


def main() -> None:
    """Create the migration's file. Its name consists of the next number and of what the migration does."""
    what = sys.argv[1].strip().rstrip(".")
    name = re.sub(r"[^a-z0-9]+", "_", what.lower()).strip("_")
    last = max(path.name for path in FOLDER.glob("*.sql"))
    path = FOLDER / f"{int(last[:4]) + 1:04}_{name}.sql"
    path.write_text(f"-- {what}.\n", encoding="utf-8")


if __name__ == "__main__":
    main()
