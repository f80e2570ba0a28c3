"""Alerts: reads the audit log, and notifies people and receivers of events (section N)."""
