"""A project's policies: the list, and each policy's form, report and dry run."""
