"""A whole vault at a glance, and finding things in it.

| module | does |
|---|---|
| `overview` | counts, what needs a person, the first steps |
| `signals` | what the frame of every page shows |
| `search` | objects by the beginnings of words |
| `reach` | which projects a person reaches, with which kinds of secrets |
| `views` | what leaves |
"""
