"""People: the operator's first account, log-in, sessions. Accounts are rows of the installation.

| module | does |
|---|---|
| `identity` | what an e-mail address and a username may look like |
| `setup` | makes the operator's account with the one-time link |
| `setup_link` | that link: made by `init`, made anew while it is unused |
| `login` | password to session; counts failures so that they stay few |
| `sessions` | cookie or session to caller, the authenticators of people; step-up; log-out |
| `throttle` | requests of strangers, per network and route |
| `views` | what leaves |
"""
