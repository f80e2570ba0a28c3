"""`Admin`: the blocking client for people.

Its methods are those of `AdminOperations`, run step by step.
"""

from collections.abc import Callable, Iterator
from functools import wraps
from threading import Event as Flag
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from strongroom._internal.admin_operations import AdminOperations
from strongroom._internal.admin_views import Entry, Page
from strongroom._internal.entry_watch import EntryWatch
from strongroom._internal.exchange import Patience
from strongroom._internal.person_key import PersonKey, Profile
from strongroom._internal.steps import Steps, drive
from strongroom._internal.transport import ClientClosed, Trace, Transport

P = ParamSpec("P")
T = TypeVar("T")


def _blocking(
    steps: Callable[Concatenate[AdminOperations, P], Steps[T]],
) -> Callable[Concatenate[Any, P], T]:
    """Return the method of `Admin` that runs an operation."""

    @wraps(steps)
    def method(self: Any, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._run(steps(self._operations, *args, **kwargs))

    return method


class Admin:
    """Does what a person can do with a key, as `strongroom login` made it. Threads can share one.

    `profile` is a `Profile`, its name, or None for the one that `Profile.find` returns. A `PersonKey` is used
    as it is. `timeout` is in seconds, for each attempt; `attempts` is the maximum per call.
    `trace` is called after each request, for debugging. Close the client with `close` or `with`.

    Raises `NoIdentity` if nobody is signed in, and `BadIdentity`. Methods raise a `StrongroomError`; an
    action that a person must confirm in the browser raises `StepUpRequired`, with its `url`.
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
        self._closing = Flag()

    @property
    def key(self) -> PersonKey:
        """The key that signs the requests."""
        return self._operations.key

    read_own_key = _blocking(AdminOperations.read_own_key)
    revoke_own_key = _blocking(AdminOperations.revoke_own_key)

    list_applications = _blocking(AdminOperations.list_applications)
    list_projects = _blocking(AdminOperations.list_projects)
    read_project = _blocking(AdminOperations.read_project)
    read_project_by_path = _blocking(AdminOperations.read_project_by_path)
    create_project = _blocking(AdminOperations.create_project)
    freeze_project = _blocking(AdminOperations.freeze_project)
    unfreeze_project = _blocking(AdminOperations.unfreeze_project)

    list_secrets = _blocking(AdminOperations.list_secrets)
    read_secret = _blocking(AdminOperations.read_secret)
    read_secret_by_path = _blocking(AdminOperations.read_secret_by_path)
    create_secret = _blocking(AdminOperations.create_secret)
    update_secret = _blocking(AdminOperations.update_secret)
    replace_secret = _blocking(AdminOperations.replace_secret)
    rotate_secret = _blocking(AdminOperations.rotate_secret)
    roll_back_secret = _blocking(AdminOperations.roll_back_secret)
    delete_secret = _blocking(AdminOperations.delete_secret)
    list_versions = _blocking(AdminOperations.list_versions)
    list_readers = _blocking(AdminOperations.list_readers)

    list_machines = _blocking(AdminOperations.list_machines)
    read_machine = _blocking(AdminOperations.read_machine)
    create_registration_token = _blocking(AdminOperations.create_registration_token)
    approve_machine = _blocking(AdminOperations.approve_machine)
    deny_machine = _blocking(AdminOperations.deny_machine)
    enable_machine = _blocking(AdminOperations.enable_machine)
    disable_machine = _blocking(AdminOperations.disable_machine)
    revoke_machine = _blocking(AdminOperations.revoke_machine)

    list_attachments = _blocking(AdminOperations.list_attachments)
    list_projects_of_machine = _blocking(AdminOperations.list_projects_of_machine)
    attach_machine = _blocking(AdminOperations.attach_machine)
    detach_machine = _blocking(AdminOperations.detach_machine)
    list_grants = _blocking(AdminOperations.list_grants)
    update_grants = _blocking(AdminOperations.update_grants)

    list_entries = _blocking(AdminOperations.list_entries)

    list_shares = _blocking(AdminOperations.list_shares)
    create_share = _blocking(AdminOperations.create_share)
    create_project_share = _blocking(AdminOperations.create_project_share)
    revoke_share = _blocking(AdminOperations.revoke_share)

    find_project = _blocking(AdminOperations.find_project)
    find_secret = _blocking(AdminOperations.find_secret)
    find_machine = _blocking(AdminOperations.find_machine)
    set_secret = _blocking(AdminOperations.set_secret)

    def each(
        self, listing: Callable[..., Page[T]], *arguments: object, **options: object
    ) -> Iterator[T]:
        """Yield the items of a list, page by page: `admin.each(admin.list_secrets, project.id)`."""
        cursor: str | None = None
        while True:
            page = listing(*arguments, **options, cursor=cursor)
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return

    def watch_entries(
        self,
        *,
        last: int = 0,
        action: str | None = None,
        actor: str | None = None,
        machine: str | None = None,
        project: str | None = None,
        target: str | None = None,
    ) -> Iterator[Entry]:
        """Yield new events in the audit log as they happen, until `close`; first, the `last` earlier ones.

        The server streams them. After an interruption, the stream continues without losing or repeating any.
        Raises `AuthenticationFailed` if the key is no longer accepted, and `AccessDenied` if the person is no
        longer allowed to see the audit log.
        """
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
                entries, seconds = self._run(watch.round())
                yield from entries
                self._closing.wait(seconds)
        except ClientClosed:
            return
        finally:
            watch.close()

    def close(self) -> None:
        """Close connections. After that, methods raise `RuntimeError`."""
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
        return f"Admin({self.key!r})"

    def _run(self, steps: Steps[T]) -> T:
        return drive(steps, self._transport.send, self._closing.wait)


def prepare(
    profile: "Profile | PersonKey | str | None",
    timeout: float,
    attempts: int,
    trace: Callable[[Trace], None] | None,
) -> tuple[AdminOperations, Transport]:
    """Return the parts that both clients share. Raises `ValueError` for an invalid timeout or attempts."""
    if timeout <= 0 or attempts < 1:
        raise ValueError("timeout must be above 0 s and attempts at least 1")
    if profile is None or isinstance(profile, str):
        profile = Profile.find(profile)
    key = profile if isinstance(profile, PersonKey) else profile.load_key()
    return AdminOperations(key, Patience(attempts=attempts)), Transport(key.server, timeout, trace)
