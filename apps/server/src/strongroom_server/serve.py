"""`strongroom-server serve`: the server, sealed until its root is there."""

from __future__ import annotations

import asyncio
import contextlib
import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import structlog

from strongroom_core.accounts.setup_link import address_of, renew_link
from strongroom_core.kernel.errors import Conflict, NotInitialised
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.operate.root_facts import root_facts
from strongroom_core.operate.sweep import worker
from strongroom_core.settings import Settings, require_origin
from strongroom_server import databases, logs, root_check, roots
from strongroom_server.admin.answer import answering
from strongroom_server.data_folder import DataFolder, cache_folder, sole_server
from strongroom_server.examine.server import examine_server
from strongroom_server.node import AGAIN_SECONDS, keeping_time, open_when_there, working
from strongroom_server.ready_file import announce
from strongroom_server.roots import Given, Sources
from strongroom_server.serving import http_server
from strongroom_server.serving.dashboard import DashboardPart, running_part
from strongroom_server.serving.dispatcher import SOCKET_PATHS, DashboardOnly, Dispatcher
from strongroom_server.serving.http_server import Certificate
from strongroom_server.unsealer import Unsealer

if TYPE_CHECKING:
    import socket
    from collections.abc import Generator
    from pathlib import Path

    from strongroom_core.core import Core
    from strongroom_core.crypto.root import RootKey
    from strongroom_core.operate.finding import Finding

API, WORKER, DASHBOARD = "api", "worker", "dashboard"
PARTS = (API, DASHBOARD, WORKER)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """What the command line of `serve` said. `only` is None or one of `PARTS`."""

    folder: DataFolder
    host: str = http_server.LOCALHOST
    port: int = 8200
    sources: Sources = field(default_factory=Sources)
    only: str | None = None
    ready_file: Path | None = None
    certificate: Certificate | None = None
    insecure_http: bool = False
    binaries: Path | None = None
    dashboard: bool = True

    @property
    def shows(self) -> bool:
        """Whether this process serves the dashboard."""
        return self.only == DASHBOARD or (self.only is None and self.dashboard)

    @property
    def is_blind(self) -> bool:
        """Whether this process must never open a value: it takes no root and has no sealed state."""
        return self.only == DASHBOARD

    @property
    def answers(self) -> bool:
        """Whether this process serves HTTP."""
        return self.only != WORKER

    @property
    def works(self) -> bool:
        """Whether this process runs the jobs."""
        return self.only in (None, WORKER)


async def serve(options: ServeOptions) -> None:
    """Run until cancelled.

    With a root, it is proved before anything listens and, for the embedded database, before that
    is started. Without one the server starts sealed. Raises `WrongRoot` and other errors of ours.
    """
    settings = Settings.from_environment(os.environ)
    logs.configure(readable=False, level=logs.level_of(settings.log_level))
    if options.answers:
        http_server.require_protected(
            options.host,
            certificate=options.certificate,
            behind_proxy=bool(settings.trusted_proxies),
            insecure=options.insecure_http,
        )
    urls = databases.named_blind(settings) if options.is_blind else databases.named(settings)
    given = None if options.is_blind else roots.given(options.sources)
    root = await _proved(options.folder, given) if urls is None else None
    if urls is None:
        # A name with a typing error would become a second, empty installation.
        options.folder.require_there()
    else:
        options.folder.make()
    with sole_server(options.folder), _port(options) as sockets:
        settings = _with_public_url(settings, options, sockets)
        await _Server(options, settings, urls, given, root, sockets).run()


async def _proved(folder: DataFolder, given: Given | None) -> RootKey | None:
    """Refuse a wrong root while nothing has been touched yet. Raises `WrongRoot`.

    Returns None where the root has to be compared with the database's own check value only.
    """
    if given is None:
        return None
    facts = root_check.read(folder)
    if facts is None:
        if not folder.database.exists():
            raise NotInitialised(f"{folder.path} is not initialised: run `strongroom-server init`")
        return None
    root = await given.root(facts)
    root_check.require_right(root, facts)
    return root


@contextlib.contextmanager
def _port(options: ServeOptions) -> Generator[list[socket.socket]]:
    """Hold the port, not listening yet. No sockets where nothing is answered."""
    sockets = http_server.take_port(options.host, options.port) if options.answers else []
    try:
        yield sockets
    finally:
        for each in sockets:
            each.close()


def _with_public_url(
    settings: Settings, options: ServeOptions, sockets: list[socket.socket]
) -> Settings:
    if "STRONGROOM_PUBLIC_URL" in os.environ or not sockets:
        return settings
    scheme = "https" if options.certificate is not None else "http"
    url = f"{scheme}://localhost:{sockets[0].getsockname()[1]}"
    return replace(settings, public_url=require_origin(url))


