"""Policies: conditions for reads, which people write and apply to secrets (P-1).

| module | does |
|---|---|
| `manage` | creates, changes and deletes a policy |
| `modes` | puts a policy in shadow, enforces it, suspends it |
| `apply` | applies a policy to secrets, and removes it from them |
| `listing` | lists policies, and puts conditions into words |
| `report` | reports which reads of the last week a policy would have denied |
| `destroy` | permanently deletes a secret whose time to live has ended |
| `views` | what use cases return |
| `counted` | prepares the counts of secrets that have a policy |

`kernel/policies.py` decides whether a read meets the conditions.
"""
