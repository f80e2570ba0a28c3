"""The IP allowlist."""
