"""The secrets of a project, and the drawer of one of them."""
