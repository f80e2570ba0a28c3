"""PostgreSQL, independent of any feature: connections, transactions and the tenant's scope.

Without a scope, row-level security hides all rows from every query (`docs/design/tenancy.md`).
"""
