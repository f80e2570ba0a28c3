"""All machines, and the dialog for adding one."""
