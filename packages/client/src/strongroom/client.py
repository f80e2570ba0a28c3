"""`Strongroom`: the client that blocks."""

import os
from collections.abc import Callable, Generator, Iterable, Mapping
from functools import partial
from threading import Event as Flag
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from strongroom.answers import ExportedSecret, ProjectAccess, ProjectInfo, SecretInfo
from strongroom.exchange import Patience
from strongroom.identity import Identity
from strongroom.operations import Operations
from strongroom.resolution import resolve_identity
from strongroom.steps import Send, Sleep, Step, Steps, drive
from strongroom.transport import ClientClosed, Trace, Transport
from strongroom.value import Value

if TYPE_CHECKING:
    from strongroom.cache_folder import CacheFolder
    from strongroom.events import Event
    from strongroom.offline_cache import CachedSecret, CacheState, OfflineCache

T = TypeVar("T")


class Strongroom:
    """Reads secrets with a machine's identity. Threads may share one; leave it with `close` or `with`.

    `identity` is one, the path of an `identity.json` or of its folder, a vault's id, or None for the
    one this machine has, as `resolution.resolve_identity` finds it. `cache` turns the offline
    cache on. `timeout` is in seconds, for each try; `attempts` is how often a call is tried in all.
    `trace` is called after each request, for whoever looks for a fault.

    Raises `NoIdentity` and `BadIdentity`. Operations raise `StrongroomError`, as `errors` shows them.
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
        self._closing = Flag()

    @property
    def identity(self) -> Identity:
        """Who this client is."""
        return self._operations.identity

    def get_secret(self, secret_id: str) -> Value:
        """Return a secret's value; of a structured one, the JSON text of its granted fields."""
        return self._run(self._operations.get_secret(secret_id))

    def get_fields(self, secret_id: str) -> dict[str, Value]:
        """Return a structured secret's granted fields. Raises `NotStructured` for a single value."""
        return self._run(self._operations.get_fields(secret_id))

    def get_field(self, secret_id: str, field: str) -> Value:
        """Return one field of a structured secret. Raises `NoSuchField`, which names those there are."""
        return self._run(self._operations.get_field(secret_id, field))

    def list_secrets(self, project_id: str | None = None) -> list[SecretInfo]:
        """Return what this machine was granted, of one project or of all. Reads no value."""
        return self._run(self._operations.list_secrets(project_id))

    def list_projects(self) -> list[ProjectInfo]:
        """Return the projects in which this machine was granted a secret."""
        return self._run(self._operations.list_projects())

    def find_secret(self, address: str) -> SecretInfo:
        """Return the secret of `application/environment/NAME`, of `project/NAME`, or of an id.

        Raises `NotFound`, which lists near addresses, and `Ambiguous`, which lists ids.
        """
        return self._run(self._operations.find_secret(address))

    def export(
        self, project_id: str | None = None, *, application_id: str | None = None
    ) -> list[ExportedSecret]:
        """Return all values this machine was granted, of a project, an application, or all, in one call.

        Raises `TooLarge` above 2,000 secrets or 8 MiB, and `Frozen` for a frozen project.
        """
        return self._run(self._operations.export(project_id, application_id))

    def watch(
        self,
        secret_ids: "Iterable[str] | Mapping[str, int | None]",
        *,
        interval: float = 15.0,
    ) -> "Generator[Event, None, None]":
        """Yield what happens to these secrets, as `events` shows it, until `close`.

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
                events, seconds = self._run(watch.round())
            except ClientClosed:
                return
            yield from events
            self._closing.wait(seconds)

    def verify_access(self, project_id: str) -> ProjectAccess:
        """Return whether this machine is attached to a project, and if so the project's name."""
        return self._run(self._operations.verify_access(project_id))

    def rotate_key(self) -> None:
        """Change this machine's key; it keeps its id and its grants. Cut off anywhere, it can go on."""
        self._run(self._operations.rotate_key())

    def cached_secrets(self) -> "list[CachedSecret]":
        """Return what the offline cache holds. Raises `CacheUnusable` if it is off."""
        return require_cache(self._operations).secrets()

    def cache_state(self) -> "CacheState":
        """Return how the offline cache is. Raises `CacheUnusable` if it is off."""
        return require_cache(self._operations).state()

    def clear_cache(self) -> int:
        """Empty the offline cache and return how many entries it had. Raises `CacheUnusable` if it is off."""
        return require_cache(self._operations).clear()

    def close(self) -> None:
        """Close connections and end watches. Operations raise `RuntimeError` afterwards."""
        self._closing.set()
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Strongroom({self.identity!r})"

    def _run(self, steps: Steps[T]) -> T:
        return drive(steps, self._perform)

    def _perform(self, step: Step) -> Any:
        match step:
            case Send(request, fresh):
                return self._transport.send(request, fresh=fresh)
            case Sleep(seconds):
                return self._closing.wait(seconds)
            case _:
                return step.work()


def prepare(
    identity: Identity | str | os.PathLike[str] | None,
    *,
    cache: "OfflineCache | None",
    timeout: float,
    attempts: int,
    trace: Callable[[Trace], None] | None,
) -> tuple[Operations, Transport]:
    """Return what both clients are made of. Raises `ValueError` for a timeout or attempts that are none."""
    if timeout <= 0 or attempts < 1:
        raise ValueError("timeout is above 0 s, and attempts at least 1")
    found = resolve_identity(identity)
    make_cache = None
    if cache is not None:
        from strongroom.cache_folder import CacheFolder  # noqa: PLC0415 -- it takes its time, and is opt-in

        make_cache = partial(CacheFolder, cache)
    operations = Operations(found, Patience(attempts=attempts), make_cache)
    return operations, Transport(found.api_url, timeout, trace)


def require_cache(operations: Operations) -> "CacheFolder":
    """Return the cache. Raises `CacheUnusable` if it is off."""
    if operations.cache is None:
        from strongroom.errors import CacheUnusable  # noqa: PLC0415 -- only here

        raise CacheUnusable("the offline cache is off", "turn it on: cache=OfflineCache()")
    return operations.cache
