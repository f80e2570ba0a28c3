"""What a page does when an event could not be answered."""

from __future__ import annotations

import reflex as rx
import structlog
from reflex.event import EventSpec

from strongroom_core.kernel.errors import NotAuthenticated

_log = structlog.get_logger()


def answer_failure(exception: Exception) -> EventSpec | None:
    """Send whoever has no session to sign in; tell the log of anything else, without its text."""
    if isinstance(exception, NotAuthenticated):
        return rx.redirect("/sign-in")
    # The text may quote what was asked for.
    _log.error("event_failed", error=type(exception).__name__)
    return None
