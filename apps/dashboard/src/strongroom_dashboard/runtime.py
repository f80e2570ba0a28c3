"""Runs Reflex inside our process, without writing files.

Reflex reads its settings from the environment and its compilation from a folder; we provide both. It runs
in production mode and doesn't compile. The files that it would otherwise write into the working directory are
next to the built pages. Its states are kept in memory while their page is open.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from strongroom_core.access.operations import require_listed
from strongroom_core.kernel.errors import StrongroomError
from strongroom_dashboard.operations import OPERATIONS
from strongroom_dashboard.static_pages import StaticPages
from strongroom_dashboard.websocket_guard import WebsocketGuard

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable

    from strongroom_core.core import Core
    from strongroom_dashboard.build import Pages

FORGET_SECONDS = 30.0
"""A state is kept for at least this long after its page closes, and for at most twice as long."""

MOST_MESSAGE_BYTES = 256 * 1024


class PagesDoNotFit(StrongroomError):
    """The pages were built from different code than this process runs."""

    code = "dashboard_pages"


@dataclass(frozen=True, slots=True)
class Dashboard:
    """An ASGI application that serves pages over HTTP and events over websockets, and nothing else."""

    pages: StaticPages
    guard: WebsocketGuard

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection."""
        await (self.pages if scope["type"] == "http" else self.guard)(scope, receive, send)


@contextlib.asynccontextmanager
async def running(
    core: Core, pages: Pages, *, cookie: str, key: bytes, gallery: bool = False
) -> AsyncGenerator[Dashboard]:
    """Run the dashboard during the block, which begins when it is ready.

    `core` is blind, `cookie` is the name of the session cookie, and `key` is 32 random bytes that bind
    tokens to sessions. `gallery` adds the page that shows all components. The imports take seconds, so they
    run in a thread. Raises `PagesDoNotFit`, and `TableMismatch` if the handlers and the authorization table
    differ.
    """
    origin = core.settings.public_url
    static = await asyncio.to_thread(
        StaticPages,
        pages,
        https=not core.settings.is_local,
        gallery=gallery,
        links=core.settings.footer_links,
    )
    app, asgi, events = await asyncio.to_thread(_start_reflex, core, pages, origin, static.scripts)
    # Reflex finds its states through a context that exists only in the importing thread.
    with app.set_contexts():
        async with _served(app, asgi):
            forget = partial(forget_state, app)
            yield Dashboard(static, WebsocketGuard(asgi, core, cookie, key, events, forget))


@contextlib.asynccontextmanager
async def _served(app: Any, asgi: Any) -> AsyncGenerator[None]:
    async with asgi.router.lifespan_context(asgi):
        forgetting = asyncio.create_task(_forget_closed(app))
        try:
            yield
        finally:
            forgetting.cancel()
            await app.state_manager.close()


def _start_reflex(core: Core, pages: Pages, origin: str, scripts: Iterable[bytes]) -> Any:
    """Import Reflex and our pages; return the app, the same app as an ASGI application, and all events."""
    for name in [name for name in os.environ if name.startswith(("REFLEX_", "__REFLEX_"))]:
        del os.environ[name]
    os.environ.update(
        {
            "__REFLEX_SKIP_COMPILE": "true",
            "REFLEX_ENV_MODE": "prod",
            "REFLEX_WEB_WORKDIR": str(pages.compiled),
            "REFLEX_DIR": str(pages.compiled),
            "REFLEX_SOCKET_MAX_HTTP_BUFFER_SIZE": str(MOST_MESSAGE_BYTES),
        }
    )
    import reflex.app  # noqa: PLC0415 -- it takes seconds
    from reflex.istate.manager.memory import StateManagerMemory  # noqa: PLC0415
    from reflex.state import State  # noqa: PLC0415
    from reflex_base.registry import RegistrationContext  # noqa: PLC0415

    from strongroom_dashboard.config import config  # noqa: PLC0415

    # This is a second check: the guard compares origins too.
    config.cors_allowed_origins = (origin,)
    RegistrationContext.ensure_context()._set_config(config)  # noqa: SLF001 -- as `reflex run` does
    # Otherwise an app would read its settings again, by executing any `rxconfig.py` in the working directory.
    reflex.app.reload_config = lambda: config

    from strongroom_dashboard.app import app  # noqa: PLC0415
    from strongroom_dashboard.event_session import INTERNAL, EventSession  # noqa: PLC0415

    if not isinstance(app.state_manager, StateManagerMemory):
        raise TypeError("the dashboard's states aren't in memory")
    schema = State._to_frontend_schema().encode()  # noqa: SLF001 -- it has no public name
    if not any(schema in script for script in scripts):
        raise PagesDoNotFit("the dashboard's pages were built from different code: rebuild them")
    handlers = handlers_below(State)
    require_listed(handlers.values(), OPERATIONS)
    app.add_middleware(EventSession(core, handlers), index=0)
    return app, app(), INTERNAL | handlers.keys()


def handlers_below(state: Any) -> dict[str, str]:
    """Return the event handlers of our states: full event name to short name."""
    from reflex_base.utils.format import format_event_handler  # noqa: PLC0415

    found: dict[str, str] = {}
    for each in _states_below(state):
        for name, handler in each.event_handlers.items():
            if not each.__module__.startswith("strongroom_dashboard.") or name in _OF_REFLEX:
                continue
            found[format_event_handler(handler)] = f"{each.__name__}.{name}"
    return found


_OF_REFLEX = frozenset({"setvar", "set_is_hydrated"})
"""Handlers that Reflex adds to every state. They can't be called."""


def _states_below(state: Any) -> Iterable[Any]:
    for each in state.get_substates():
        yield each
        yield from _states_below(each)


def forget_state(app: Any, token: str) -> None:
    """Drop the state of a token, unless its page is connected or a handler is running."""
    manager = app.state_manager
    found = manager._token_expires_at.get(token)  # noqa: SLF001 -- it has no public name
    lock = manager._states_locks.get(token)  # noqa: SLF001
    busy = token in app.event_namespace.token_to_sid or (lock is not None and lock.locked())
    if found is not None and not busy:
        manager._purge_token(found[1])  # noqa: SLF001


async def _forget_closed(app: Any) -> None:
    """Drop the states of closed pages. A page that reconnects loads everything again."""
    closed: set[str] = set()
    while True:
        await asyncio.sleep(FORGET_SECONDS)
        closed = forget_closed(app, closed)


def forget_closed(app: Any, closed: set[str]) -> set[str]:
    """Drop the states that were already closed at the last check, and return those closed now."""
    manager, connected = app.state_manager, app.event_namespace.token_to_sid
    now_closed: set[str] = set()
    for _, token in list(manager._token_expires_at.values()):  # noqa: SLF001 -- it has no public name
        lock = manager._states_locks.get(token.lock_key)  # noqa: SLF001
        if token.ident in connected or (lock is not None and lock.locked()):
            continue
        if token.ident in closed:
            manager._purge_token(token)  # noqa: SLF001
        else:
            now_closed.add(token.ident)
    return now_closed
