"""The command-line interface for machines."""
