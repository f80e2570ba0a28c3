"""Parses messages from pages (Socket.IO 5), to drop unknown ones before they reach Reflex.

Reflex would process each unknown event and write a log line.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Container

_ENTER = "40/_event,"
_LEAVE = "41/_event,"
_EVENT = re.compile(r"42/_event,[0-9]{0,9}(?=\[)")
_SIGNS_OF_LIFE = frozenset({"2", "3"})


def is_known(text: str, events: Container[str]) -> bool:
    """Return whether our pages send such messages: connect, disconnect, ping, or a known event."""
    if text in _SIGNS_OF_LIFE or text in (_ENTER, _LEAVE):
        return True
    if text.startswith(_ENTER):
        entering = _json(text[len(_ENTER) :])
        if not isinstance(entering, dict):
            return False
        first = cast("dict[str, Any]", entering).get("event")
        return first is None or _is_event(first, events)
    begin = _EVENT.match(text)
    if begin is None:
        return False
    sent = _json(text[begin.end() :])
    return isinstance(sent, list) and _is_sent(cast("list[Any]", sent), events)


def _is_sent(sent: list[Any], events: Container[str]) -> bool:
    match sent:
        case ["event", event]:
            return _is_event(event, events)
        case _:
            return False


def _is_event(event: object, events: Container[str]) -> bool:
    match event:
        case {"name": str(name)}:
            return name in events
        case _:
            return False


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
