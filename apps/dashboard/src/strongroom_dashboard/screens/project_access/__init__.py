"""Who can read what in a project, and why a machine can't."""
