"""The state that tells a page that its session has ended. After that, the server sends it nothing else."""

import reflex as rx


class SessionState(rx.State):
    """The session behind a page."""

    ended: bool = False
