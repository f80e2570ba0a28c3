"""Requests that the server itself sends, to addresses that users chose.

| module | does |
|---|---|
| `addresses` | decides which IP addresses such a request can connect to |
| `destination` | parses URLs, and the administrator's list of private hosts |
| `sender` | sends a request, and connects only to addresses that it has checked |
"""
