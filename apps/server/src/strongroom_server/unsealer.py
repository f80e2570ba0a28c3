"""The only place that unseals the server, whether the root key is provided on startup or later."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import structlog

from strongroom_core.crypto.root import parse_root
from strongroom_core.crypto.shares import ShareCollector
from strongroom_core.kernel.errors import Conflict, NotInitialised, Unavailable, WrongRoot
from strongroom_core.runtime.unseal import root_facts, unseal
from strongroom_server import roots

if TYPE_CHECKING:
    from strongroom_api.process import Process
    from strongroom_core.core import Core
    from strongroom_core.crypto.root import RootKey
    from strongroom_core.crypto.shares import Progress

_log = structlog.get_logger()


class Unsealer:
    """Takes a root key, a passphrase, or shares one by one, until one of them is right."""

    def __init__(self, process: Process) -> None:
        self.unsealed = asyncio.Event()
        self._process = process
        self._shares = ShareCollector(time.monotonic)
        self._one_at_a_time = asyncio.Lock()

    @property
    def state(self) -> str:
        """The state in `status`: not_initialised, unavailable, sealed or unsealed."""
        core = self._process.core
        if core is None:
            return "not_initialised" if self._process.problem is None else "unavailable"
        return "sealed" if core.sealed else "unsealed"

    @property
    def progress(self) -> Progress | None:
        """How many shares have been entered, or None before the first one."""
        return self._shares.progress()

    async def take_root(self, root: RootKey) -> None:
        """Unseal with this root key. Raises `WrongRoot`, and `Conflict` if already unsealed."""
        async with self._one_at_a_time:
            core = self._sealed_core()
            try:
                await unseal(core, root)
            except WrongRoot:
                _log.warning("unseal_refused", reason="wrong root")
                raise
            _log.info("unsealed")
            self.unsealed.set()

    async def take_text(self, text: str) -> None:
        """Unseal with a root key in text form. Raises what `parse_root` and `take_root` raise."""
        self._sealed_core()
        await self.take_root(parse_root(text))

    async def take_passphrase(self, passphrase: str) -> None:
        """Unseal with a passphrase. Raises what `roots.derive` and `take_root` raise."""
        facts = await root_facts(self._sealed_core())
        await self.take_root(await roots.derive(passphrase, facts))

    async def take_share(self, share: str) -> Progress:
        """Take one share, and unseal once there are enough.

        Raises what `ShareCollector.add` and `take_root` raise; after a wrong root key, the next share starts
        a new attempt.
        """
        self._sealed_core()
        progress = self._shares.add(share)
        if progress.complete:
            await self.take_root(self._shares.root())
        return progress

    def reset(self, attempt: str) -> None:
        """Drop the shares of this attempt. Raises `NotFound` for any other ID."""
        self._shares.reset(attempt)

    def _sealed_core(self) -> Core:
        core = self._process.core
        if core is None:
            if self._process.problem is not None:
                raise Unavailable
            raise NotInitialised("this server is not initialized; run `strongroom-server init`")
        if not core.sealed:
            raise Conflict("the server is already unsealed")
        return core
