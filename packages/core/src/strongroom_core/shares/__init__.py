"""One-time secrets for people outside the vault, and drop boxes for receiving their secrets (T-1 to T-6)."""
