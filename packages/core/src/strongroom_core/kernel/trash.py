"""How long deleted objects can be restored."""

from datetime import timedelta

TRASH_LIFETIME = timedelta(days=30)
"""How long deleted objects can be restored (S-7, V-3)."""
