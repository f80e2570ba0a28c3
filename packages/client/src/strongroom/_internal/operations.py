"""Every operation of a client, written once, as steps. `Strongroom` and `AsyncStrongroom` run them.

A call rejected for its signature is retried with the other keys on disk: a rotation may have been
interrupted, or done by another process.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from strongroom._internal import calls, identity_files
from strongroom._internal.answers import (
    ExportedSecret,
    MachineAccess,
    ProjectAccess,
    ProjectInfo,
    ReadExplanation,
    SecretInfo,
    match_address,
    split_fields,
)
from strongroom._internal.calls import BoundCall, Call, Change, understand
from strongroom._internal.connections import Answer
from strongroom._internal.exchange import (
    ONCE,
    Patience,
    exchange,
    signed_request,
    understood,
)
from strongroom._internal.identity import Identity
from strongroom._internal.offline_cache import NO_SECRETS, PROJECTS, SECRETS, export_name
from strongroom._internal.refusals import is_known
from strongroom._internal.steps import Do, Steps
from strongroom._internal.value import Value
from strongroom.errors import (
    AccessDenied,
    AuthenticationFailed,
    CacheClosed,
    CacheUnusable,
    Conflict,
    Frozen,
    NoSuchField,
    NotFound,
    NotStructured,
    Sealed,
    StrongroomError,
    Unavailable,
)
from strongroom_wire.errors import Code

if TYPE_CHECKING:
    from strongroom._internal.cache_folder import CacheFolder

T = TypeVar("T")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

HASTE = Patience(attempts=2, longest_wait=1.0)
"""How long to wait for the server if a cached value can be used instead."""


@dataclass(slots=True)
class Operations:
    """What one client can do. `identity` changes when its key does."""

    identity: Identity
    patience: Patience
    make_cache: "Callable[[Identity], CacheFolder] | None" = None
    cache: "CacheFolder | None" = field(init=False)
    spare: Identity | None = field(init=False, default=None)
    """The next key of an in-memory identity, while it is unknown whether the server has it."""

    def __post_init__(self) -> None:
        self.cache = None if self.make_cache is None else self.make_cache(self.identity)

    # Reading ---------------------------------------------------------------------------------------

    def get_secret(self, secret_id: str) -> Steps[Value]:
        """Read a value from the server or, if that isn't possible, from the cache."""
        _require_id(secret_id)
        return (yield from self._kept(secret_id, partial(self._fetch_value, secret_id)))

    def get_fields(self, secret_id: str) -> Steps[dict[str, Value]]:
        """Read a structured secret's granted fields."""
        value = yield from self.get_secret(secret_id)
        fields = split_fields(value)
        if fields is None:
            raise NotStructured(
                f"{secret_id} is a single value without fields", "get the whole secret"
            )
        return fields

    def get_field(self, secret_id: str, name: str) -> Steps[Value]:
        """Read one field."""
        fields = yield from self.get_fields(secret_id)
        if name not in fields:
            raise NoSuchField(
                f"{secret_id} has no such field, or it isn't granted",
                f"fields: {', '.join(fields)}",
            )
        return fields[name]

    def list_secrets(self, project_id: str | None = None) -> Steps[list[SecretInfo]]:
        """List the secrets this machine can read, in one project or all."""
        found = yield from self._list(calls.LIST_SECRETS, SECRETS)
        return [each for each in found if project_id in (None, each.project_id)]

    def list_projects(self) -> Steps[list[ProjectInfo]]:
        """List the projects with at least one secret this machine can read."""
        return (yield from self._list(calls.LIST_PROJECTS, PROJECTS))

    def read_access(self) -> Steps[MachineAccess]:
        """Ask the server what this machine has access to. The offline cache isn't used."""
        return (yield from self._call(calls.READ_ACCESS.bind()))

    def find_secret(self, address: str) -> Steps[SecretInfo]:
        """Find a secret by path or ID."""
        return match_address((yield from self.list_secrets()), address)

    def export(
        self, project_id: str | None = None, application_id: str | None = None
    ) -> Steps[list[ExportedSecret]]:
        """Read many secrets in one call."""
        if project_id is not None and application_id is not None:
            raise ValueError("pass project_id or application_id, not both")
        asked = {"projectId": project_id, "applicationId": application_id}
        body = {name: scope for name, scope in asked.items() if scope is not None} or None
        call = calls.EXPORT.bind(body=body)
        cache = self.cache
        if cache is None:
            return (yield from self._call(call))
        name = export_name(project_id or application_id)
        fetch = partial(self._call, call, self._patience_with_cache(name))
        problem, exported = yield from self._unless_away(cache, name, fetch)
        if exported is not None:
            yield Do(partial(cache.keep_export, name, exported))
            return exported
        return (yield from _served(partial(cache.load_export, name), problem))

    def poll(self, secret_ids: list[str], have: Mapping[str, int]) -> Steps[dict[str, Change]]:
        """Poll once for changes. For secrets in `have`, these are changes since that version."""
        body: dict[str, Any] = {"watch": secret_ids, **({"have": dict(have)} if have else {})}
        return (yield from self._call(calls.POLL.bind(body=body), ONCE))

    def verify_access(self, project_id: str) -> Steps[ProjectAccess]:
        """Ask whether this machine is attached to a project."""
        return (yield from self._call(calls.VERIFY_ACCESS.bind(body={"projectId": project_id})))

    def explain(self, secret_id: str) -> Steps[ReadExplanation]:
        """Ask whether this machine could read a secret, without reading it. The cache isn't used."""
        _require_id(secret_id)
        return (yield from self._call(calls.EXPLAIN.bind(body={"secretId": secret_id})))

    # The key ---------------------------------------------------------------------------------------

    def rotate_key(self) -> Steps[None]:
        """Rotate the machine's key. If interrupted anywhere, one of the keys on disk is the machine's."""
        self.identity = yield Do(partial(identity_files.reload_key, self.identity))
        new: Identity = self.spare or (yield Do(partial(identity_files.prepare_key, self.identity)))
        self.spare = new if new.key_file is None else None
        message = f"strongroom-rotate-key:{new.machine_id}:{new.public_key}"
        body = {"publicKey": new.public_key, "proof": new.key.sign(message.encode())}
        try:
            yield from self._signed(calls.ROTATE_KEY.bind(body=body), self.identity)
        except StrongroomError as error:
            # It may have worked anyway: the response may have been lost, or an earlier rotation interrupted.
            ours = yield from self._is_ours(new)
            if ours is False and isinstance(error, Conflict):
                # Another machine has this key: the next rotation generates a new one.
                self.spare = None
                yield Do(partial(identity_files.abandon_key, new))
            if not ours:
                yield from self._close_cache_if_unknown(error)
                raise
        else:
            ours = yield from self._is_ours(new)
            if not ours:
                # A page that responds with 200 in the server's place must not cost the machine its key.
                raise Unavailable(
                    "the server did not confirm the new key",
                    "both keys are kept; the next call works out which one is active",
                )
        yield from self._adopt(new)

    def _is_ours(self, identity: Identity) -> Steps[bool | None]:
        """Ask the server whether this key is the machine's, with a call that changes nothing.

        Only success means yes, because something in front of the server could also reject the call. None
        means that there was no response.
        """
        call = calls.LIST_PROJECTS.bind()
        try:
            understood(call.call, (yield from self._signed(call, identity, ONCE)))
        except AuthenticationFailed as error:
            return False if error.lasting else None
        except StrongroomError:
            return None
        return True

    def _adopt(self, identity: Identity) -> Steps[None]:
        """Use this identity from now on; the cache is re-encrypted before the old key is dropped."""
        if self.cache is not None and self.make_cache is not None:
            after = self.make_cache(identity)
            yield Do(partial(self.cache.hand_over, after))
            self.cache = after
        yield Do(partial(identity_files.promote_key, identity))
        self.identity, self.spare = identity, None
        yield from self._lift()

    # Calls -----------------------------------------------------------------------------------------

    def _call(self, call: BoundCall[T], patience: Patience | None = None) -> Steps[T]:
        """Make a signed call and return the parsed response."""
        _, found = yield from self._answered(call, patience)
        return found

    def _answered(self, call: BoundCall[T], patience: Patience | None) -> Steps[tuple[Answer, T]]:
        """Make a signed call, and return the response, raw and parsed. The cache is updated accordingly."""
        try:
            answer = yield from self._accepted(call, patience)
        except StrongroomError as error:
            yield from self._close_cache_if_unknown(error)
            raise
        found = understood(call.call, answer)
        yield from self._lift()
        return answer, found

    def _accepted(self, call: BoundCall[Any], patience: Patience | None) -> Steps[Answer]:
        """Make a signed call with the key that the server knows."""
        identity = self.identity
        try:
            return (yield from self._signed(call, identity, patience))
        except AuthenticationFailed as error:
            if not error.lasting or error.code != Code.AUTHENTICATION_FAILED:
                raise
            problem = error
        found: list[Identity] = yield Do(partial(identity_files.other_keys, identity))
        for other in [*found, *([self.spare] if self.spare is not None else [])]:
            try:
                answer = yield from self._signed(call, other, patience)
                understood(call.call, answer)
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
        self, call: BoundCall[Any], identity: Identity, patience: Patience | None = None
    ) -> Steps[Answer]:
        make = partial(
            signed_request,
            call,
            machine=identity.machine_id,
            key=identity.key,
            server=identity.api_url if identity.profile is not None else None,
        )
        status, repeatable = call.call.status, call.call.repeatable
        return (yield from exchange(make, status, patience or self.patience, repeatable=repeatable))

    # The cache -------------------------------------------------------------------------------------

    def _close_cache_if_unknown(self, refusal: StrongroomError) -> Steps[None]:
        """Close the cache if the server doesn't know this machine, or no longer knows it."""
        if self.cache is not None and isinstance(refusal, AuthenticationFailed) and refusal.lasting:
            yield Do(partial(self.cache.close_machine, refusal))

    def _lift(self) -> Steps[None]:
        """Reopen the cache, because the server accepts this machine."""
        if self.cache is not None:
            yield Do(self.cache.lift_machine)

    def _fetch_value(self, secret_id: str, patience: Patience | None) -> Steps[Value]:
        try:
            return (yield from self._call(calls.READ_SECRET.bind(secret_id), patience))
        except NotFound as error:
            error.what = f"no secret has the ID {secret_id}; it may have been deleted"
            raise

    def _fetch_text(self, call: Call[Any], patience: Patience | None) -> Steps[Value]:
        answer, _ = yield from self._answered(call.bind(), patience)
        return Value(answer.body.decode(errors="replace"))

    def _list(self, call: Call[T], name: str) -> Steps[T]:
        text = yield from self._kept(name, partial(self._fetch_text, call))
        listed = understand(call, text.reveal())
        if listed is None:
            raise CacheUnusable("a cached list is malformed", "clear the cache")
        return listed

    def _kept(self, name: str, fetch: Callable[[Patience | None], Steps[Value]]) -> Steps[Value]:
        """Fetch a value and cache it, or use the cached one while the server is unreachable."""
        cache = self.cache
        if cache is None:
            return (yield from fetch(None))
        fetch_soon = partial(fetch, self._patience_with_cache(name))
        problem, value = yield from self._unless_away(cache, name, fetch_soon)
        if value is not None:
            yield Do(partial(cache.keep, name, value.reveal(), version=value.version))
            return value
        kept = yield from _served(partial(cache.load, name), problem)
        return Value(kept.value, offline=kept.time, version=kept.version)

    def _unless_away(
        self, cache: "CacheFolder", name: str, fetch: Callable[[], Steps[T]]
    ) -> Steps[tuple[StrongroomError | None, T | None]]:
        """Return the fetched result, or why the cache can be used instead. Re-raises if access was denied."""
        if cache.only:
            return None, None
        try:
            return None, (yield from fetch())
        except (Unavailable, Sealed) as error:
            return error, None
        except (AccessDenied, NotFound) as error:
            # A newer server may deny access only temporarily, with a code this client doesn't know.
            if is_known(error.code):
                yield Do(partial(cache.drop, name))
            raise
        except Frozen as error:
            yield Do(partial(cache.close, name, error))
            raise

    def _patience_with_cache(self, name: str) -> Patience | None:
        """Return how long to try the server if a cached value can be used instead."""
        cached = self.cache is not None and self.cache.has(name)
        return HASTE if cached and self.patience.attempts >= HASTE.attempts else None


def _require_id(secret_id: str) -> None:
    if not _ID.fullmatch(secret_id) or secret_id.startswith(NO_SECRETS):
        raise NotFound("not a secret ID", "an ID looks like sk_abc123; find_secret takes paths")


def _served(load: Callable[[], T | None], problem: StrongroomError | None) -> Steps[T]:
    """Read from the cache. `problem` is the reason, or None if only the cache is used."""
    try:
        kept: T | None = yield Do(load)
    except CacheClosed as closed:
        if problem is None:
            raise
        problem.hint, kept = closed.message, None
    if kept is not None:
        return kept
    raise problem or CacheUnusable(
        "not in the offline cache, or too old",
        "values are kept only with --offline-cache, or by `strongroom cache fill`",
    )
