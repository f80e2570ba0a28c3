"""What must happen after a commit: written in that transaction by `put`, done by the worker."""
