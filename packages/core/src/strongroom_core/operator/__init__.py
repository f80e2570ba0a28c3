"""What the operator of an installation sees and does (Q-3).

The operator sees accounts, vaults, their owners and counts, plans, and how the server is doing. Nothing here
reads the name of a secret, a value, or what a member did.

| module | does |
|---|---|
| `accounts` | lists accounts, and suspends and reactivates them |
| `installation` | lists vaults, counts, the queue and mail, and reads the installation's log |
| `sign_up` | closes sign-up, and opens it again |
| `views` | defines the return types |
"""
