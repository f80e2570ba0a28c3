"""Members of an organization: their roles, invitations, suspension and removal (O-1 to O-6).

| module | does |
|---|---|
| `stored_roles` | finds roles by ID, and describes what they give |
| `locked` | puts changes of members and roles in order, and resolves the caller's authority again |
| `listing` | lists members, and who can do what |
| `manage` | changes a member's roles, and suspends and removes members |
| `ownership` | transfers ownership, and lets a member leave |
| `invite` | invites by email, and lists, resends and withdraws invitations |
| `joining` | shows, accepts and declines an invitation |
| `access_roles` | lists, creates, changes and deletes access roles |
| `vault_roles` | the same for custom vault roles |
| `preview` | what a member, or someone with certain roles, can see and do |
| `views` | defines the return types |
"""
