"""Read secrets from a Strongroom server.

Every request is signed with this machine's private key; there are no bearer tokens. ::

    from strongroom import Strongroom

    with Strongroom() as strongroom:
        api_key = strongroom.find_secret("shop/production/API_KEY")
        text = strongroom.get_secret(api_key.id).reveal()

`Strongroom()` uses this machine's identity, written by `strongroom bootstrap` or `bootstrap()`: IDs, and
a private key that never leaves the machine. Threads can share a client.

A value is a `Value`. It prints as ``***`` and can't be pickled or serialized to JSON; only `reveal()`
returns its text. `get_field` and `get_fields` read a structured secret; `export` reads all secrets of a
project in one request.

Asyncio: `AsyncStrongroom` has the same methods, as coroutines. ::

    import asyncio

    from strongroom import AsyncStrongroom


    async def main():
        async with AsyncStrongroom() as strongroom:
            return await strongroom.list_secrets()


    asyncio.run(main())

Watching: changes are events, and so are failed polls, so a watch survives a server restart. ::

    from strongroom import Strongroom, events

    with Strongroom() as strongroom:
        database = strongroom.find_secret("shop/production/DATABASE")
        for event in strongroom.watch([database.id]):
            if isinstance(event, events.Changed):
                fields = strongroom.get_fields(event.secret_id)
                break

Offline: with a cache, values are kept encrypted on disk and used while the server is unreachable, but
never after it denied access. ::

    from strongroom import OfflineCache, Strongroom

    with Strongroom(cache=OfflineCache(max_age=24 * 3600)) as strongroom:
        secrets = strongroom.export()

Errors: each is a `StrongroomError` with `what` (what happened) and `hint` (what to do about it); none
contains a secret value. `help(strongroom.errors)` shows them as a tree. ::

    from strongroom import NotFound, Strongroom, Unavailable

    with Strongroom(timeout=5.0, attempts=3) as strongroom:
        try:
            strongroom.find_secret("shop/production/API_KYE")
        except NotFound as error:
            print(error.hint)  #: did you mean shop/production/API_KEY?
        except Unavailable as error:
            print("later:", error, error.retry_after)

The public API consists of the names that this module lists, and of the modules `admin`, with which people
manage a vault, `errors` and `events`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from strongroom import admin as admin
    from strongroom import errors as errors
    from strongroom import events as events
    from strongroom._internal.answers import CheckedStep as CheckedStep
    from strongroom._internal.answers import ExportedSecret as ExportedSecret
    from strongroom._internal.answers import MachineAccess as MachineAccess
    from strongroom._internal.answers import ProjectAccess as ProjectAccess
    from strongroom._internal.answers import ProjectInfo as ProjectInfo
    from strongroom._internal.answers import ReadExplanation as ReadExplanation
    from strongroom._internal.answers import SecretInfo as SecretInfo
    from strongroom._internal.async_client import AsyncStrongroom as AsyncStrongroom
    from strongroom._internal.client import Strongroom as Strongroom
    from strongroom._internal.identity import Identity as Identity
    from strongroom._internal.identity import strongroom_home as strongroom_home
    from strongroom._internal.offline_cache import CachedSecret as CachedSecret
    from strongroom._internal.offline_cache import CacheNotWritten as CacheNotWritten
    from strongroom._internal.offline_cache import CacheState as CacheState
    from strongroom._internal.offline_cache import OfflineCache as OfflineCache
    from strongroom._internal.route import require_server_url as require_server_url
    from strongroom._internal.transport import Trace as Trace
    from strongroom._internal.unsigned import bootstrap as bootstrap
    from strongroom._internal.unsigned import enroll as enroll
    from strongroom._internal.unsigned import server_status as server_status
    from strongroom._internal.value import Value as Value
    from strongroom._internal.workload import enroll_job as enroll_job
    from strongroom.errors import AccessDenied as AccessDenied
    from strongroom.errors import Ambiguous as Ambiguous
    from strongroom.errors import AuthenticationFailed as AuthenticationFailed
    from strongroom.errors import BadIdentity as BadIdentity
    from strongroom.errors import BrowserRequired as BrowserRequired
    from strongroom.errors import CacheClosed as CacheClosed
    from strongroom.errors import CacheUnusable as CacheUnusable
    from strongroom.errors import ClockSkewed as ClockSkewed
    from strongroom.errors import Conflict as Conflict
    from strongroom.errors import Frozen as Frozen
    from strongroom.errors import MachineExpired as MachineExpired
    from strongroom.errors import NoIdentity as NoIdentity
    from strongroom.errors import NoSuchField as NoSuchField
    from strongroom.errors import NotFound as NotFound
    from strongroom.errors import NotStructured as NotStructured
    from strongroom.errors import Rejected as Rejected
    from strongroom.errors import Sealed as Sealed
    from strongroom.errors import ServerError as ServerError
    from strongroom.errors import StepUpRequired as StepUpRequired
    from strongroom.errors import StrongroomError as StrongroomError
    from strongroom.errors import TooLarge as TooLarge
    from strongroom.errors import TooMany as TooMany
    from strongroom.errors import Unavailable as Unavailable
    from strongroom.errors import Unreachable as Unreachable

_PLACES = {
    "AsyncStrongroom": "async_client",
    "CacheNotWritten": "offline_cache",
    "CacheState": "offline_cache",
    "CachedSecret": "offline_cache",
    "CheckedStep": "answers",
    "ExportedSecret": "answers",
    "Identity": "identity",
    "OfflineCache": "offline_cache",
    "MachineAccess": "answers",
    "ProjectAccess": "answers",
    "ProjectInfo": "answers",
    "ReadExplanation": "answers",
    "SecretInfo": "answers",
    "Strongroom": "client",
    "Trace": "transport",
    "Value": "value",
    "bootstrap": "unsigned",
    "enroll": "unsigned",
    "enroll_job": "workload",
    "require_server_url": "route",
    "server_status": "unsigned",
    "strongroom_home": "identity",
}
"""The private module of each public name. A name that is missing here can't be imported."""

__all__ = [  # noqa: RUF022 -- sorted by kind
    "AsyncStrongroom",
    "Strongroom",
    "bootstrap",
    "enroll",
    "enroll_job",
    "require_server_url",
    "server_status",
    "strongroom_home",
    "CacheState",
    "CachedSecret",
    "CheckedStep",
    "ExportedSecret",
    "Identity",
    "OfflineCache",
    "MachineAccess",
    "ProjectAccess",
    "ProjectInfo",
    "ReadExplanation",
    "SecretInfo",
    "Trace",
    "Value",
    "admin",
    "errors",
    "events",
    "AccessDenied",
    "Ambiguous",
    "AuthenticationFailed",
    "BadIdentity",
    "BrowserRequired",
    "CacheClosed",
    "CacheUnusable",
    "ClockSkewed",
    "Conflict",
    "Frozen",
    "MachineExpired",
    "NoIdentity",
    "NoSuchField",
    "NotFound",
    "NotStructured",
    "Rejected",
    "Sealed",
    "ServerError",
    "StepUpRequired",
    "StrongroomError",
    "TooLarge",
    "TooMany",
    "Unavailable",
    "Unreachable",
    "CacheNotWritten",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562), to keep importing the package fast."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in ("admin", "errors", "events"):
        return import_module(f"{__name__}.{name}")
    if name not in _PLACES:
        found = getattr(import_module(f"{__name__}.errors"), name)
    else:
        found = getattr(import_module(f"{__name__}._internal.{_PLACES[name]}"), name)
        # Help, tracebacks and pickles will show the public path.
        found.__module__ = __name__
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
