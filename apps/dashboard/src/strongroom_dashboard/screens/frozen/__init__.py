"""The recovery of a frozen project."""
