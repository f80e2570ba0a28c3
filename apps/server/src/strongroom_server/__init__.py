"""The server program, which starts everything on one machine.

| module | contents |
|---|---|
| `main` | the command line, for `dev`, `init`, `serve`, `unseal`, `migrate`, `restored` and `doctor` |
| `databases`, `embedded` | the choice of a process's database; the embedded PostgreSQL |
| `unsealer`, `roots`, `root_check` | unsealing the server with the root key that an administrator enters |
| `admin` | the Unix socket that commands use to reach the running server |
| `serving` | HTTP, from the socket to the application |
| `node` | running a process until it is stopped, with its database, clock and jobs |
| `checks` | the checks of `doctor` |
| `demo` | the demo vault, its machine, and the log that `dev` prints |
| `documents` | the pages generated from code |

The other modules deal with the process and its files: `data_folder`, `files`, `limits`, `logs`.
"""
