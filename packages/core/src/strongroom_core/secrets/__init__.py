"""Secrets: creating, replacing, rotating, rolling back, listing and deleting them.

| module | does |
|---|---|
| `values` | validates values and fields |
| `generate` | generates random values of a given length and charset |
| `create` | creates a secret with its first version |
| `replace` | writes a new value: given (replace) or generated (rotate) |
| `rotation` | sets, queues and finds rotations |
| `merge` | decrypts a structured secret to change some of its fields |
| `material` | encrypts a value into a separate row |
| `variables` | prevents secrets from becoming the same environment variable |
| `versions` | appends, prunes and lists versions, and rolls back |
| `change` | changes a secret's name, note, tags and environment label |
| `canaries` | plants canaries, changes, re-plants and lists them, and runs drills |
| `drills` | finds what became of the alerts about drills |
| `decoys` | generates the values that canaries contain |
| `trash` | deletes, restores and permanently deletes secrets |
| `listing` | reads one secret's metadata; lists secrets and the trash |
| `views` | defines the return types |
"""
