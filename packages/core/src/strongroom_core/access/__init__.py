"""The authorization layer: `actions` declares what each action requires, and `decide` checks it.

| module | contents |
|---|---|
| `action` | what an action is: name, rule, severity, wording |
| `actions` | every action, declared once, by subject |
| `action_table` | all actions, by name |
| `operations` | what an operation is (an API route, screen or job), and its action |
| `roles` | the permissions of the built-in roles (RBAC) |
| `delegation` | pure: who can give which role to whom |
| `targets` | loads an action's target, with everything that `decide` needs to know about it |
| `decide` | pure: caller, rule, target → allowed, or the error |
| `counters` | counters in the database, for rate limiting |
| `mail_limits` | limits on emails to addresses that anyone can enter |
| `machine_checks` | pure: whether a machine can act at all |
| `admission` | records requests' nonces (replay protection) and finds the facts about their machines |
| `clock_check` | compares the database's clock with the time since boot, before anything irreversible |
| `project_lock` | orders reads and the changes that prevent them (advisory locks) |
| `visible` | what a user can see, as SQL conditions: projects, secrets, events |
| `gains` | denies a move or restore that would give someone rights that the caller lacks |
| `callers` | request IDs, and the server itself as a caller |
| `entry` | an audit log entry, and its canonical bytes |
| `log` | the only INSERT into the audit log |
| `looking` | runs several read-only use cases in one transaction |
| `gate` | decides, opens the vault's transaction, and appends the entry |
"""
