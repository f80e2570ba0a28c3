"""What a page does when an event could not be answered."""

from __future__ import annotations

import time
from dataclasses import dataclass
from urllib.parse import quote

import reflex as rx
import structlog
from reflex.event import EventSpec

from strongroom_dashboard.door import NotListed, SignedOut

TELL_SECONDS = 60.0

_log = structlog.get_logger()


@dataclass(slots=True)
class _Unlisted:
    """Events that do not exist. Anybody can send them, so they are counted and told once a minute."""

    told_at: float = float("-inf")
    count: int = 0

    def tell(self) -> None:
        self.count += 1
        now = time.monotonic()
        if now - self.told_at >= TELL_SECONDS:
            _log.warning("events_not_listed", count=self.count)
            self.told_at, self.count = now, 0


_unlisted = _Unlisted()


def answer_failure(exception: Exception) -> EventSpec | None:
    """Send whoever has no session to sign in; tell the log of anything else, without its text."""
    if isinstance(exception, SignedOut):
        return to_sign_in(exception)
    if isinstance(exception, NotListed):
        _unlisted.tell()
        return None
    # The text may quote what was asked for.
    _log.error("event_failed", error=type(exception).__name__)
    return None


def to_sign_in(signed_out: SignedOut) -> EventSpec:
    """Return the way to the log-in, which leads back to the page that was open."""
    page = signed_out.page
    known = page.startswith("/") and not page.startswith("/sign-in") and page != "/"
    return rx.redirect(f"/sign-in?next={quote(page, safe='')}" if known else "/sign-in")
