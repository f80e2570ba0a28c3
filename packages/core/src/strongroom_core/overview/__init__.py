"""A vault's overview, and search.

| module | does |
|---|---|
| `overview` | returns counts, items that need attention, and first steps |
| `signals` | returns the state shown in the frame of every page |
| `search` | finds objects by any part of a word |
| `reach` | finds the projects that a user can see, and the visible kinds of secrets in each |
| `views` | defines the return types |
"""
