"""What `doctor` looks at, but for the database, which `strongroom_core.operate.examine` does.

| module | does |
|---|---|
| `folder` | the data folder: whose it is, who may look into it, its headroom |
| `process` | limits, addresses, certificate, variables |
| `server` | what the running server finds when it is asked |
"""
