"""Policies: conditions for reads, which people write and apply to secrets (P-1).

| module | does |
|---|---|
| `manage` | creates, changes and deletes a policy |
| `modes` | puts a policy in shadow mode, enforces it, or suspends it |
| `apply` | applies a policy to secrets, and removes it from them |
| `listing` | lists policies, and puts conditions into words |
| `report` | reports which reads of the last week a policy would have denied |
| `destroy` | permanently deletes a secret whose time to live has expired |
| `views` | defines the return types |
| `counted` | prepares the counts of secrets that have a policy |

`kernel/policies.py` decides whether a read meets the conditions.
"""
