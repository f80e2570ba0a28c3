"""Mail to people. A use case queues it in its transaction; the worker renders and sends it (A-12, N-1).

| module | does |
|---|---|
| `kinds` | lists the kinds of mail, with their words and links |
| `put` | queues a mail, as part of an act |
| `link` | creates the token of a link; only its hash is stored |
| `render` | builds the message, as text and HTML |
| `smtp` | delivers a message, and names each way in which that can fail |
| `send` | sends what is due, and tries again later |
| `state` | tells the operator how sending goes |

A row contains no secret: the worker creates a link's token when it sends the mail. Without an SMTP server,
mail is dropped, and the pages say what to do instead.
"""
