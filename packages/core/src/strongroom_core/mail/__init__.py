"""Emails to people. A use case queues them in its transaction; the worker renders and sends them (A-12, N-1).

| module | does |
|---|---|
| `kinds` | lists the kinds of email, with their words and links |
| `put` | queues an email, as part of an act |
| `link` | creates the token of a link; only its hash is stored |
| `render` | builds the message, as text and HTML |
| `smtp` | delivers a message, and distinguishes the ways in which that can fail |
| `send` | sends the emails that are due, and tries again later |
| `state` | tells the administrator whether sending works |

A row contains no secret, because the worker creates a link's token when it sends the email. Without an SMTP
server, emails are dropped, and the pages say what to do instead.
"""
