"""Watch secrets beside something else, and tell people how that goes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from strongroom_cli.failures import failure_of
from strongroom_cli.output import complain, note

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from strongroom import Strongroom
    from strongroom.events import Failed, Resumed
    from strongroom_cli.choices import Choices


def watch_beside(
    choices: Choices,
    client: Strongroom,
    versions: Mapping[str, int | None],
    names: Mapping[str, str],
    interval: float,
    changed: Callable[[], None],
) -> None:
    """Start a thread that calls `changed` at each change, until this process ends.

    `versions` are those which the program has got: what differs from them is a change, whatever else
    on this machine reads. A secret that is gone or denied is told and changes nothing: the program
    has its value already.
    """
    thread = threading.Thread(
        target=_watch, args=(choices, client, versions, names, interval, changed), daemon=True
    )
    thread.start()


def tell_trouble(choices: Choices, event: Failed | Resumed) -> None:
    """Say that a poll failed, or works again."""
    from strongroom.events import Failed  # noqa: PLC0415 -- loaded already

    if isinstance(event, Failed):
        failure = failure_of(event.error)
        note(choices, f"{failure.message}; watching goes on")
    else:
        note(choices, "the server answers again")


def _watch(
    choices: Choices,
    client: Strongroom,
    versions: Mapping[str, int | None],
    names: Mapping[str, str],
    interval: float,
    changed: Callable[[], None],
) -> None:
    from strongroom import StrongroomError  # noqa: PLC0415 -- loaded already
    from strongroom.events import (  # noqa: PLC0415 -- only to watch
        AccessDenied,
        Changed,
        Deleted,
        Failed,
        Resumed,
    )

    troubled = False
    try:
        for event in client.watch(versions, interval=interval):
            match event:
                case Changed():
                    changed()
                case Deleted(secret_id):
                    note(choices, f"{names[secret_id]} was deleted; the program goes on with it")
                case AccessDenied(secret_id):
                    note(choices, f"{names[secret_id]} was withdrawn; the program goes on with it")
                case Failed():
                    if not troubled:
                        tell_trouble(choices, event)
                    troubled = True
                case Resumed():
                    troubled = False
                    tell_trouble(choices, event)
    except StrongroomError as error:
        failure = failure_of(error)
        complain(f"{failure.message}; the program goes on, and changes are not seen", failure.hint)
