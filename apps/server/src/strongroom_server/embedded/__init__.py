"""The PostgreSQL that Strongroom runs itself, for an installation of one machine.

| module | does |
|---|---|
| `postgres` | starts it, watches it, brings it back, stops it |
| `programs` | finds its programs, and runs them as a user that PostgreSQL accepts |
| `settings` | what it runs with |
| `folder` | the lock on its data, its socket, what was left behind |
| `template` | prepared clusters to begin from |
"""
