"""The enrollment tokens of a vault: their uses, limits and access, and revoking them (M-5)."""
