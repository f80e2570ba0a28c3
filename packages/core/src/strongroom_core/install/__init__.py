"""Installation: roles, migrations, the first start, and the first start after restoring a backup."""
