"""The vocabulary: ids, time, callers, errors, plaintext. Pure; imports nothing of ours."""
