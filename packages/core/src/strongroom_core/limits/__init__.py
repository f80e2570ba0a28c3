"""Plans and their limits: how much a vault may have, how much it uses, and how much it keeps (Q-1, Q-2).

| module | does |
|---|---|
| `caps` | names the limits of a plan, and says what the default plan allows |
| `quota` | the only place that counts before something is created, restored, enrolled or enabled |
| `plans` | shows and chooses a vault's plan, and defines plans for the operator |
| `usage` | returns how much of its plan a vault uses |
| `prune` | deletes old versions that a vault's plan no longer keeps |
| `views` | defines the return types |
"""
