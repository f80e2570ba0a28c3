"""The machine plane (WIRE, sections 1 to 3): signed requests, served without a framework in between.

| module | does |
|---|---|
| `plane` | one ASGI application: target, body, headers, signature, call, answer |
| `calls` | every signed call: its body, its use case, its answer |
| `enrolment` | the few calls a machine makes before it has an identity |
| `scripts` | the enrolment scripts, filled in |
"""
