"""HTTP, from the socket to the application that answers.

| module | does |
|---|---|
| `http_server` | uvicorn on sockets of our own, with or without TLS |
| `http_protocol` | an end to everything a stranger can do before a request is known |
| `dispatcher` | the API, or the dashboard? |
| `dashboard` | builds and imports the dashboard beside an API that answers |
| `waiting_page` | what is said meanwhile |
"""
