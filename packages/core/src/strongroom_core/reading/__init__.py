"""Everything that machines read: values, exports, changes and listings. The core of the product.

| module | does |
|---|---|
| `batch` | performs reads in batches; its numbered steps are the whole story |
| `facts` | runs the single statement of a batch |
| `checks` | pure: what denies a read: exists, frozen, attached, granted |
| `decide` | pure: decides a batch's items in arrival order |
| `effects` | performs what the decisions caused: entries, versions and networks seen |
| `deliver` | decrypts a value whose read has been committed |
| `export` | reads many secrets for a machine in one call |
| `poll` | finds which watched secrets have changed |
| `listing` | lists what a machine can see without reading values |
"""
