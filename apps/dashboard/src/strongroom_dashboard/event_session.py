"""Event session: the session behind an event. A handler runs only for a person with a live session.

Anyone with a websocket can call any public method of a Reflex state. So this middleware runs before each of
these methods, denies by default, and passes the handler its core and caller.

(1) Reflex's own events for showing a page pass; if the session has ended, the page's state is reset;
(2) a handler that isn't in the authorization table is rejected;
(3) the session is looked up for every event, by the ID that the websocket guard passed on.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reflex.middleware import Middleware
from reflex.state import StateUpdate

from strongroom_core.access.callers import new_request_id
from strongroom_core.accounts.sessions import authenticate_session
from strongroom_core.kernel.errors import NotAuthenticated
from strongroom_core.kernel.origin import Origin
from strongroom_dashboard.live import Live
from strongroom_dashboard.session_state import SessionState
from strongroom_dashboard.websocket_guard import SCHEME

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human

_ROOT = "reflex___state____state"
_ON_LOAD = f"{_ROOT}.reflex___state____on_load_internal_state"

INTERNAL = frozenset(
    {
        f"{_ROOT}.hydrate",
        f"{_ROOT}.hydrate_and_load",
        f"{_ROOT}.set_is_hydrated",
        f"{_ON_LOAD}.on_load_internal",
        f"{_ON_LOAD}.set_is_hydrated",
    }
)
"""The events that Reflex needs to show a page. They send the page's state and call its `load`.

Reflex's other handlers set variables or log input from browsers. They can't be called.
"""


@dataclass(frozen=True, slots=True)
class Call:
    """The caller and core of a handler.

    With `session`, a long-running handler can look the session up again. `used` is true if a person acted.
    """

    core: Core
    caller: Human
    session: EventSession
    used: bool = True


_CALL: ContextVar[Call] = ContextVar("call")


class SignedOut(NotAuthenticated):
    """The session has ended."""


class NotListed(LookupError):
    """An event that isn't in the authorization table."""


def calling() -> Call:
    """Return the current handler's call, which was set before the handler began."""
    return _CALL.get()


class EventSession(Middleware):
    """Runs before every handler. `handlers` maps their full names to short ones."""

    def __init__(self, core: Core, handlers: Mapping[str, str]) -> None:
        self.live = Live(core)
        self._core = core
        self._handlers = handlers

    async def preprocess(self, app: Any, state: Any, event: Any) -> StateUpdate | None:
        """Let the event pass, or tell the page that its session has ended. Raises `NotListed`."""
        del app
        if event.name in INTERNAL:  # (1)
            await self._forget_ended(state)
            return None
        if event.name not in self._handlers:  # (2)
            raise NotListed(event.name)
        try:
            await self.identify(state, used=True)
        except SignedOut:
            root = state._get_root_state()  # noqa: SLF001 -- Reflex has no public name for it
            delta = await root._get_resolved_delta()  # noqa: SLF001
            root._clean()  # noqa: SLF001
            return StateUpdate(delta=delta)
        return None

    async def identify(self, state: Any, *, used: bool) -> Call:
        """Make the owner of this state the caller of this task. Raises `SignedOut`.

        `used` is true if the person acted: automatic refreshes don't keep a session alive (A-4).
        """
        root = state._get_root_state()  # noqa: SLF001 -- Reflex has no public name for it
        origin = Origin(root.router.session.client_ip, new_request_id())
        sent = root.router.headers.raw_headers.get("authorization", "")
        session = sent.removeprefix(SCHEME)
        try:
            caller = await authenticate_session(self._core, session, origin, used=used)  # (3)
        except NotAuthenticated:
            root.reset()
            # The page only learns that the session has ended. It keeps its content, which may include input.
            root._clean()  # noqa: SLF001 -- Reflex has no public name for it
            (await root.get_state(SessionState)).ended = True
            raise SignedOut from None
        call = Call(self._core, caller, self, used)
        _CALL.set(call)
        return call

    async def _forget_ended(self, state: Any) -> None:
        try:
            await self.identify(state, used=False)
        except NotAuthenticated:
            return
