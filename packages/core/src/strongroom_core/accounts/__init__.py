"""Users: the administrator's account, signing in and sessions. Accounts belong to the installation.

| module | does |
|---|---|
| `identity` | validates email addresses and usernames |
| `setup` | creates the administrator's account with the setup link |
| `setup_link` | creates the setup link, and renews it while it is unused |
| `login` | turns a password into a session, and counts failures (brute force protection) |
| `sessions` | authenticates users by cookie or session, confirms passwords (step-up) and signs out |
| `own_sessions` | lists the person's sessions and known browsers, and ends them |
| `activity` | lists the person's own events |
| `throttle` | limits the rate of unknown clients' requests, per network and route |
| `views` | defines the return types |
"""
