"""What someone with certain roles can see and do."""
