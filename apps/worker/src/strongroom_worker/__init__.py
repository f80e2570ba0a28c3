"""The jobs: each is a system caller and one use case."""
