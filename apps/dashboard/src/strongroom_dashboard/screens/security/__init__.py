"""Your security: how a person signs in, their sessions and browsers, and what happened to their account."""
