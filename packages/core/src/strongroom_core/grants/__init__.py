"""Which machine may read what: attached to projects, granted secrets one by one (M-9).

| module | does |
|---|---|
| `attachments` | attach and detach; list a project's machines and a machine's projects |
| `manage` | set the grants of a machine in a project; list them |
| `narrow` | keeps grants of fields within those a secret still has |
| `readers` | who can read a secret, and when each machine last did |
| `views` | what leaves |
"""
