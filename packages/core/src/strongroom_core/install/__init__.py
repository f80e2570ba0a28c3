"""Installation: roles, migrations, the first start, and the first start after a backup was restored."""
