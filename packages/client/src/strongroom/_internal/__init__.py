"""The implementation of `strongroom`'s public names. Nothing else imports from here.

| module | contents |
|---|---|
| `client`, `async_client` | the classes that a program uses: `Strongroom` and `AsyncStrongroom` |
| `operations` | every operation, written once, as steps for both clients |
| `steps` | the kinds of steps: send, sleep, call |
| `calls` | the call table: methods, paths, and how to parse responses |
| `exchange` | one call, with signing, retries and backoff |
| `transport`, `connections` | blocking HTTP on keep-alive connections; the only network access |
| `route` | the server's URL, and the proxy if there is one |
| `refusals` | the conversion of error responses to exceptions |
| `sanitize` | the validation of everything that a server sends |
| `value`, `answers` | the return types |
| `identity`, `private_key` | this machine's identity, on disk and in memory, and how to find it |
| `identity_files` | the code that writes identities and keys to disk |
| `private_files` | files that no other user can read or write |
| `unsigned`, `workload` | registration (`workload`: with an ID token), and server status |
| `offline_cache` | the cache's settings and state, as a program sees them |
| `cache_folder`, `cache_entries` | the cache on disk, and one encrypted entry |
| `watching` | the detection of changes to watched secrets |
| `admin_client`, `admin_async_client` | the classes for people: `Admin` and `AsyncAdmin` |
| `admin_bodies` | what these operations send |
| `admin_operations`, `admin_calls`, `admin_views` | people's operations, their calls and return types |
| `entry_watch` | the detection of new events in the audit log |
| `log_in` | signing in: a new key, which a person approves with a code |
| `person_key` | people's keys and profiles on this computer |
| `system` | clock and randomness |
"""
