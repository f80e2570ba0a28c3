"""Read secrets from a Strongroom server with signed requests.

| module | does |
|---|---|
| `client`, `async_client` | what a program calls: `Strongroom` and `AsyncStrongroom` |
| `operations` | every operation, written once, as steps that both clients take |
| `steps` | what a step is: send this, sleep that long, do that with files |
| `calls` | the call table: method, path, and how to read the answer |
| `json_shapes` | what JSON must have said |
| `exchange` | one call until it is answered: signing, retrying, waiting |
| `transport`, `connections` | blocking HTTP on connections that are kept; nothing else touches the network |
| `proxies` | the proxy that the environment names |
| `refusals` | from an answer that is no success to an error |
| `errors` | everything that can go wrong, as a tree |
| `server_texts` | which words of a server are repeated |
| `identity`, `private_key` | who this machine is, on disk and in memory |
| `trusted_files` | which files are believed: those that nobody else can have written |
| `private_files` | files that only their owner reads, written whole or not at all |
| `resolution` | which identity is meant when none is named |
| `enrolment`, `identity_folder` | how a machine gets an identity |
| `key_files` | the key on disk while it is changed |
| `offline_cache` | the wish for one: values for when the server cannot be reached |
| `cache_folder`, `cache_entries` | the cache on disk, and one encrypted entry of it |
| `addresses` | `application/environment/NAME` to a secret |
| `watching`, `events` | what changed of the watched secrets |
| `health` | how a server is, without an identity |
| `value`, `answers` | what a program gets |
| `surroundings` | the clock and the randomness of this machine |

The public names are made when they are first asked for, so that importing the package costs little.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from strongroom import errors as errors
    from strongroom import events as events
    from strongroom.answers import ExportedSecret as ExportedSecret
    from strongroom.answers import ProjectAccess as ProjectAccess
    from strongroom.answers import ProjectInfo as ProjectInfo
    from strongroom.answers import SecretInfo as SecretInfo
    from strongroom.async_client import AsyncStrongroom as AsyncStrongroom
    from strongroom.client import Strongroom as Strongroom
    from strongroom.enrolment import bootstrap as bootstrap
    from strongroom.enrolment import enroll as enroll
    from strongroom.errors import AccessDenied as AccessDenied
    from strongroom.errors import Ambiguous as Ambiguous
    from strongroom.errors import AuthenticationFailed as AuthenticationFailed
    from strongroom.errors import BadIdentity as BadIdentity
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
    from strongroom.errors import StrongroomError as StrongroomError
    from strongroom.errors import TooLarge as TooLarge
    from strongroom.errors import TooMany as TooMany
    from strongroom.errors import Unavailable as Unavailable
    from strongroom.errors import Unreachable as Unreachable
    from strongroom.health import server_status as server_status
    from strongroom.identity import Identity as Identity
    from strongroom.offline_cache import CachedSecret as CachedSecret
    from strongroom.offline_cache import CacheNotWritten as CacheNotWritten
    from strongroom.offline_cache import CacheState as CacheState
    from strongroom.offline_cache import OfflineCache as OfflineCache
    from strongroom.transport import Trace as Trace
    from strongroom.value import Value as Value

_PLACES = {
    "AsyncStrongroom": "async_client",
    "CacheNotWritten": "offline_cache",
    "CacheState": "offline_cache",
    "CachedSecret": "offline_cache",
    "ExportedSecret": "answers",
    "Identity": "identity",
    "OfflineCache": "offline_cache",
    "ProjectAccess": "answers",
    "ProjectInfo": "answers",
    "SecretInfo": "answers",
    "Strongroom": "client",
    "Trace": "transport",
    "Value": "value",
    "bootstrap": "enrolment",
    "enroll": "enrolment",
    "server_status": "health",
}
"""The module of each public name. Names that are missing here are errors."""

__all__ = [  # noqa: RUF022 -- sorted by kind
    "AsyncStrongroom",
    "Strongroom",
    "bootstrap",
    "enroll",
    "server_status",
    "CacheState",
    "CachedSecret",
    "ExportedSecret",
    "Identity",
    "OfflineCache",
    "ProjectAccess",
    "ProjectInfo",
    "SecretInfo",
    "Trace",
    "Value",
    "errors",
    "events",
    "AccessDenied",
    "Ambiguous",
    "AuthenticationFailed",
    "BadIdentity",
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
    "StrongroomError",
    "TooLarge",
    "TooMany",
    "Unavailable",
    "Unreachable",
    "CacheNotWritten",
]


def __getattr__(name: str) -> Any:
    """Import the module of a public name when it is first used (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in ("errors", "events"):
        return import_module(f"{__name__}.{name}")
    found = getattr(import_module(f"{__name__}.{_PLACES.get(name, 'errors')}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
