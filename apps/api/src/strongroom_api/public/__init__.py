"""What is open to strangers: health, the OpenAPI document, the first account, log-in."""
