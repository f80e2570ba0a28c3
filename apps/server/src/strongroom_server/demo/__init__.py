"""The demo vault of `dev`, created through the same use cases as everything else.

| module | does |
|---|---|
| `vault` | creates the demo vault |
| `content` | its content |
| `machine` | registers a machine and has it read a secret |
| `story` | prints new audit log events in the terminal |
"""
