"""The one door. `actions` says what each act needs, `decide` decides, `gate.perform` lets through.

| module | holds |
|---|---|
| `actions` | every action with its rule: the authorization table's right half |
| `operations` | every way in (API operation, job) and the action behind it: its left half |
| `roles` | what the built-in roles hold |
| `targets` | loads the object an action is about, with what `decide` needs to know of it |
| `decide` | pure: caller, rule, target → allowed, or the refusal |
| `counters` | counts in the database: attempts, routes, entries of strangers |
| `decide_read` | pure: may this machine read this secret now |
| `admission` | spends a machine's nonce and learns its state |
| `project_lock` | keeps reads and what ends them in order |
| `gate` | decides, opens the tenant's transaction, appends the entry |
"""
