"""Watches secrets in the background and reports events and failures."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from strongroom_cli.failures import failure_of
from strongroom_cli.output import complain, note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from strongroom import Strongroom
    from strongroom.events import AccessDenied, Changed, Deleted
    from strongroom_cli.choices import Choices


def watch_in_background(
    choices: Choices,
    client: Strongroom,
    versions: Mapping[str, int | None],
    names: Mapping[str, str],
    interval: float,
    changed: Callable[[], None],
) -> None:
    """Start a thread that calls `changed` on each change, until this process ends.

    `versions` contains the versions that the program has. Any other version is a change, even if other
    programs on this machine have read it. A deleted or denied secret is only reported: the program already
    has its value.
    """
    thread = threading.Thread(
        target=_watch, args=(choices, client, versions, names, interval, changed), daemon=True
    )
    thread.start()


def news_of(
    choices: Choices, client: Strongroom, versions: Mapping[str, int | None], interval: float
) -> Iterator[Changed | Deleted | AccessDenied]:
    """Yield events for these secrets. Report when polls begin to fail and when they work again."""
    from strongroom.events import Failed, Resumed  # noqa: PLC0415 -- only to watch

    troubled = False
    for event in client.watch(versions, interval=interval):
        match event:
            case Failed(error):
                if not troubled:
                    note(choices, f"{failure_of(error).message}; still watching")
                troubled = True
            case Resumed():
                note(choices, "the server is reachable again")
                troubled = False
            case _:
                yield event


def _watch(
    choices: Choices,
    client: Strongroom,
    versions: Mapping[str, int | None],
    names: Mapping[str, str],
    interval: float,
    changed: Callable[[], None],
) -> None:
    from strongroom import StrongroomError  # noqa: PLC0415 -- already loaded
    from strongroom.events import Changed, Deleted  # noqa: PLC0415 -- only to watch

    try:
        for event in news_of(choices, client, versions, interval):
            if isinstance(event, Changed):
                changed()
                continue
            what = "deleted" if isinstance(event, Deleted) else "revoked"
            note(choices, f"{names[event.secret_id]} was {what}; the program keeps running")
    except StrongroomError as error:
        failure = failure_of(error)
        complain(
            f"{failure.message}; the program keeps running, but changes are no longer seen",
            failure.hint,
        )
