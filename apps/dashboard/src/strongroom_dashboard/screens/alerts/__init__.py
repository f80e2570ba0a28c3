"""The screens of alerts: rules and webhooks."""
