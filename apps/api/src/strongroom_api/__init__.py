"""The HTTP APIs. Each request becomes a call to one use case, whose result becomes the response."""
