"""The admin socket: how the operator's commands reach the running server.

| module | does |
|---|---|
| `answer` | the server's side |
| `ask` | the commands' side |
| `unix_socket` | Unix sockets in folders of any depth |
"""
