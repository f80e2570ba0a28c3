"""Secrets: creating, replacing, rotating, rolling back, listing and trashing them, and reads by machines.

| module | does |
|---|---|
| `values` | validates values and fields |
| `generate` | generates random values of a given length and charset |
| `create` | creates a secret with its first version |
| `replace` | writes a new value: given (replace) or generated (rotate) |
| `merge` | decrypts a structured secret to change some of its fields |
| `material` | encrypts a value into a separate row |
| `variables` | prevents secrets from becoming the same environment variable |
| `versions` | appends, prunes and lists versions, and rolls back |
| `change` | changes a secret's name, note, tags and environment label |
| `trash` | deletes, restores and purges secrets |
| `read` | performs machines' reads: the core of the product |
| `read_facts` | runs the single statement of a batch of reads |
| `seen` | performs a batch's updates, apart from its entries |
| `export` | reads many secrets for a machine in one call |
| `poll` | finds which watched secrets have changed |
| `machine_lists` | lists what a machine can see without reading values |
| `listing` | reads one secret's metadata, lists secrets and the trash |
| `views` | defines the return types |
"""
