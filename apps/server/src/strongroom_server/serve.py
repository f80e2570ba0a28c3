"""`strongroom-server serve`: the server, sealed until it has its root key."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from strongroom_core.access.callers import system
from strongroom_core.accounts.reset_link import make_reset_link
from strongroom_core.accounts.setup_link import address_of, renew_link
from strongroom_core.accounts.sign_up import make_sign_up_link
from strongroom_core.doctor.announce import Host
from strongroom_core.doctor.examine import clock_findings
from strongroom_core.install.clock import confirm_clock
from strongroom_core.kernel.errors import Conflict, NotInitialised
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.mail.link import Purpose, url_of
from strongroom_core.runtime.start import measure_clock
from strongroom_core.runtime.unseal import root_facts
from strongroom_core.settings import Settings, require_origin
from strongroom_server import databases, logs, root_check, roots
from strongroom_server.admin.answer import answering
from strongroom_server.checks.server import check_server
from strongroom_server.data_folder import DataFolder, sole_server
from strongroom_server.files import write_ready_file
from strongroom_server.limits import collect_rarely
from strongroom_server.node import (
    AGAIN_SECONDS,
    keeping_time,
    open_when_there,
    watching,
    when_available,
    working,
)
from strongroom_server.roots import Given, Sources
from strongroom_server.serving import http_server
from strongroom_server.serving.dashboard import DashboardPart, running_part
from strongroom_server.serving.dispatcher import SOCKET_PATHS, DashboardOnly, Dispatcher
from strongroom_server.serving.http_server import Certificate
from strongroom_server.unsealer import Unsealer

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from strongroom_core.core import Core
    from strongroom_core.crypto.root import RootKey
    from strongroom_core.doctor.finding import Finding

API, WORKER, DASHBOARD = "api", "worker", "dashboard"
PARTS = (API, DASHBOARD, WORKER)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """The options of `serve`. `only` is None or one of `PARTS`."""

    folder: DataFolder
    host: str = http_server.LOCALHOST
    port: int = 8200
    sources: Sources = field(default_factory=Sources)
    only: str | None = None
    ready_file: Path | None = None
    certificate: Certificate | None = None
    insecure_http: bool = False
    binaries: Path | None = None
    without_dashboard: bool = False

    @property
    def shows(self) -> bool:
        """Whether this process serves the dashboard."""
        return self.only == DASHBOARD or (self.only is None and not self.without_dashboard)

    @property
    def is_blind(self) -> bool:
        """Whether this process must never decrypt a value: it takes no root key and has no sealed state."""
        return self.only == DASHBOARD

    @property
    def answers(self) -> bool:
        """Whether this process serves HTTP."""
        return self.only != WORKER

    @property
    def works(self) -> bool:
        """Whether this process runs the jobs."""
        return self.only in (None, WORKER)


async def run_server(options: ServeOptions) -> None:
    """Run until canceled.

    A root key is verified before anything listens and before an embedded database is started. Without a root
    key, the server starts sealed. Raises `WrongRoot` and our other errors.
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
        # A mistyped name would become a second, empty installation.
        options.folder.require_there()
    else:
        options.folder.make()
    with sole_server(options.folder), _port(options) as sockets:
        settings = _with_public_url(settings, options, sockets)
        await _Server(options, settings, urls, given, root, sockets).run()


async def _proved(folder: DataFolder, given: Given | None) -> RootKey | None:
    """Reject a wrong root key before anything is changed. Raises `WrongRoot`.

    Returns None if only the database's own check value can show whether the root key is right.
    """
    if given is None:
        return None
    facts = root_check.read(folder)
    if facts is None:
        if not folder.database.exists():
            raise NotInitialised(f"{folder.path} is not initialized; run `strongroom-server init`")
        return None
    root = await given.root(facts)
    root_check.require_right(root, facts)
    return root


