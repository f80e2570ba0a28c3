"""What a watch tells. `AccessDenied` here is an event; the error of that name is in `errors`.

::

    for event in strongroom.watch([secret]):
        match event:
            case events.Changed(secret_id):
                reload(strongroom.get_secret(secret_id))
            case events.Failed(error):
                log(error)
"""

from dataclasses import dataclass
from typing import TypeAlias

from strongroom.errors import StrongroomError


@dataclass(frozen=True, slots=True)
class Changed:
    """The secret has another version than the watch knew of; told once for each.

    At first: than was given, or than this machine last read; also after the secret was lost and is
    back. `version` is the new one. It is None with a server that does not tell versions: then this
    is told again at every poll until this machine has read the secret.
    """

    secret_id: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Deleted:
    """The secret is gone, or there never was one. Told once, and again after it was back."""

    secret_id: str


@dataclass(frozen=True, slots=True)
class AccessDenied:
    """This machine may not read the secret. Told once, and again after it was granted in between."""

    secret_id: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A poll failed. The watch goes on, at growing intervals."""

    error: StrongroomError


@dataclass(frozen=True, slots=True)
class Resumed:
    """Polls succeed again after one that failed."""


Event: TypeAlias = Changed | Deleted | AccessDenied | Failed | Resumed
