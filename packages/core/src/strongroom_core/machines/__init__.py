"""Machines: registration, authentication of every request, and revocation.

| module | does |
|---|---|
| `bootstrap` | creates registration tokens, and registers machines, which are then pending approval |
| `authenticate` | authenticates machine requests: turns headers and body into a caller |
| `registration` | adds a new machine to a vault, however it registers |
| `enrollment` | creates, lists and revokes enrollment tokens, and enrolls ephemeral machines with them |
| `temporary` | creates tokens for temporary machines, extends these machines, and sets their guardrails |
| `provision` | creates machines with a key file, which is downloaded once |
| `tidy` | disables and deletes expired ephemeral machines |
| `terms` | defines and checks the terms under which ephemeral machines enroll |
| `trusts` | creates, lists and revokes trusted issuers, and tests tokens |
| `identify` | enrolls jobs with an ID token |
| `claims` | checks an ID token's claims against a trust's conditions |
| `allowlist` | lists and changes the vault's IP allowlist |
| `failures` | counts failed authentications, locks out IP addresses, and logs both |
| `rotate_key` | replaces a machine's key at its own request |
| `lifecycle` | approves, denies, enables, disables, renames and revokes machines |
| `listing` | reads one machine; lists and counts machines |
| `use` | shows a machine's recent activity |
| `views` | defines the return types |
"""
