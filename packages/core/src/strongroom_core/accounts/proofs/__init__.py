"""The ways in which people prove their identity. Signing in, step-up and changing factors all use these.

| module | does |
|---|---|
| `attempts` | counts attempts, so that nobody can guess |
| `password` | verifies a password, before the transaction begins |
| `totp` | accepts a code from an authenticator app, once |
| `recovery` | accepts a recovery code, once |
| `challenge` | creates the random bytes that a passkey signs once |
| `webauthn` | creates requests to browsers, and verifies their responses |
| `passkey` | accepts a passkey's response |
| `prove` | accepts any second factor |
"""
