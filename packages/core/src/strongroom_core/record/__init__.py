"""What people see of the record: lists, single entries, the chart of reads, export, and its growth.

| module | does |
|---|---|
| `list` | entries page by page, filtered |
| `filter` | what a list can be narrowed to, and the conditions it means |
| `visible` | whose entries a person sees: decided here and nowhere else |
| `read` | one entry, with its neighbours |
| `export` | many entries at once, to be kept elsewhere |
| `recovery` | a frozen project: who read what before, what was done since |
| `chart` | delivered and refused reads over time |
| `follow` | a position in the record, and what is new since |
| `wording` | what an entry says, as a sentence |
| `views` | what leaves |
"""
