"""Users: accounts, signing in, and sessions. Accounts belong to the installation.

| module | does |
|---|---|
| `identity` | validates email addresses and usernames |
| `sign_up` | remembers a sign-up, and creates the account once the email address is confirmed |
| `opening` | decides whether people can sign up |
| `new_account` | creates an account with its personal vault |
| `mailing` | collects the details for a notice to a person |
| `reset_link` | creates a link for setting a new password, on a server that can't send email |
| `reset` | sends a link to someone who has forgotten their password |
| `change` | changes a person's email address, username and password |
| `addresses` | finds the addresses of an account, and sends notices to all of them |
| `recovery` | removes lost factors, or what someone else added, after 24 hours |
| `disown` | ends a session that the account's owner didn't start |
| `close` | closes an account |
| `endings` | ends sessions and links after a change to an account |
| `setup` | creates the administrator's account with the setup link |
| `setup_link` | creates the setup link, and renews it while it is unused |
| `proofs` | the ways in which people prove their identity |
| `login` | performs the first step of signing in, and counts failures (brute force protection) |
| `second_step` | performs the second step of signing in, and signs in with only a passkey |
| `entering` | opens a session, the last part of every way of signing in |
| `sessions` | authenticates users by cookie or session, and signs out |
| `step_up` | confirms an identity again (step-up authentication) |
| `renewal` | gives a session a new token, and ends the person's other sessions |
| `factors` | lists the person's second factors, and cleans up after a change to one |
| `authenticator_app` | adds and removes an authenticator app, and creates recovery codes |
| `passkeys` | adds and removes passkeys |
| `requirement` | sets whether a vault requires a second factor |
| `own_sessions` | lists the person's sessions and known browsers, and ends them |
| `activity` | lists the person's own events |
| `throttle` | limits the rate of unknown clients' requests, per network and route |
| `views` | defines the return types |
"""
