"""`AsyncStrongroom`: the same client, with coroutines. Blocking calls run in a thread."""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from strongroom._internal.answers import (
    ExportedSecret,
    MachineAccess,
    ProjectAccess,
    ProjectInfo,
    ReadExplanation,
    SecretInfo,
)
from strongroom._internal.client import prepare, require_cache
from strongroom._internal.identity import Identity
from strongroom._internal.steps import Send, Sleep, Step, Steps
from strongroom._internal.transport import ClientClosed, Trace, Transport
from strongroom._internal.value import Value

if TYPE_CHECKING:
    from strongroom._internal.offline_cache import CachedSecret, CacheState, OfflineCache
    from strongroom.events import Event

T = TypeVar("T")


class AsyncStrongroom:
    """Reads secrets with a machine's identity, with the arguments and exceptions of `Strongroom`.

    Close it with `aclose` or `async with`.
    """

    def __init__(
        self,
        identity: Identity | str | os.PathLike[str] | None = None,
        *,
        cache: "OfflineCache | None" = None,
        timeout: float = 10.0,
        attempts: int = 4,
        trace: Callable[[Trace], None] | None = None,
    ) -> None:
        self._operations, self._transport = prepare(
            identity, cache=cache, timeout=timeout, attempts=attempts, trace=trace
        )
        self._closing = asyncio.Event()

    @property
    def identity(self) -> Identity:
        """This machine's identity."""
        return self._operations.identity

    async def get_secret(self, secret_id: str) -> Value:
        """Return a secret's value; for a structured one, the JSON text of its granted fields."""
        return await self._run(self._operations.get_secret(secret_id))

    async def get_fields(self, secret_id: str) -> dict[str, Value]:
        """Return a structured secret's granted fields. Raises `NotStructured` for a single value."""
        return await self._run(self._operations.get_fields(secret_id))

    async def get_field(self, secret_id: str, field: str) -> Value:
        """Return one field of a structured secret. Raises `NoSuchField`, which lists the existing ones."""
        return await self._run(self._operations.get_field(secret_id, field))

    async def list_secrets(self, project_id: str | None = None) -> list[SecretInfo]:
        """Return the secrets this machine can read, in one project or all. Doesn't read any values."""
        return await self._run(self._operations.list_secrets(project_id))

    async def list_projects(self) -> list[ProjectInfo]:
        """Return the projects with at least one secret this machine can read."""
        return await self._run(self._operations.list_projects())

    async def read_access(self) -> MachineAccess:
        """Return this machine's vault and projects, from the server even if there is an offline cache."""
        return await self._run(self._operations.read_access())

    async def find_secret(self, address: str) -> SecretInfo:
        """Return the secret at `application/project/NAME` or `project/NAME`, or with an ID.

        Raises `NotFound`, which lists similar paths, and `Ambiguous`, which lists IDs.
        """
        return await self._run(self._operations.find_secret(address))

    async def export(
        self, project_id: str | None = None, *, application_id: str | None = None
    ) -> list[ExportedSecret]:
        """Return all values this machine can read, or those in a project or application, in one call.

        Raises `TooLarge` above 2,000 secrets or 8 MiB, and `Frozen` if a project is frozen.
        """
        return await self._run(self._operations.export(project_id, application_id))

    async def watch(
        self,
        secret_ids: "Iterable[str] | Mapping[str, int | None]",
        *,
        interval: float = 15.0,
    ) -> "AsyncGenerator[Event, None]":
        """Yield events for these secrets, as `Strongroom.watch` does, until `aclose`."""
        from strongroom._internal.watching import Watch  # noqa: PLC0415 -- most programs don't watch

        watch = Watch(self._operations, secret_ids, interval=interval)
        while not self._closing.is_set():
            try:
                events, seconds = await self._run(watch.round())
            except ClientClosed:
                return
            for event in events:
                yield event
            await rest(self._closing, seconds)

    async def verify_access(self, project_id: str) -> ProjectAccess:
        """Return whether this machine is attached to a project and, if so, the project's name."""
        return await self._run(self._operations.verify_access(project_id))

    async def explain(self, secret_id: str) -> ReadExplanation:
        """Return whether this machine could read a secret now, and why not. Doesn't read the value."""
        return await self._run(self._operations.explain(secret_id))

    async def rotate_key(self) -> None:
        """Rotate this machine's key; its ID and access stay the same. Can be resumed if interrupted."""
        await self._run(self._operations.rotate_key())

    async def cached_secrets(self) -> "list[CachedSecret]":
        """Return the contents of the offline cache. Raises `CacheUnusable` if it is off."""
        return await asyncio.to_thread(require_cache(self._operations).secrets)

    async def cache_state(self) -> "CacheState":
        """Return the state of the offline cache. Raises `CacheUnusable` if it is off."""
        return await asyncio.to_thread(require_cache(self._operations).state)

    async def clear_cache(self) -> int:
        """Empty the offline cache and return its number of entries. Raises `CacheUnusable` if it is off."""
        return await asyncio.to_thread(require_cache(self._operations).clear)

    async def aclose(self) -> None:
        """Close connections and end watches. After that, operations raise `RuntimeError`."""
        self._closing.set()
        self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"AsyncStrongroom({self.identity!r})"

    async def _run(self, steps: Steps[T]) -> T:
        return await drive_awaited(steps, self._transport, self._closing)


async def drive_awaited(steps: Steps[T], transport: Transport, closing: asyncio.Event) -> T:
    """Run an operation's steps, as `drive` does, without blocking the event loop."""
    result: Any = None
    problem: Exception | None = None
    while True:
        try:
            step = steps.send(result) if problem is None else steps.throw(problem)
        except StopIteration as stop:
            return stop.value
        result, problem = None, None
        try:
            result = await _perform(step, transport, closing)
        except Exception as error:  # noqa: BLE001 -- the operation handles it
            problem = error


async def _perform(step: Step, transport: Transport, closing: asyncio.Event) -> Any:
    match step:
        case Send(request, fresh):
            return await asyncio.to_thread(transport.send, request, fresh=fresh)
        case Sleep(seconds):
            return await rest(closing, seconds)
        case _:
            return await asyncio.to_thread(step.work)


async def rest(closing: asyncio.Event, seconds: float) -> None:
    """Wait for some seconds, or until the client is closed."""
    with suppress(TimeoutError):
        await asyncio.wait_for(closing.wait(), seconds)
