"""A project's policies: the list, and the form of one with its report and dry run."""
