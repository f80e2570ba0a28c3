"""Background jobs: each runs one use case as a system caller."""