class _Server:
    """One run of the server, from the first resource to the last."""

    def __init__(
        self,
        options: ServeOptions,
        settings: Settings,
        urls: databases.Urls | None,
        given: Given | None,
        root: RootKey | None,
        sockets: list[socket.socket],
    ) -> None:
        from strongroom_api.process import Process  # noqa: PLC0415 -- beside heavy modules

        self._options = options
        self._settings = settings
        self._urls = urls
        self._given = given
        self._root = root
        self._sockets = sockets
        self._process = Process(problem="the server is starting", settings=settings)
        self._unsealer = Unsealer(self._process)
        self._announced = False
        self._part: DashboardPart | None = None

    async def run(self) -> None:
        """Start, serve, and take everything down again when cancelled."""
        async with contextlib.AsyncExitStack() as stack:
            # Left last: what answers must end before what it needs.
            resources = await stack.enter_async_context(contextlib.AsyncExitStack())
            await stack.enter_async_context(
                answering(
                    self._options.folder,
                    self._unsealer,
                    examine=self._examine,
                    renew_link=self._renew_link,
                )
            )
            if self._options.is_blind:
                await self._listen(stack)
                core, jobs_url = await self._open(resources)
                self._announce()
            elif self._given is None:
                await self._listen(stack)
                core, jobs_url = await self._open(resources)
                self._announce()
                _log.info("sealed", remedy="give the root with `strongroom-server unseal`")
                await self._unsealer.unsealed.wait()
            else:
                core, jobs_url = await self._open(resources)
                root = self._root or await self._given.root(await root_facts(core))
                await self._unsealer.take_root(root)
                await self._listen(stack)
                self._announce()
            if self._part is not None:
                self._part.serve(core)
            await stack.enter_async_context(keeping_time(core))
            if self._options.works:
                await stack.enter_async_context(working(core, jobs_url))
            await asyncio.Event().wait()  # until cancelled

    async def _examine(self) -> list[Finding]:
        """Find what `doctor` asks the running server for, since only it has the log-ins."""
        return await examine_server(
            self._process,
            self._settings,
            # A database of one's own has no copy of what recognises the root.
            folder=self._options.folder if self._urls is None else None,
            certificate=self._options.certificate,
        )

    async def _renew_link(self) -> str:
        """Return a new link for the operator's account, if the server is open and there is none yet."""
        from strongroom_api.sealing import require_open  # noqa: PLC0415 -- beside heavy modules

        if self._options.is_blind or not self._options.answers:
            raise Conflict("this process does not serve the API: ask one that does")
        core = require_open(self._process)
        token = await renew_link(core, worker("setup-link", INSTALLATION))
        return address_of(core.settings.public_url, token)

    async def _open(self, resources: contextlib.AsyncExitStack) -> tuple[Core, str]:
        """Open the database, waiting for `init` and for a database that is away."""
        urls = self._urls or await self._start_embedded(resources)
        core = await self._open_core(urls.into(self._settings))
        resources.push_async_callback(core.database.close)
        folder = self._options.folder
        if self._urls is None and root_check.read(folder) is None:
            # A folder that lost its copy gets it back.
            root_check.write(folder, await root_facts(core))
        self._process.core, self._process.problem = core, None
        return core, urls.jobs

    async def _start_embedded(self, resources: contextlib.AsyncExitStack) -> databases.Urls:
        folder = self._options.folder
        if not folder.database.exists():
            self._wait_for_init("run `strongroom-server init`")
            # `init` is another process. It writes this last, when it has let go of the database.
            while root_check.read(folder) is None:  # noqa: ASYNC110
                await asyncio.sleep(AGAIN_SECONDS)
        postgres, urls = await databases.start_embedded(
            folder,
            cache=cache_folder(),
            binaries=self._options.binaries,
            report=lambda line: _log.info("database", message=line),
        )
        resources.push_async_callback(postgres.stop)
        return urls

    async def _open_core(self, settings: Settings) -> Core:
        while True:
            try:
                return await open_when_there(
                    settings,
                    self._explain,
                    self._process.metrics.observe_batch,
                    blind=self._options.is_blind,
                )
            except NotInitialised as error:
                if self._given is not None:
                    raise
                self._wait_for_init(error.message)
                await asyncio.sleep(AGAIN_SECONDS)

    def _wait_for_init(self, reason: str) -> None:
        if self._process.problem is not None:
            _log.warning("not_initialised", reason=reason)
        self._process.problem = None
        self._announce()

    def _explain(self, problem: str) -> None:
        self._process.problem = problem
        self._announce()

    def _announce(self) -> None:
        """Write the ready file, once there is something definite to say of the server's state."""
        path = self._options.ready_file
        if path is None or self._announced:
            return
        url = {"url": self._settings.public_url} if self._options.answers else {}
        announce(path, {**url, "pid": os.getpid(), "state": self._unsealer.state})
        self._announced = True

    async def _listen(self, stack: contextlib.AsyncExitStack) -> None:
        options = self._options
        if not options.answers:
            return
        from strongroom_api.app import create_app  # noqa: PLC0415 -- its import takes a while

        app: Any = create_app(self._process)
        paths: frozenset[bytes] = frozenset()
        self._process.dashboard = "off"
        if options.shows:
            self._part = DashboardPart(
                self._process, lambda line: _log.info("dashboard", message=line)
            )
            # Left after what listens: sockets end before what answers them.
            await stack.enter_async_context(running_part(self._part))
            app, paths = Dispatcher(app, self._part, self._process), SOCKET_PATHS
        if options.is_blind:
            app = DashboardOnly(app)
        await stack.enter_async_context(
            http_server.serving(app, self._sockets, options.certificate, socket_paths=paths)
        )
        if self._part is not None:
            self._part.begin()
        _log.info("listening", host=options.host, url=self._settings.public_url)
