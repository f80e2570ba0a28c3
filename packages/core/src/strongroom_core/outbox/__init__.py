"""The transactional outbox: work for the worker to do after a commit, noted in the same transaction."""
