"""The components that screens are made of."""
