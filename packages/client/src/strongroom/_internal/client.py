"""`Strongroom`: the blocking client."""

import os
from collections.abc import Callable, Generator, Iterable, Mapping
from functools import partial
from threading import Event as Flag
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from strongroom._internal.answers import (
    ExportedSecret,
    MachineAccess,
    ProjectAccess,
    ProjectInfo,
    ReadExplanation,
    SecretInfo,
)
from strongroom._internal.exchange import Patience
from strongroom._internal.identity import Identity, resolve_identity
from strongroom._internal.operations import Operations
from strongroom._internal.steps import Steps, drive
from strongroom._internal.transport import ClientClosed, Trace, Transport
from strongroom._internal.value import Value
from strongroom.errors import CacheUnusable

if TYPE_CHECKING:
    from strongroom._internal.cache_folder import CacheFolder
    from strongroom._internal.offline_cache import CachedSecret, CacheState, OfflineCache
    from strongroom.events import Event

T = TypeVar("T")


class Strongroom:
    """Reads secrets with a machine's identity. Threads can share one; close it with `close` or `with`.

    `identity` is an `Identity`, the path of an `identity.json` or its folder, a vault ID, or None for the
    one that `Identity.find` returns. `cache` enables the offline cache. `timeout` is in seconds, for each
    attempt; `attempts` is the maximum number of attempts per call. `trace` is called after each request, for
    debugging.

    Raises `NoIdentity` and `BadIdentity`. Operations raise a `StrongroomError`; see `errors`.
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
        """This machine's identity."""
        return self._operations.identity

    def get_secret(self, secret_id: str) -> Value:
        """Return a secret's value; for a structured one, the JSON text of its granted fields."""
        return self._run(self._operations.get_secret(secret_id))

    def get_fields(self, secret_id: str) -> dict[str, Value]:
        """Return a structured secret's granted fields. Raises `NotStructured` for a single value."""
        return self._run(self._operations.get_fields(secret_id))

    def get_field(self, secret_id: str, field: str) -> Value:
        """Return one field of a structured secret. Raises `NoSuchField`, which lists the existing ones."""
        return self._run(self._operations.get_field(secret_id, field))

    def list_secrets(self, project_id: str | None = None) -> list[SecretInfo]:
        """Return the secrets this machine can read, in one project or all. Doesn't read any values."""
        return self._run(self._operations.list_secrets(project_id))

    def list_projects(self) -> list[ProjectInfo]:
        """Return the projects with at least one secret this machine can read."""
        return self._run(self._operations.list_projects())

    def read_access(self) -> MachineAccess:
        """Return this machine's vault and projects, from the server even if there is an offline cache."""
        return self._run(self._operations.read_access())

    def find_secret(self, address: str) -> SecretInfo:
        """Return the secret at `application/project/NAME` or `project/NAME`, or with an ID.

        Raises `NotFound`, which lists similar paths, and `Ambiguous`, which lists IDs.
        """
        return self._run(self._operations.find_secret(address))

    def export(
        self, project_id: str | None = None, *, application_id: str | None = None
    ) -> list[ExportedSecret]:
        """Return all values this machine can read, or those in a project or application, in one call.

        Raises `TooLarge` above 2,000 secrets or 8 MiB, and `Frozen` if a project is frozen.
        """
        return self._run(self._operations.export(project_id, application_id))

    def watch(
        self,
        secret_ids: "Iterable[str] | Mapping[str, int | None]",
        *,
        interval: float = 15.0,
    ) -> "Generator[Event, None, None]":
        """Yield events for these secrets (see `events`) until `close`.

        `secret_ids` can map each ID to the version that the caller has (`Value.version`), and the watch then
        starts from that version. Otherwise, it starts from the version that this machine last read. Each
        change is reported once, even if other programs have read the secret since. Failed polls are events
        too.

        Raises `AuthenticationFailed` if the machine was revoked or has expired, and, on the first event,
        `ValueError` for an interval below 1 s or no IDs.
        """
        from strongroom._internal.watching import Watch  # noqa: PLC0415 -- most programs don't watch

        watch = Watch(self._operations, secret_ids, interval=interval)
        while not self._closing.is_set():
            try:
                events, seconds = self._run(watch.round())
            except ClientClosed:
                return
            yield from events
            self._closing.wait(seconds)

    def verify_access(self, project_id: str) -> ProjectAccess:
        """Return whether this machine is attached to a project and, if so, the project's name."""
        return self._run(self._operations.verify_access(project_id))

    def explain(self, secret_id: str) -> ReadExplanation:
        """Return whether this machine could read a secret now, and why not. Doesn't read the value."""
        return self._run(self._operations.explain(secret_id))

    def rotate_key(self) -> None:
        """Rotate this machine's key; its ID and access stay the same. Can be resumed if interrupted."""
        self._run(self._operations.rotate_key())

    def cached_secrets(self) -> "list[CachedSecret]":
        """Return the contents of the offline cache. Raises `CacheUnusable` if it is off."""
        return require_cache(self._operations).secrets()

    def cache_state(self) -> "CacheState":
        """Return the state of the offline cache. Raises `CacheUnusable` if it is off."""
        return require_cache(self._operations).state()

    def clear_cache(self) -> int:
        """Empty the offline cache and return its number of entries. Raises `CacheUnusable` if it is off."""
        return require_cache(self._operations).clear()

    def close(self) -> None:
        """Close connections and end watches. After that, operations raise `RuntimeError`."""
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
        return drive(steps, self._transport.send, self._closing.wait)


def prepare(
    identity: Identity | str | os.PathLike[str] | None,
    *,
    cache: "OfflineCache | None",
    timeout: float,
    attempts: int,
    trace: Callable[[Trace], None] | None,
) -> tuple[Operations, Transport]:
    """Return the parts that both clients share. Raises `ValueError` for an invalid timeout or attempts."""
    if timeout <= 0 or attempts < 1:
        raise ValueError("timeout must be above 0 s and attempts at least 1")
    found = resolve_identity(identity)
    make_cache = None
    if cache is not None:
        from strongroom._internal.cache_folder import CacheFolder  # noqa: PLC0415 -- slow to import, and opt-in

        make_cache = partial(CacheFolder, cache)
    operations = Operations(found, Patience(attempts=attempts), make_cache)
    return operations, Transport(found.api_url, timeout, trace)


def require_cache(operations: Operations) -> "CacheFolder":
    """Return the cache. Raises `CacheUnusable` if it is off."""
    if operations.cache is None:
        raise CacheUnusable("the offline cache is off", "enable it: cache=OfflineCache()")
    return operations.cache
