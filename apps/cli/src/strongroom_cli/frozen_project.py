"""Whether a project is frozen, found out without reading a value of it.

No call says so: `list` and access go on as before. A poll is silent about what is frozen (R-7), and
tells every other secret of which the caller says that it has no version. So silence is the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from strongroom import Strongroom

_NOBODYS = "sk_nobodys0secret"
"""No secret has this id, so that each answer tells it as deleted: by this an answer is known to be one."""

_NO_VERSION = 0


def is_frozen(client: Strongroom, project_id: str) -> bool | None:
    """Return whether a project is frozen, or None where nothing tells. Raises the library's errors.

    It takes a secret of the project, and a server that tells versions.
    """
    from strongroom.events import Changed, Failed, Resumed  # noqa: PLC0415 -- only here

    known = [each.id for each in client.list_secrets(project_id) if each.version is not None]
    if not known:
        return None
    asked = known[0]
    # What is told comes in the order in which it was asked for.
    for event in client.watch({asked: _NO_VERSION, _NOBODYS: _NO_VERSION}):
        match event:
            case Failed(error):
                raise error
            case Resumed():
                continue
            case Changed(secret_id) if secret_id == asked:
                return False
            case _:
                # One that was deleted or withdrawn in this moment says nothing.
                return True if event.secret_id == _NOBODYS else None
    return None
