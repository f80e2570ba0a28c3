"""Plans and their limits: what a vault may have, what it uses, and what it keeps (Q-1, Q-2).

| module | does |
|---|---|
| `caps` | names the limits of a plan, and says what the default plan allows |
| `quota` | the only place that counts before something is created, restored, enrolled or enabled |
| `plans` | shows and chooses a vault's plan, and defines plans for the operator |
| `usage` | tells how much of its plan a vault uses |
| `prune` | deletes old versions that a vault's plan no longer keeps |
| `views` | defines the return types |
"""
