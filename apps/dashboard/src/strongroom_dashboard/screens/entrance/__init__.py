"""Pages that need no session: sign in, setup, page not found."""
