"""The command line of machines."""
