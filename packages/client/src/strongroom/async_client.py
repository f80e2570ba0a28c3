"""`AsyncStrongroom`: the same client, awaited. What blocks does so in a thread of its own."""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from strongroom.answers import ExportedSecret, ProjectAccess, ProjectInfo, SecretInfo
from strongroom.client import prepare, require_cache
from strongroom.identity import Identity
from strongroom.steps import Send, Sleep, Step, Steps
from strongroom.transport import ClientClosed, Trace
from strongroom.value import Value

if TYPE_CHECKING:
    from strongroom.events import Event
    from strongroom.offline_cache import CachedSecret, CacheState, OfflineCache

T = TypeVar("T")


class AsyncStrongroom:
    """Reads secrets with a machine's identity. Takes and raises what `Strongroom` does.

    Leave it with `aclose` or `async with`.
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
        """Who this client is."""
        return self._operations.identity

    async def get_secret(self, secret_id: str) -> Value:
        """Return a secret's value; of a structured one, the JSON text of its granted fields."""
        return await self._run(self._operations.get_secret(secret_id))

    async def get_fields(self, secret_id: str) -> dict[str, Value]:
        """Return a structured secret's granted fields. Raises `NotStructured` for a single value."""
        return await self._run(self._operations.get_fields(secret_id))

    async def get_field(self, secret_id: str, field: str) -> Value:
        """Return one field of a structured secret. Raises `NoSuchField`, which names those there are."""
        return await self._run(self._operations.get_field(secret_id, field))

    async def list_secrets(self, project_id: str | None = None) -> list[SecretInfo]:
        """Return what this machine was granted, of one project or of all. Reads no value."""
        return await self._run(self._operations.list_secrets(project_id))

    async def list_projects(self) -> list[ProjectInfo]:
        """Return the projects in which this machine was granted a secret."""
        return await self._run(self._operations.list_projects())

    async def find_secret(self, address: str) -> SecretInfo:
        """Return the secret of `application/environment/NAME`, of `project/NAME`, or of an id.

        Raises `NotFound`, which lists near addresses, and `Ambiguous`, which lists ids.
        """
        return await self._run(self._operations.find_secret(address))

    async def export(
        self, project_id: str | None = None, *, application_id: str | None = None
    ) -> list[ExportedSecret]:
        """Return all values this machine was granted, of a project, an application, or all, in one call.

        Raises `TooLarge` above 2,000 secrets or 8 MiB, and `Frozen` for a frozen project.
        """
        return await self._run(self._operations.export(project_id, application_id))

    async def watch(
        self,
        secret_ids: "Iterable[str] | Mapping[str, int | None]",
        *,
        interval: float = 15.0,
    ) -> "AsyncGenerator[Event, None]":
        """Yield what happens to these secrets, as `events` shows it, until `aclose`.

        `secret_ids` may say for each id which version the caller has, as `Value.version` does: the
        watch then begins with that, and otherwise with what this machine last read. Each change is
        told once, whatever else reads meanwhile. Failures are events too.

        Raises `AuthenticationFailed` when the machine was revoked or has expired, and `ValueError`
        for an interval below 1 s or no ids, once the first event is asked for.
        """
        from strongroom.watching import Watch  # noqa: PLC0415 -- most programs do not watch

        watch = Watch(self._operations, secret_ids, interval=interval)
        while not self._closing.is_set():
            try:
                events, seconds = await self._run(watch.round())
            except ClientClosed:
                return
            for event in events:
                yield event
            await self._rest(seconds)

    async def verify_access(self, project_id: str) -> ProjectAccess:
        """Return whether this machine is attached to a project, and if so the project's name."""
        return await self._run(self._operations.verify_access(project_id))

    async def rotate_key(self) -> None:
        """Change this machine's key; it keeps its id and its grants. Cut off anywhere, it can go on."""
        await self._run(self._operations.rotate_key())

    async def cached_secrets(self) -> "list[CachedSecret]":
        """Return what the offline cache holds. Raises `CacheUnusable` if it is off."""
        return await asyncio.to_thread(require_cache(self._operations).secrets)

    async def cache_state(self) -> "CacheState":
        """Return how the offline cache is. Raises `CacheUnusable` if it is off."""
        return await asyncio.to_thread(require_cache(self._operations).state)

    async def clear_cache(self) -> int:
        """Empty the offline cache and return how many entries it had. Raises `CacheUnusable` if it is off."""
        return await asyncio.to_thread(require_cache(self._operations).clear)

    async def aclose(self) -> None:
        """Close connections and end watches. Operations raise `RuntimeError` afterwards."""
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
        """Take the steps of an operation, as `drive` does, letting other tasks run meanwhile."""
        result: Any = None
        problem: Exception | None = None
        while True:
            try:
                step = steps.send(result) if problem is None else steps.throw(problem)
            except StopIteration as stop:
                return stop.value
            result, problem = None, None
            try:
                result = await self._perform(step)
            except Exception as error:  # noqa: BLE001 -- the operation decides about it
                problem = error

    async def _perform(self, step: Step) -> Any:
        match step:
            case Send(request, fresh):
                return await asyncio.to_thread(self._transport.send, request, fresh=fresh)
            case Sleep(seconds):
                return await self._rest(seconds)
            case _:
                return await asyncio.to_thread(step.work)

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), seconds)
