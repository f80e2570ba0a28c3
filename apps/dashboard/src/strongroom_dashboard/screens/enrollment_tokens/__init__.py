"""A vault's enrollment tokens: their uses, limits and access, and how to revoke them (M-5)."""
