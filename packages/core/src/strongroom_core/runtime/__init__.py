"""The parts of a running process: its core, with or without keys, its root key, and metrics."""
