"""Who an event is from: every handler runs for a person with a live session, or not at all.

Each public method of a Reflex state can be called by whoever has a socket. So this stands before all
of them, denies by default, and hands the handler its core and caller.

(1) what Reflex needs to show a page passes; with a session that has ended, what it knew is forgotten;
(2) a handler that the authorization table does not list is not there;
(3) the session is looked up anew for every event, by the id that the gate put there.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reflex.middleware import Middleware

from strongroom_core.accounts.sessions import authenticate_session
from strongroom_core.kernel.errors import NotAuthenticated
from strongroom_core.kernel.origin import Origin
from strongroom_core.operate.requests import new_request_id
from strongroom_dashboard.gate import SCHEME
from strongroom_dashboard.live import Live

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
"""What Reflex itself needs to show a page: what it knows is sent, and the page's `load` is called.

Its other handlers set variables or log what a browser says, and are nobody's to call.
"""


@dataclass(frozen=True, slots=True)
class Call:
    """For whom a handler runs, and with what.

    `door` lets one that goes on ask again who that is; `used` is whether a person did something.
    """

    core: Core
    caller: Human
    door: Door
    used: bool = True


_CALL: ContextVar[Call] = ContextVar("call")


class SignedOut(NotAuthenticated):
    """Nobody is signed in. `page` is what they were looking at, as a path of ours."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page


class NotListed(LookupError):
    """An event that the authorization table does not know."""


def calling() -> Call:
    """Return for whom this handler runs. The door has set it, or the handler would not run."""
    return _CALL.get()


class Door(Middleware):
    """Stands before every handler. `handlers` maps the full name of each to its short one."""

    def __init__(self, core: Core, handlers: Mapping[str, str]) -> None:
        self.live = Live(core)
        self._core = core
        self._handlers = handlers

    async def preprocess(self, app: Any, state: Any, event: Any) -> None:
        """Let an event pass, or raise `SignedOut` or `NotListed`."""
        del app
        if event.name in INTERNAL:  # (1)
            await self._forget_ended(state)
            return
        if event.name not in self._handlers:  # (2)
            raise NotListed(event.name)
        await self.enter(state, used=True)

    async def enter(self, state: Any, *, used: bool) -> Call:
        """Make whoever the state belongs to the caller of this task. Raises `SignedOut`."""
        root = state._get_root_state()  # noqa: SLF001 -- Reflex has no other name for it
        origin = Origin(root.router.session.client_ip, new_request_id())
        sent = root.router.headers.raw_headers.get("authorization", "")
        session = sent.removeprefix(SCHEME)
        try:
            caller = await authenticate_session(self._core, session, origin, used=used)  # (3)
        except NotAuthenticated:
            url = root.router.url
            root.reset()
            raise SignedOut(f"{url.path}?{url.query}" if url.query else url.path) from None
        call = Call(self._core, caller, self, used)
        _CALL.set(call)
        return call

    async def _forget_ended(self, state: Any) -> None:
        try:
            await self.enter(state, used=False)
        except NotAuthenticated:
            return
