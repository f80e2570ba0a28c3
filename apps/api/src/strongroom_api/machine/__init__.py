"""The machine API (WIRE, sections 1 to 3): signed requests, served without a web framework.

| module | contents |
|---|---|
| `plane` | the ASGI application: target, body, headers, signature, call, response |
| `calls` | every signed call: its body, use case and response |
| `enrolment` | the few calls a machine makes before it has an identity |
| `scripts` | fills in the registration scripts |
"""
