"""What an installation's administrator can see and do (Q-3).

The administrator sees accounts, vaults with their owners and counts, plans, and the server's state. Nothing
here reads a secret's name or value, or what members do.

| module | does |
|---|---|
| `accounts` | lists accounts, and suspends and reactivates them |
| `background_work` | counts the worker's due work, by kind |
| `installation` | lists vaults, counts, the queue and mail, and reads the installation's log |
| `recovery` | starts and cancels the recovery of someone who has lost all second factors |
| `sign_up` | closes and reopens sign-up |
| `views` | defines the return types |
"""
