"""Applications and projects: a project is a set of secrets encrypted with its own key.

| module | does |
|---|---|
| `applications` | creates applications (with a project per environment), changes and deletes them |
| `create` | creates a project, in an application or standalone |
| `change` | renames and describes a project, and moves it into or out of an application |
| `freeze` | freezes a project, adds an incident note, and unfreezes the project |
| `trash` | moves a project to the trash, restores it, and deletes it permanently |
| `listing` | reads one project or application, and lists them |
| `browse` | lists all projects by application |
| `weigh` | summarizes a project before an action that affects the whole project |
| `keys` | creates and finds a project's keys |
| `views` | defines the return types |
"""
