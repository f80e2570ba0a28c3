"""The dashboard in the server process: built and imported while the API is already serving.

If that fails, the log, the health endpoint and the page shown instead report it, and the API keeps working.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import structlog

from strongroom_api.cookies import session_name
from strongroom_api.request_log import log_unexpected
from strongroom_core.crypto.random import random_bytes
from strongroom_core.kernel.errors import StrongroomError
from strongroom_core.runtime.start import blind_core
from strongroom_dashboard.ensure_pages import ensure_pages
from strongroom_dashboard.runtime import running
from strongroom_server.data_folder import dashboard_cache
from strongroom_server.serving.waiting_page import Waiting

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from strongroom_api.process import Process
    from strongroom_core.core import Core
    from strongroom_dashboard.build import Pages

State = Literal["building", "starting", "ready", "failed"]

KEY_BYTES = 32
_GOES_ON = "The API is already up. This page reloads automatically."

_log = structlog.get_logger()


class DashboardPart:
    """The dispatcher's view of the dashboard. `app` is None until it is ready.

    `gallery` adds the page of all components, which is for people who work on Strongroom.
    """

    def __init__(
        self, process: Process, report: Callable[[str], None], *, gallery: bool = False
    ) -> None:
        self._gallery = gallery
        self._process = process
        self._report = report
        self.app: Any = None
        self._begun = asyncio.Event()
        self._core: asyncio.Future[Core] = asyncio.get_running_loop().create_future()
        self.waiting = Waiting("Building the dashboard", "Starting soon.", _GOES_ON)
        self._is("building")

    def begin(self) -> None:
        """Allow the pages to be built from now on, so that the build doesn't delay earlier startup work."""
        self._begun.set()

    def serve(self, core: Core) -> None:
        """Serve this unsealed core once the pages are built."""
        self.begin()
        self._core.set_result(core)

    async def run(self) -> None:
        """Build the pages, wait for the core, and run the dashboard until canceled.

        After a failure, report it and wait for cancellation.
        """
        await self._begun.wait()
        try:
            async with contextlib.AsyncExitStack() as stack:
                pages = await self._pages(stack)
                opened = await self._core
                self._is("starting")
                self._report("starting the dashboard")
                self.waiting = Waiting("Starting the dashboard", "The pages are built.", _GOES_ON)
                self.app = await stack.enter_async_context(
                    running(
                        blind_core(opened),
                        pages,
                        cookie=session_name(opened.settings),
                        key=random_bytes(KEY_BYTES),
                        gallery=self._gallery,
                    )
                )
                stack.callback(self._forget_app)
                self._is("ready")
                self._report(f"the dashboard is ready; sign in at {opened.settings.public_url}")
                await asyncio.Event().wait()  # until canceled
        except StrongroomError as error:
            self._fail(error.message)
        except Exception as error:  # noqa: BLE001 -- the API keeps working, no matter what went wrong
            log_unexpected("-", error)
            self._fail("an unexpected error; see the log")
        await asyncio.Event().wait()

    async def _pages(self, stack: contextlib.AsyncExitStack) -> Pages:
        cache = dashboard_cache()
        if cache is None:
            # Without a home folder, there is no cache, and the pages are only for this process.
            made = tempfile.TemporaryDirectory(prefix="strongroom-pages-")
            cache = Path(stack.enter_context(made))
        return await ensure_pages(cache, self._build_step)

    def _build_step(self, line: str) -> None:
        self.waiting = Waiting("Building the dashboard", f"{_sentence(line)}.", _GOES_ON)
        self._report(line)

    def _fail(self, reason: str) -> None:
        self._is("failed")
        self._report(f"the dashboard is not available: {reason}")
        self.waiting = Waiting(
            "The dashboard couldn't be started",
            f"{_sentence(reason)}.",
            "The API works. Restart the server after fixing the problem.",
        )

    def _forget_app(self) -> None:
        self.app = None

    def _is(self, state: State) -> None:
        self._process.dashboard = state


def _sentence(line: str) -> str:
    return f"{line[:1].upper()}{line[1:]}"


@contextlib.asynccontextmanager
async def running_part(part: DashboardPart) -> AsyncGenerator[None]:
    """Run the dashboard for the duration of the block."""
    task = asyncio.create_task(part.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
