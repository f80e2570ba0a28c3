"""Alerts: reading the audit log, and telling people and receivers about events (section N)."""
