"""The HTTP APIs: each request becomes a call to one use case, and the result becomes a response."""
