"""Everything that machines can read: values, exports, changes and lists. This is the core of the product.

| module | does |
|---|---|
| `batch` | performs reads in batches, in numbered steps |
| `facts` | runs the single query of a batch |
| `checks` | pure: checks whether a read is denied: exists, frozen, attached, granted |
| `uses` | locks and writes the counts of secrets with a policy |
| `decide` | pure: decides a batch's items in arrival order |
| `effects` | performs the effects of the decisions: entries, versions and networks seen |
| `deliver` | decrypts a value whose read has been committed |
| `export` | reads many secrets for a machine in one call |
| `poll` | finds which watched secrets have changed |
| `explain` | explains a read, and lists who can read what |
| `listing` | lists everything that a machine can see without reading values |
"""
