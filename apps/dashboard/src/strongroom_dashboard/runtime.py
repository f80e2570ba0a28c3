"""Reflex inside our process: imported beside what answers already, with nothing of it on disk.

Reflex reads its settings from the environment and its compilation from a folder; both are ours to
give. It is told that it runs in production and need not compile, and finds beside the built pages what
it would otherwise write into the working directory. Its states live in memory, for as long as their
page is open.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from strongroom_core.access.actions import Plane
from strongroom_core.access.operations import require_listed
from strongroom_core.kernel.errors import StrongroomError
from strongroom_dashboard.gate import Gate
from strongroom_dashboard.static_pages import StaticPages

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable

    from strongroom_core.core import Core
    from strongroom_dashboard.build import Pages

FORGET_SECONDS = 30.0
"""How long a state outlives its page, at least; at most twice as long."""

MOST_MESSAGE_BYTES = 256 * 1024


class PagesDoNotFit(StrongroomError):
    """The pages were built from other states than this process runs."""

    code = "dashboard_pages"


@dataclass(frozen=True, slots=True)
class Dashboard:
    """An ASGI application: pages over HTTP, events over websockets, and nothing else."""

    pages: StaticPages
    gate: Gate

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection."""
        await (self.pages if scope["type"] == "http" else self.gate)(scope, receive, send)


@contextlib.asynccontextmanager
async def running(
    core: Core, pages: Pages, *, cookie: str, key: bytes
) -> AsyncGenerator[Dashboard]:
    """Run the dashboard for the length of the block, which begins when it answers.

    `core` is blind, `cookie` is what the session's is called, `key` are 32 random bytes that bind
    tokens to sessions. Importing takes seconds, in a thread. Raises `PagesDoNotFit`, and
    `TableMismatch` when the handlers and the authorization table do not agree.
    """
    origin = core.settings.public_url
    static = await asyncio.to_thread(StaticPages, pages, https=not core.settings.is_local)
    app, asgi = await asyncio.to_thread(_start_reflex, core, pages, origin, static.scripts)
    # Reflex finds its states by the context, which the importing thread had for itself.
    with app.set_contexts():
        async with _served(app, asgi):
            yield Dashboard(static, Gate(asgi, core, cookie, key))


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
    """Import Reflex and our pages; return its app, and that as an ASGI application."""
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

    # The gate compares origins too; a socket that got past it would still meet this.
    config.cors_allowed_origins = (origin,)
    RegistrationContext.ensure_context()._set_config(config)  # noqa: SLF001 -- as `reflex run` does
    # An app would read its settings once more, from a file `rxconfig.py` that it executes wherever the
    # server happens to have been started.
    reflex.app.reload_config = lambda: config

    from strongroom_dashboard.app import app  # noqa: PLC0415
    from strongroom_dashboard.door import Door  # noqa: PLC0415

    if not isinstance(app.state_manager, StateManagerMemory):
        raise TypeError("the states of the dashboard are not in memory")
    schema = State._to_frontend_schema().encode()  # noqa: SLF001 -- what a socket is asked for
    if not any(schema in script for script in scripts):
        raise PagesDoNotFit(
            "the pages of the dashboard were built from other code: build them again"
        )
    handlers = handlers_below(State)
    require_listed(handlers.values(), frozenset({Plane.DASHBOARD}), besides=frozenset())
    app.add_middleware(Door(core, handlers), index=0)
    return app, app()


def handlers_below(state: Any) -> dict[str, str]:
    """Return what our states let a page call: the name an event has, and the one we know it by."""
    from reflex_base.utils.format import format_event_handler  # noqa: PLC0415

    found: dict[str, str] = {}
    for each in _states_below(state):
        for name, handler in each.event_handlers.items():
            if not each.__module__.startswith("strongroom_dashboard.") or name in _OF_REFLEX:
                continue
            found[format_event_handler(handler)] = f"{each.__name__}.{name}"
    return found


_OF_REFLEX = frozenset({"setvar", "set_is_hydrated"})
"""Handlers that Reflex gives to every state. The door lets nobody call them."""


def _states_below(state: Any) -> Iterable[Any]:
    for each in state.get_substates():
        yield each
        yield from _states_below(each)


async def _forget_closed(app: Any) -> None:
    """Drop the states whose page was closed. A page that comes back asks for everything anew."""
    closed: set[str] = set()
    while True:
        await asyncio.sleep(FORGET_SECONDS)
        closed = forget_closed(app, closed)


def forget_closed(app: Any, closed: set[str]) -> set[str]:
    """Drop the states that were closed when somebody looked last, and return those closed now."""
    manager, connected = app.state_manager, app.event_namespace.token_to_sid
    now_closed: set[str] = set()
    for _, token in list(manager._token_expires_at.values()):  # noqa: SLF001 -- it has no other name
        lock = manager._states_locks.get(token.lock_key)  # noqa: SLF001
        if token.ident in connected or (lock is not None and lock.locked()):
            continue
        if token.ident in closed:
            manager._purge_token(token)  # noqa: SLF001
        else:
            now_closed.add(token.ident)
    return now_closed
