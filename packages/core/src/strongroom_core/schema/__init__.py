"""All tables, one module per subject. References form a DAG; constraints are in the migrations.

| module | tables |
|---|---|
| `vaults` | vault |
| `installation` | deployment, root_key, system_key, clock_reading, clock_doubt |
| `accounts` | account, account_token, session, device, totp, recovery_code, passkey, rate_count |
| `members` | vault_role, access_role, member, invitation |
| `projects` | application, project, project_key |
| `policies` | policy, policy_use |
| `secrets` | secret, secret_material, secret_version, rotation |
| `machines` | public_key, machine, machine_name, machine_token, request_nonce, known_pair, lockout |
| `grants` | attachment, secret_grant |
| `shares` | share, share_material, drop_box |
| `alerts` | alert_state, webhook, webhook_secret, delivery, mail_alert, notice |
| `audit` | audit_entry (append-only) |
| `outbox` | outbox |
| `mail` | mail |

The module `tables` lists all tables. The database's schema comes from SQL that `install/migrate.py` runs:

- `migrations/`: the numbered history of the tables. `new_migration` creates the next file. Never edit a
  released migration.
- `functions/`: one subject per file, as `create or replace` statements. To remove a function or change its
  signature, drop it in a migration.
- `rights.sql`: row-level security policies, and privileges on tables and functions.
"""
