"""All tables, one module per subject. References form a DAG; the constraints are in the migrations.

| module | tables |
|---|---|
| `vaults` | vault |
| `installation` | deployment, root_key, system_key |
| `accounts` | account, account_token, session, device, rate_count |
| `members` | member |
| `projects` | application, project, project_key |
| `secrets` | secret, secret_material, secret_version |
| `machines` | public_key, machine, machine_name, machine_token, request_nonce, known_pair, lockout |
| `grants` | attachment, secret_grant |
| `audit` | audit_entry (append-only) |
| `outbox` | outbox |

`tables` lists them all. `migrations/` holds the one history, in SQL that `sql_migration` runs and
`new_migration` begins;
`piccolo_app` and `piccolo_conf` are what Piccolo needs for it.
"""
