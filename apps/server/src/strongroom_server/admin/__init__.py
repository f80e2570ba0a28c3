"""The admin socket, through which administration commands reach the running server.

| module | contents |
|---|---|
| `answer` | the server's side of the socket |
| `ask` | the commands' side of the socket |
| `unix_socket` | Unix sockets in folders of any depth |
"""
