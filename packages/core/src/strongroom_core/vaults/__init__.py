"""Vaults as a whole: a person's vaults, switching between them, conversion and deletion (A-8, V-1, V-8).

| module | does |
|---|---|
| `own` | lists a person's vaults, creates one, and switches to another |
| `settings` | reads and changes a vault's settings, and converts it to an organization |
| `deletion` | deletes a vault, restores it, and permanently deletes it 30 days later |
| `views` | defines the return types |
"""
