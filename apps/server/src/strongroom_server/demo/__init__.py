"""The demo vault of `dev`, created through the same use cases that the API calls.

| module | does |
|---|---|
| `vault` | creates the demo vault |
| `content` | its content |
| `machine` | registers a machine and has it read a secret |
| `people` | has people sign up |
| `organization` | creates an organization with members of every role |
| `story` | prints new audit log events in the terminal |
"""
