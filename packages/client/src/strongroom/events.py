"""The events of a watch. `AccessDenied` here is an event; the exception of that name is in `errors`.

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
    """The secret's version differs from the last one that the watch knew. Reported once per version.

    At the start of a watch, the version is compared with the given one, or with the one that this machine
    last read. Also reported when a deleted or revoked secret becomes readable again. `version` is the new
    one, or None if the server doesn't report versions. In that case the event is repeated at every poll until
    this machine has read the secret.
    """

    secret_id: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Deleted:
    """The secret was deleted, or never existed.

    Reported once, and again if it is restored and then deleted.
    """

    secret_id: str


@dataclass(frozen=True, slots=True)
class AccessDenied:
    """This machine can't read the secret. Reported once, and again if access is granted and then lost."""

    secret_id: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A poll failed. The watch continues, with growing intervals."""

    error: StrongroomError


@dataclass(frozen=True, slots=True)
class Resumed:
    """Polls succeed again after a failure."""


Event: TypeAlias = Changed | Deleted | AccessDenied | Failed | Resumed