@contextlib.contextmanager
def _port(options: ServeOptions) -> Generator[list[socket.socket]]:
    """Bind the port without listening. Returns no sockets if this process doesn't serve HTTP."""
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
    """One run of the server, from acquiring the first resource to releasing the last."""

    def __init__(
        self,
        options: ServeOptions,
        settings: Settings,
        urls: databases.Urls | None,
        given: Given | None,
        root: RootKey | None,
        sockets: list[socket.socket],
    ) -> None:
        from strongroom_api.process import Process  # noqa: PLC0415 -- imports slow modules

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
        """Start, serve, and clean up when canceled."""
        async with contextlib.AsyncExitStack() as stack:
            # This is exited last, because the serving parts must end before the resources that they need.
            resources = await stack.enter_async_context(contextlib.AsyncExitStack())
            await stack.enter_async_context(
                answering(
                    self._options.folder,
                    self._unsealer,
                    examine=self._examine,
                    renew_link=self._renew_link,
                    sign_up_link=self._sign_up_link,
                    reset_link=self._reset_link,
                    ask_clock=self._ask_clock,
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
                _log.info("sealed", remedy="unseal it with `strongroom-server unseal`")
                await self._unsealer.unsealed.wait()
            else:
                core, jobs_url = await self._open(resources)
                root = self._root or await self._given.root(await root_facts(core))
                # The database may be up but not writable yet.
                await when_available(partial(self._unsealer.take_root, root), self._explain)
                self._process.problem = None
                await self._listen(stack)
                self._announce()
            if self._part is not None:
                self._part.serve(core)
            await stack.enter_async_context(keeping_time(core))
            if not self._options.is_blind:
                await stack.enter_async_context(watching(core, self._host))
            if self._options.works:
                await stack.enter_async_context(working(core, jobs_url))
            collect_rarely()
            await asyncio.Event().wait()  # until canceled

    @property
    def _host(self) -> Host:
        certificate = self._options.certificate
        chain = None if certificate is None else certificate.chain.absolute()
        return Host(socket.gethostname(), self._options.folder.path.absolute(), chain)

    async def _examine(self) -> list[Finding]:
        """Run the checks for `doctor`, since only the running server has the database passwords."""
        return await check_server(
            self._process,
            self._settings,
            # With an external database, there is no copy of the check value.
            folder=self._options.folder if self._urls is None else None,
            certificate=self._options.certificate,
        )

    def _linking_core(self) -> Core:
        """Return the core of a process that can create links."""
        from strongroom_api.sealing import require_open  # noqa: PLC0415 -- imports slow modules

        if self._options.is_blind or not self._options.answers:
            raise Conflict("this process doesn't serve the API; use one that does")
        return require_open(self._process)

    async def _sign_up_link(self, email: str) -> str:
        """Return a link for someone who signed up, on a server that can't send email."""
        core = self._linking_core()
        made = await make_sign_up_link(core, system("sign-up-link", INSTALLATION), email)
        return url_of(core.settings.public_url, Purpose.VERIFY, made.token)

    async def _reset_link(self, email: str) -> str:
        """Return a link for setting a new password, on a server that can't send email."""
        core = self._linking_core()
        token = await make_reset_link(core, system("reset-link", INSTALLATION), email)
        return url_of(core.settings.public_url, Purpose.RESET, token)

    async def _renew_link(self) -> str:
        """Return a new setup link, if the server is unsealed and has no account yet."""
        core = self._linking_core()
        token = await renew_link(core, system("setup-link", INSTALLATION))
        return address_of(core.settings.public_url, token)

    async def _ask_clock(self, right: bool) -> list[str]:
        """Report what is known about the database's clock, or accept it as right. This needs no key."""
        core = self._process.core
        if core is None or (right and self._options.is_blind):
            raise Conflict(
                "this process can't do that now; use one that serves the API or runs the jobs"
            )
        if not right:
            return await clock_findings(core.database)
        await measure_clock(core)
        return await confirm_clock(replace(core, sealed=False), system("clock", INSTALLATION))

    async def _open(self, resources: contextlib.AsyncExitStack) -> tuple[Core, str]:
        """Open the database, waiting for `init` or for an unavailable database."""
        urls = self._urls or await self._start_embedded(resources)
        core = await self._open_core(urls.into(self._settings))
        resources.push_async_callback(core.database.close)
        folder = self._options.folder
        if self._urls is None and root_check.read(folder) is None:
            # Restore a missing copy in the folder.
            root_check.write(folder, await root_facts(core))
        self._process.core, self._process.problem = core, None
        return core, urls.jobs

    async def _start_embedded(self, resources: contextlib.AsyncExitStack) -> databases.Urls:
        folder = self._options.folder
        if not folder.database.exists():
            self._wait_for_init("run `strongroom-server init`")
            # `init` is a separate process. It writes this file last, after it has released the database.
            while root_check.read(folder) is None:  # noqa: ASYNC110
                await asyncio.sleep(AGAIN_SECONDS)
        postgres, urls = await databases.start_embedded(
            folder,
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
        """Write the ready file, once the server's state is known."""
        path = self._options.ready_file
        if path is None or self._announced:
            return
        url = {"url": self._settings.public_url} if self._options.answers else {}
        write_ready_file(path, {**url, "pid": os.getpid(), "state": self._unsealer.state})
        self._announced = True

    async def _listen(self, stack: contextlib.AsyncExitStack) -> None:
        options = self._options
        if not options.answers:
            return
        from strongroom_api.app import create_app, front_of  # noqa: PLC0415 -- slow to import

        api = create_app(self._process)
        app: Any = api
        paths: frozenset[bytes] = frozenset()
        self._process.dashboard = "off"
        if options.shows:
            self._part = DashboardPart(
                self._process, lambda line: _log.info("dashboard", message=line)
            )
            # This is exited after the listener, so that sockets close before the application does.
            await stack.enter_async_context(running_part(self._part))
            app, paths = Dispatcher(app, self._part, self._process), SOCKET_PATHS
        if options.is_blind:
            app = DashboardOnly(app)
        await stack.enter_async_context(
            http_server.serving(
                app,
                self._sockets,
                options.certificate,
                socket_paths=paths,
                trusted=self._settings.trusted_proxies,
                serve_read=None if options.is_blind else front_of(api).read,
            )
        )
        if self._part is not None:
            self._part.begin()
        _log.info("listening", host=options.host, url=self._settings.public_url)
