"""The checks of `doctor`, except the database checks, which are in `strongroom_core.doctor`.

| module | checks |
|---|---|
| `folder` | the data folder: its owner, modes and free space |
| `process` | limits, networks, certificate, variables |
| `server` | the running server, its settings, database and root key |
"""
