"""Pages that don't need a session: sign-in, setup, and page not found."""
