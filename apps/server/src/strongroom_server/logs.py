"""The server's own log: JSON lines for `serve`, key=value for `dev`, on stderr.

Library lines have the same format, and every line about a request contains the request's ID.

No value, token or key is logged. Callers don't pass them in the first place; the masks here are a second
line of defense.
"""

import json
import logging
import re
import sys
from collections.abc import MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog

from strongroom_api.request_log import add_request
from strongroom_core.kernel.plaintext import Plaintext
from strongroom_dashboard.sockets import PAGE_FAILURES
from strongroom_worker.app import QUEUE_FAILURES

Event = MutableMapping[str, Any]

# Tokens of sessions, devices and links, and the root key. All have a recognizable prefix.
_TOKEN = re.compile(r"\b(?:srs|srd|srl|srb)_[A-Za-z0-9_-]+|\bskr1-[A-Za-z2-7\-\s]+")
_MASK = "***"

# One encoder for all lines, because `json.dumps` with options creates one each time.
_ENCODER = json.JSONEncoder(default=repr)
_LOUD_LIBRARIES = ("uvicorn", "psycopg", "piccolo", "litestar", "asyncio", "asyncpg", "mail.log")

# While the database is unavailable, the queue fails at every wake-up. Those failures are counted too.
_QUEUE_LIBRARIES = ("saq", "psycopg")

# These loggers quote what a page sent. Their lines are counted instead.
_QUOTING_LIBRARIES = ("reflex", "reflex_base", "socketio.server", "engineio.server")


def level_of(name: str) -> int:
    """Return the number of a level in the settings."""
    return logging.getLevelNamesMapping()[name.upper()]


def configure(*, readable: bool, level: int = logging.INFO) -> None:
    """Send our log lines and the libraries' to stderr. `readable` is for people at a terminal.

    Lines below `level` are omitted or, for most libraries, lines below WARNING.
    """
    ours: list[Any] = [
        add_request,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _shorten_exception,
        _mask,
    ]
    rendered = (
        structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"])
        if readable
        else _render_json
    )
    structlog.configure(
        # Our lines don't go through the library's logging, which would cost more than a read's signature.
        processors=[*ours, rendered],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_Stderr,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_first_line, *ours],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, rendered],
        )
    )
    handler.addFilter(_is_not_of_page)
    handler.addFilter(_is_not_of_queue)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for library in _LOUD_LIBRARIES:
        logging.getLogger(library).setLevel(max(level, logging.WARNING))
    # In a terminal, `dev` prints events, which would get lost among lines for every request.
    logging.getLogger("strongroom.api").setLevel(logging.WARNING if readable else level)
    for library in _QUOTING_LIBRARIES:
        logging.getLogger(library).setLevel(max(level, logging.ERROR))
    # Whenever it stops, it warns that it is canceling tasks that were only waiting for work.
    logging.getLogger("saq").setLevel(max(level, logging.ERROR))


class _Stderr:
    """Writes lines to the current standard error. There is one method for each level."""

    def __init__(self, *_names: object) -> None:
        pass

    def msg(self, line: str) -> None:
        """Write a line immediately, in one piece."""
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()

    debug = info = warning = error = critical = msg


def _first_line(_logger: object, _method: str, event: Event) -> Event:
    """Keep only the first line of a library's message, because the rest can contain values."""
    event["event"] = str(event.get("event", "")).partition("\n")[0]
    record = event.get("_record")
    if isinstance(record, logging.LogRecord):
        event["logger"] = record.name
    return event


def _is_not_of_page(record: logging.LogRecord) -> bool:
    """Suppress messages that a page can cause at will. A count is logged once a minute."""
    if not record.name.startswith(_QUOTING_LIBRARIES):
        return True
    PAGE_FAILURES.count(f"line {record.lineno} of {record.module}")
    return False


def _is_not_of_queue(record: logging.LogRecord) -> bool:
    """Suppress the queue's message for each failure. A count is logged once a minute."""
    error = record.exc_info[1] if record.exc_info else None
    # asyncio reports tasks that the queue abandoned.
    names = (record.name, type(error).__module__)
    if record.levelno < logging.WARNING or not any(
        name.startswith(_QUEUE_LIBRARIES) for name in names
    ):
        return True
    place = f"line {record.lineno} of {record.module}"
    told = place if error is None else f"{type(error).__name__}, {_place(error.__traceback__)}"
    QUEUE_FAILURES.count(told)
    return False


def _shorten_exception(_logger: object, _method: str, event: Event) -> Event:
    """Keep only an exception's type and location, because its text could quote a row or a request."""
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    if isinstance(given, tuple):
        given = given[1]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(given, BaseException):
        event["error"] = type(given).__name__
        event["where"] = _place(given.__traceback__)
    return event


def _place(trace: TracebackType | None) -> str:
    place = ""
    while trace is not None:
        place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def _render_json(_logger: object, _method: str, event: Event) -> str:
    return _ENCODER.encode(event)


def _mask(_logger: object, _method: str, event: Event) -> Event:
    for key, value in list(event.items()):
        if key == "exc_info":
            continue
        if isinstance(value, Plaintext):
            del event[key]
        elif isinstance(value, (dict, list, tuple, set, frozenset)):
            event[key] = _TOKEN.sub(_MASK, repr(value))  # pyright: ignore[reportUnknownArgumentType]
        # Every token has one of these prefixes. Looking for them is much cheaper than the regular
        # expression.
        elif isinstance(value, str) and ("sr" in value or "skr1" in value):
            event[key] = _TOKEN.sub(_MASK, value)
    return event
