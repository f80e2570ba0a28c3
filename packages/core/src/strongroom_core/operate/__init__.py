"""What the person who runs the server does: roles, migrations, the first start, unsealing."""
