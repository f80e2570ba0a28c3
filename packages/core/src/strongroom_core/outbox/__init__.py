"""The transactional outbox: notes about work to do after a commit, written in the same transaction."""
