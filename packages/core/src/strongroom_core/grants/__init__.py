"""Machines' access: attachments to projects, and grants of individual secrets (M-9).

| module | does |
|---|---|
| `attachments` | attaches and detaches machines; lists a project's machines and a machine's projects |
| `manage` | sets a machine's grants in a project; changes several machines' grants; lists them |
| `scope` | gives new machines the access that was chosen before they existed |
| `changes` | limits grants to existing fields, and logs which grants were added and removed |
| `readers` | shows who can read a secret, and when each machine last read it |
| `views` | defines the return types |
"""
