"""All actions, declared by subject. `docs/authorization.md` is generated from them."""
