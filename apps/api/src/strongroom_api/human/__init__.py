"""The API for users, one module per subject. Handlers only translate; they make no decisions."""
