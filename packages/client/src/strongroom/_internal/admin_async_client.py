"""`AsyncAdmin`: the client for people, with coroutines. Blocking calls run in a thread."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from functools import wraps
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from strongroom._internal.admin_client import prepare
from strongroom._internal.admin_operations import AdminOperations
from strongroom._internal.admin_views import Entry, Page
from strongroom._internal.async_client import drive_awaited, rest
from strongroom._internal.entry_watch import EntryWatch
from strongroom._internal.person_key import PersonKey, Profile
from strongroom._internal.steps import Steps
from strongroom._internal.transport import ClientClosed, Trace

P = ParamSpec("P")
T = TypeVar("T")


def _awaited(
    steps: Callable[Concatenate[AdminOperations, P], Steps[T]],
) -> Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]:
    """Return the method of `AsyncAdmin` that runs an operation."""

    @wraps(steps)
    async def method(self: Any, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._run(steps(self._operations, *args, **kwargs))

    return method


class AsyncAdmin:
    """Does what a person can do with a key, with the arguments and exceptions of `Admin`.

    Close it with `aclose` or `async with`.
    """

    def __init__(
        self,
        profile: "Profile | PersonKey | str | None" = None,
        *,
        timeout: float = 10.0,
        attempts: int = 4,
        trace: Callable[[Trace], None] | None = None,
    ) -> None:
        self._operations, self._transport = prepare(profile, timeout, attempts, trace)
        self._closing = asyncio.Event()

    @property
    def key(self) -> PersonKey:
        """The key that signs the requests."""
        return self._operations.key

    read_own_key = _awaited(AdminOperations.read_own_key)
    revoke_own_key = _awaited(AdminOperations.revoke_own_key)

    list_applications = _awaited(AdminOperations.list_applications)
    list_projects = _awaited(AdminOperations.list_projects)
    read_project = _awaited(AdminOperations.read_project)
    read_project_by_path = _awaited(AdminOperations.read_project_by_path)
    create_project = _awaited(AdminOperations.create_project)
    freeze_project = _awaited(AdminOperations.freeze_project)
    unfreeze_project = _awaited(AdminOperations.unfreeze_project)

    list_secrets = _awaited(AdminOperations.list_secrets)
    read_secret = _awaited(AdminOperations.read_secret)
    read_secret_by_path = _awaited(AdminOperations.read_secret_by_path)
    create_secret = _awaited(AdminOperations.create_secret)
    update_secret = _awaited(AdminOperations.update_secret)
    replace_secret = _awaited(AdminOperations.replace_secret)
    rotate_secret = _awaited(AdminOperations.rotate_secret)
    roll_back_secret = _awaited(AdminOperations.roll_back_secret)
    delete_secret = _awaited(AdminOperations.delete_secret)
    list_versions = _awaited(AdminOperations.list_versions)
    list_readers = _awaited(AdminOperations.list_readers)

    list_machines = _awaited(AdminOperations.list_machines)
    read_machine = _awaited(AdminOperations.read_machine)
    create_registration_token = _awaited(AdminOperations.create_registration_token)
    approve_machine = _awaited(AdminOperations.approve_machine)
    deny_machine = _awaited(AdminOperations.deny_machine)
    enable_machine = _awaited(AdminOperations.enable_machine)
    disable_machine = _awaited(AdminOperations.disable_machine)
    revoke_machine = _awaited(AdminOperations.revoke_machine)

    list_attachments = _awaited(AdminOperations.list_attachments)
    list_projects_of_machine = _awaited(AdminOperations.list_projects_of_machine)
    attach_machine = _awaited(AdminOperations.attach_machine)
    detach_machine = _awaited(AdminOperations.detach_machine)
    list_grants = _awaited(AdminOperations.list_grants)
    update_grants = _awaited(AdminOperations.update_grants)

    list_entries = _awaited(AdminOperations.list_entries)

    list_shares = _awaited(AdminOperations.list_shares)
    create_share = _awaited(AdminOperations.create_share)
    create_project_share = _awaited(AdminOperations.create_project_share)
    revoke_share = _awaited(AdminOperations.revoke_share)

    find_project = _awaited(AdminOperations.find_project)
    find_secret = _awaited(AdminOperations.find_secret)
    find_machine = _awaited(AdminOperations.find_machine)
    set_secret = _awaited(AdminOperations.set_secret)

    async def each(
        self, listing: Callable[..., Awaitable[Page[T]]], *arguments: object, **options: object
    ) -> AsyncIterator[T]:
        """Yield the items of a list, page by page, as `Admin.each` does."""
        cursor: str | None = None
        while True:
            page = await listing(*arguments, **options, cursor=cursor)
            for item in page.items:
                yield item
            cursor = page.next_cursor
            if cursor is None:
                return

    async def watch_entries(
        self,
        *,
        last: int = 0,
        action: str | None = None,
        actor: str | None = None,
        machine: str | None = None,
        project: str | None = None,
        target: str | None = None,
    ) -> AsyncIterator[Entry]:
        """Yield new events in the audit log as they happen, as `Admin.watch_entries` does, until `aclose`."""
        watch = EntryWatch(
            self._operations,
            self._transport,
            last=last,
            action=action,
            actor=actor,
            machine=machine,
            project=project,
            target=target,
        )
        try:
            while not self._closing.is_set():
                entries, seconds = await self._run(watch.round())
                for entry in entries:
                    yield entry
                if seconds:
                    await rest(self._closing, seconds)
        except ClientClosed:
            return
        finally:
            watch.close()

    async def aclose(self) -> None:
        """Close connections. After that, methods raise `RuntimeError`."""
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
        return f"AsyncAdmin({self.key!r})"

    async def _run(self, steps: Steps[T]) -> T:
        return await drive_awaited(steps, self._transport, self._closing)
