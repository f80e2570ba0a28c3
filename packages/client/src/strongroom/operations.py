"""Every operation of a client, written once, as steps. `Strongroom` and `AsyncStrongroom` take them.

A call that is refused for its signature is tried with the other keys on disk: a rotation may have
been cut off, or made by another process.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from strongroom import calls, key_files
from strongroom.addresses import find_secret
from strongroom.answers import (
    ExportedSecret,
    ProjectAccess,
    ProjectInfo,
    SecretInfo,
    split_fields,
)
from strongroom.calls import Call, Told, understand
from strongroom.connections import Answer
from strongroom.errors import (
    AccessDenied,
    AuthenticationFailed,
    CacheClosed,
    CacheUnusable,
    ClockSkewed,
    Conflict,
    Frozen,
    NoSuchField,
    NotFound,
    NotStructured,
    Rejected,
    Sealed,
    StrongroomError,
    Unavailable,
)
from strongroom.exchange import (
    ONCE,
    Patience,
    encode_body,
    exchange,
    nonsense,
    signed_request,
)
from strongroom.identity import Identity
from strongroom.offline_cache import NO_SECRETS, PROJECTS, SECRETS, export_name
from strongroom.steps import Do, Steps
from strongroom.value import Value
from strongroom_wire.errors import Code

if TYPE_CHECKING:
    from strongroom.cache_folder import CacheFolder

T = TypeVar("T")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_GONE = 410
_NO_MACHINE = (Code.AUTHENTICATION_FAILED, Code.MACHINE_EXPIRED)

HASTE = Patience(attempts=2, longest_wait=1.0)
"""Where the cache can serve, waiting for the server helps nobody for long."""


@dataclass(slots=True)
class Operations:
    """What one client can do. `identity` changes when its key does."""

    identity: Identity
    patience: Patience
    make_cache: "Callable[[Identity], CacheFolder] | None" = None
    cache: "CacheFolder | None" = field(init=False)
    spare: Identity | None = field(init=False, default=None)
    """The key to come of an identity in memory, while nobody knows whether the server has it."""

    def __post_init__(self) -> None:
        self.cache = None if self.make_cache is None else self.make_cache(self.identity)

    # Reading ---------------------------------------------------------------------------------------

    def get_secret(self, secret_id: str) -> Steps[Value]:
        """Read a value, from the server or else from the cache."""
        _require_id(secret_id)
        return (yield from self._kept(secret_id, partial(self._fetch_value, secret_id)))

    def get_fields(self, secret_id: str) -> Steps[dict[str, Value]]:
        """Read a structured secret's granted fields."""
        value = yield from self.get_secret(secret_id)
        fields = split_fields(value)
        if fields is None:
            raise NotStructured(
                f"{secret_id} is a single value without fields", "get it as a whole"
            )
        return fields

    def get_field(self, secret_id: str, name: str) -> Steps[Value]:
        """Read one field."""
        fields = yield from self.get_fields(secret_id)
        if name not in fields:
            raise NoSuchField(
                f"{secret_id} has no such field for this machine", f"it has {', '.join(fields)}"
            )
        return fields[name]

    def list_secrets(self, project_id: str | None = None) -> Steps[list[SecretInfo]]:
        """List what this machine was granted, of one project or of all."""
        found = yield from self._list(calls.LIST_SECRETS, SECRETS)
        return [each for each in found if project_id in (None, each.project_id)]

    def list_projects(self) -> Steps[list[ProjectInfo]]:
        """List the projects in which this machine was granted a secret."""
        return (yield from self._list(calls.LIST_PROJECTS, PROJECTS))

    def find_secret(self, address: str) -> Steps[SecretInfo]:
        """Find the secret of an address or id."""
        return find_secret((yield from self.list_secrets()), address)

    def export(
        self, project_id: str | None = None, application_id: str | None = None
    ) -> Steps[list[ExportedSecret]]:
        """Read many secrets in one call."""
        if project_id is not None and application_id is not None:
            raise ValueError("give project_id or application_id, not both")
        asked = {"projectId": project_id, "applicationId": application_id}
        body = {name: scope for name, scope in asked.items() if scope is not None} or None
        cache = self.cache
        if cache is None:
            return (yield from self._call(calls.EXPORT, body=body))
        name = export_name(project_id or application_id)
        fetch = partial(self._call, calls.EXPORT, body=body, patience=self._haste(name))
        problem, exported = yield from self._unless_away(cache, name, fetch)
        if exported is not None:
            yield Do(partial(cache.keep_export, name, exported))
            return exported
        return (yield from _served(partial(cache.load_export, name), problem))

    def poll(self, secret_ids: list[str], have: Mapping[str, int]) -> Steps[dict[str, Told]]:
        """Ask once what changed, of some secrets since the version that the caller has."""
        body: dict[str, Any] = {"watch": secret_ids, **({"have": dict(have)} if have else {})}
        return (yield from self._call(calls.POLL, body=body, patience=ONCE))

    def verify_access(self, project_id: str) -> Steps[ProjectAccess]:
        """Ask whether this machine is attached to a project."""
        return (yield from self._call(calls.VERIFY_ACCESS, body={"projectId": project_id}))

    # The key ---------------------------------------------------------------------------------------

    def rotate_key(self) -> Steps[None]:
        """Change the machine's key. Whatever cuts this off, one of the keys on disk is the machine's."""
        self.identity = yield Do(partial(key_files.reload, self.identity))
        new: Identity = self.spare or (yield Do(partial(key_files.prepare, self.identity)))
        self.spare = new if new.key_file is None else None
        message = f"strongroom-rotate-key:{new.machine_id}:{new.public_key}"
        body = {"publicKey": new.public_key, "proof": new.key.sign(message.encode())}
        try:
            yield from self._signed(calls.ROTATE_KEY, self.identity, body=body)
        except StrongroomError as error:
            # It may have been done all the same: an answer was lost, or an earlier rotation cut off.
            ours = yield from self._is_ours(new)
            if ours is False and isinstance(error, Conflict):
                # The key was used up elsewhere: the next rotation makes another.
                self.spare = None
                yield Do(partial(key_files.abandon, new))
            if not ours:
                yield from self._heed(error)
                raise
        yield from self._adopt(new)

    def _is_ours(self, identity: Identity) -> Steps[bool | None]:
        """Ask the server whether this key is the machine's, by a call that changes nothing.

        Only success is a yes, since whatever stands before the server could refuse as well. None: it
        did not say.
        """
        try:
            yield from self._signed(calls.LIST_PROJECTS, identity, patience=ONCE)
        except AuthenticationFailed:
            return False
        except StrongroomError:
            return None
        return True

    def _adopt(self, identity: Identity) -> Steps[None]:
        """Be this identity from now on; the cache follows its key, before the old one is let go."""
        if self.cache is not None and self.make_cache is not None:
            after = self.make_cache(identity)
            yield Do(partial(self.cache.hand_over, after))
            self.cache = after
        yield Do(partial(key_files.promote, identity))
        self.identity, self.spare = identity, None
        yield from self._lift()

    # Calls -----------------------------------------------------------------------------------------

    def _call(
        self,
        call: Call[T],
        *parts: str,
        body: dict[str, Any] | None = None,
        patience: Patience | None = None,
    ) -> Steps[T]:
        """Make a signed call and return what the answer says."""
        _, found = yield from self._answered(call, *parts, body=body, patience=patience)
        return found

    def _answered(
        self,
        call: Call[T],
        *parts: str,
        body: dict[str, Any] | None = None,
        patience: Patience | None = None,
    ) -> Steps[tuple[Answer, T]]:
        """Make a signed call; return the answer and what it says. The cache hears how it went."""
        try:
            answer = yield from self._accepted(call, *parts, body=body, patience=patience)
        except StrongroomError as error:
            yield from self._heed(error)
            raise
        found = _understood(call, answer)
        yield from self._lift()
        return answer, found

    def _accepted(
        self,
        call: Call[Any],
        *parts: str,
        body: dict[str, Any] | None = None,
        patience: Patience | None = None,
    ) -> Steps[Answer]:
        """Make a signed call, with the key that the server knows."""
        identity = self.identity
        try:
            return (yield from self._signed(call, identity, *parts, body=body, patience=patience))
        except AuthenticationFailed as error:
            if isinstance(error, ClockSkewed) or error.code != "authentication_failed":
                raise
            problem = error
        found: list[Identity] = yield Do(partial(key_files.candidates, identity))
        for other in [*found, *([self.spare] if self.spare is not None else [])]:
            try:
                answer = yield from self._signed(call, other, *parts, body=body, patience=patience)
            except AuthenticationFailed:
                continue
            except (Unavailable, Sealed):
                raise
            except StrongroomError:
                if (yield from self._is_ours(other)):
                    yield from self._adopt(other)
                raise
            yield from self._adopt(other)
            return answer
        raise problem

    def _signed(
        self,
        call: Call[Any],
        identity: Identity,
        *parts: str,
        body: dict[str, Any] | None = None,
        patience: Patience | None = None,
    ) -> Steps[Answer]:
        path, content = call.path.format(*parts), encode_body(body)
        make = partial(
            signed_request,
            call.method,
            path,
            content,
            machine=identity.machine_id,
            key=identity.key,
        )
        return (
            yield from exchange(
                make, call.status, patience or self.patience, repeatable=call.repeatable
            )
        )

    # The cache -------------------------------------------------------------------------------------

    def _heed(self, refusal: StrongroomError) -> Steps[None]:
        """Close the cache if the server says that this is no machine of its own, or none any more.

        Only in the server's own words: what stands before it may refuse for other reasons.
        """
        final = isinstance(refusal, AuthenticationFailed) and not isinstance(refusal, ClockSkewed)
        if self.cache is not None and final and refusal.code in _NO_MACHINE:
            yield Do(partial(self.cache.close_machine, refusal))

    def _lift(self) -> Steps[None]:
        """Open the cache: the server answers this machine."""
        if self.cache is not None:
            yield Do(self.cache.lift_machine)

    def _fetch_value(self, secret_id: str, patience: Patience | None) -> Steps[Value]:
        return (yield from self._call(calls.READ_SECRET, secret_id, patience=patience))

    def _fetch_text(self, call: Call[Any], patience: Patience | None) -> Steps[Value]:
        answer, _ = yield from self._answered(call, patience=patience)
        return Value(answer.body.decode(errors="replace"))

    def _list(self, call: Call[T], name: str) -> Steps[T]:
        text = yield from self._kept(name, partial(self._fetch_text, call))
        listed = understand(call, text.reveal())
        if listed is None:
            raise CacheUnusable("a cached list makes no sense", "clear the cache")
        return listed

    def _kept(self, name: str, fetch: Callable[[Patience | None], Steps[Value]]) -> Steps[Value]:
        """Fetch a text and keep it, or take the one that was kept while the server is away."""
        cache = self.cache
        if cache is None:
            return (yield from fetch(None))
        fetch_soon = partial(fetch, self._haste(name))
        problem, value = yield from self._unless_away(cache, name, fetch_soon)
        if value is not None:
            yield Do(partial(cache.keep, name, value.reveal(), version=value.version))
            return value
        kept = yield from _served(partial(cache.load, name), problem)
        return Value(kept.value, offline=kept.time, version=kept.version)

    def _unless_away(
        self, cache: "CacheFolder", name: str, fetch: Callable[[], Steps[T]]
    ) -> Steps[tuple[StrongroomError | None, T | None]]:
        """Return what was fetched, or why the cache may serve. A no of the server ends that."""
        if cache.only:
            return None, None
        try:
            return None, (yield from fetch())
        except (Unavailable, Sealed) as error:
            return error, None
        except (AccessDenied, NotFound):
            yield Do(partial(cache.drop, name))
            raise
        except Frozen as error:
            yield Do(partial(cache.close, name, error))
            raise
        except Rejected as error:
            if error.status == _GONE:
                yield Do(partial(cache.drop, name))
            raise

    def _haste(self, name: str) -> Patience | None:
        """Return how long to try where the cache can serve."""
        cached = self.cache is not None and self.cache.has(name)
        return HASTE if cached and self.patience.attempts >= HASTE.attempts else None


def _require_id(secret_id: str) -> None:
    if not _ID.fullmatch(secret_id) or secret_id.startswith(NO_SECRETS):
        raise NotFound(
            "this is no secret's id", "an id looks like sk_abc123; find_secret takes addresses"
        )


def _understood(call: Call[T], answer: Answer) -> T:
    found = understand(call, answer.body)
    if found is None:
        raise nonsense(answer)
    return found


def _served(load: Callable[[], T | None], problem: StrongroomError | None) -> Steps[T]:
    """Take from the cache what is asked for. `problem` is why; None where only the cache is asked."""
    try:
        kept: T | None = yield Do(load)
    except CacheClosed as closed:
        if problem is None:
            raise
        problem.hint, kept = closed.message, None
    if kept is not None:
        return kept
    raise problem or CacheUnusable(
        "the offline cache does not hold this, or too old", "read it once while the server is there"
    )
