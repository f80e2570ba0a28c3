"""Your security: how a person signs in, their sessions and browsers, and their account's recent activity."""
