"""Requests that the server itself sends to addresses chosen by users.

| module | does |
|---|---|
| `addresses` | decides to which IP addresses such a request can connect |
| `destination` | parses URLs, and the administrator's list of private hosts |
| `sender` | sends a request, and connects only to addresses that it has checked |
"""
