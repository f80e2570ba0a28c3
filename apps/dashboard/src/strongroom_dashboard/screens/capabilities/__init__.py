"""Who has a capability."""
