"""Basic types: IDs, time, callers, errors, plaintext. Pure; doesn't import any of our other packages."""
