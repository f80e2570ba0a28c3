"""Reads the audit log: lists, single entries, the chart of reads, exports, and following it.

`access/gate.py` writes entries in the transaction of the action; `access/entry.py` defines what they contain.
`docs/design/audit.md` explains why.

| module | does |
|---|---|
| `list` | lists entries page by page, filtered |
| `filter` | defines the filters of a list, and their SQL conditions |
| `fold` | combines identical consecutive reads into one, with a count |
| `read` | returns one entry, with its neighbors |
| `export` | exports many entries at once, as a file |
| `recovery` | shows who read what before a project was frozen, and what has been done since then |
| `chart` | counts delivered and denied reads over time |
| `follow` | follows the log from a position |
| `wording` | describes an entry in a sentence |
| `views` | defines the return types |
"""
