"""The record: what an entry is, and the only INSERT of one.

Entries are appended by `access/gate.py`, in the transaction of the action they tell of. No entry,
no effect. `docs/design/audit.md` says what an entry holds and how it will be sealed.
"""
