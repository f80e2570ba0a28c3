"""PostgreSQL without any subject matter: connections, transactions, the tenant's scope.

Row-level security answers every query made without a scope with nothing (`docs/design/tenancy.md`).
"""
