"""The ways in which people prove who they are. Signing in, step-up and changes of factors all use these.

| module | does |
|---|---|
| `attempts` | counts attempts, so that nobody can guess |
| `password` | verifies a password, before the transaction begins |
| `totp` | accepts a code from an authenticator app, once |
| `recovery` | accepts a recovery code, once |
| `challenge` | the random bytes that a passkey signs, once |
| `webauthn` | what browsers are asked for, and what they answer |
| `passkey` | accepts a passkey's answer |
| `prove` | accepts any second factor |
"""
