"""The embedded PostgreSQL, for an installation on one machine.

| module | does |
|---|---|
| `postgres` | starts, supervises, restarts and stops PostgreSQL |
| `programs` | finds PostgreSQL's programs and settings, and a user that PostgreSQL accepts |
| `folder` | locks the data, creates the socket, cleans up after a crash |
| `template` | keeps prepared clusters to copy |
"""
