"""Plans and their limits: how much a vault can contain, how much it uses, and how much it keeps (Q-1, Q-2).

| module | does |
|---|---|
| `caps` | defines the limits of a plan and the default plan's values |
| `quota` | the only place that counts before something is created, restored, enrolled or enabled |
| `plans` | returns and changes a vault's plan, and lets the administrator define plans |
| `usage` | returns how much of its plan a vault uses |
| `prune` | deletes old versions that a vault's plan no longer keeps |
| `views` | defines the return types |
"""
