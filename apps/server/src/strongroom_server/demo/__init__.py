"""The demo of `dev`: made through the same use cases as everything else.

| module | does |
|---|---|
| `vault` | makes the demo vault |
| `content` | what is in it |
| `machine` | lets a machine in, and has it read |
| `story` | tells the record in the terminal as it grows |
"""
