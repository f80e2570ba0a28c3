"""Secrets: made, replaced, rotated by hand, rolled back, listed, trashed. Values go in; none comes out.

| module | does |
|---|---|
| `values` | what a value and fields may be |
| `generate` | random values by length and charset |
| `create` | a new secret with its first version |
| `replace` | a new value: given (replace) or generated (rotate) |
| `merge` | opens a structured secret to change some of its fields |
| `material` | encrypts a value into a row of its own |
| `versions` | append, prune, list, roll back |
| `change` | rename, note, tags, environment label |
| `trash` | delete, restore, purge |
| `listing` | read one, list many, list the trash |
| `views` | what leaves |
"""
