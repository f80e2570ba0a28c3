"""Applications and projects: a project is a set of secrets under a key of its own.

| module | does |
|---|---|
| `applications` | create (with a project per environment), change, delete |
| `create` | a project, inside an application or alone |
| `change` | rename, describe, move into and out of an application |
| `freeze` | stop all reads of a project, say what happened, lift that |
| `trash` | delete, restore, purge, erase |
| `listing` | read one, list many |
| `browse` | all of them by application, as people look for them |
| `weigh` | what an act on a whole project would touch, counted |
| `keys` | the project's key: make, find the active one |
| `views` | what leaves |
"""
