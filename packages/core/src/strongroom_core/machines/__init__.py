"""Machines: how one comes in, proves itself on every request, and is switched off.

| module | does |
|---|---|
| `bootstrap` | a token of ten minutes; the machine registers with it and waits for a person |
| `authenticate` | the authenticator of the machine plane: headers and body to caller |
| `failures` | counts failed authentications, locks addresses out, keeps the record of both |
| `rotate_key` | a machine changes its own key |
| `lifecycle` | approve, deny, enable, disable, rename, revoke |
| `listing` | read one, list and count many |
| `use` | what one has read of late |
| `views` | what leaves |
"""
