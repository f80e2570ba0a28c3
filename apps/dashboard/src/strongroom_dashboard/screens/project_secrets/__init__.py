"""The secrets in a project, and the drawer of one of them."""
