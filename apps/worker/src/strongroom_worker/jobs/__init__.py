"""The acts of the worker, one module each, and what wakes them."""
