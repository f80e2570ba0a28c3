"""HTTP, from the socket to the application.

| module | contents |
|---|---|
| `http_server` | uvicorn on our own sockets, with or without TLS |
| `http_protocol` | the limits on what unknown clients can do before a request is parsed |
| `dispatcher` | sends requests to the API or to the dashboard |
| `dashboard` | builds and imports the dashboard while the API is already serving |
| `waiting_page` | the page shown until the dashboard is ready |
"""
