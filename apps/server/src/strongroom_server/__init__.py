"""The composition: one program that starts everything on one machine.

| module | does |
|---|---|
| `main` | the command line; `dev`, `init`, `serve`, `unseal`, `migrate`, `restored`, `doctor` behind it |
| `databases`, `embedded` | which database a process works on; the PostgreSQL of our own |
| `unsealer`, `roots`, `root_check` | from what the operator gives to an open server |
| `admin` | the socket by which commands reach the running server |
| `serving` | HTTP, from the socket to the application that answers |
| `node` | what a process does besides answering: time, jobs |
| `examine` | what `doctor` looks at |
| `demo` | the demo vault, its machine, its story |
| `documents` | the pages that are written from the code |

The rest is what a careful process needs: `data_folder`, `write_file`, `ready_file`, `descriptors`,
`core_dumps`, `logs`, `until_stopped`.
"""
