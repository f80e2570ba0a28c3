"""The HTTP planes: bytes to a caller and arguments, one use case, and bytes again."""
