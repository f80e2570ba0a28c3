"""Secrets: made, replaced, rotated by hand, rolled back, listed, trashed; and read by machines.

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
| `read` | a machine reads: the heart of the product |
| `read_facts` | the one statement of a batch of reads |
| `seen` | what a batch leaves behind besides its entries |
| `export` | a machine reads many in one call |
| `poll` | which watched secrets changed |
| `machine_lists` | what a machine may see without reading |
| `listing` | read one, list many, list the trash |
| `views` | what leaves |
"""
