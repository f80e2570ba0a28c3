"""What the server writes about itself: JSON lines for `serve`, key=value for `dev`, on stderr.

Lines of libraries have the same form as ours, and every line that belongs to a request has its id.

No value, token or key gets into a line. Callers do not hand them over in the first place; what is here
is the net below.
"""

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

Event = MutableMapping[str, Any]

# Tokens of sessions, devices and links, and the root. All begin so that they can be found.
_TOKEN = re.compile(r"\b(?:srs|srd|srl|srb)_[A-Za-z0-9_-]+|\bskr1-[A-Za-z2-7\-\s]+")
_MASK = "***"
_LOUD_LIBRARIES = ("uvicorn", "psycopg", "piccolo", "litestar", "asyncio", "asyncpg")

# What these tell of is what a page sent, which they quote.
_QUOTING_LIBRARIES = ("reflex", "reflex_base", "socketio.server", "engineio.server")


def level_of(name: str) -> int:
    """Return the number of a level that the settings name."""
    return logging.getLevelNamesMapping()[name.upper()]


def configure(*, readable: bool, level: int = logging.INFO) -> None:
    """Send our lines and those of the libraries to stderr. `readable` is for people at a terminal.

    Lines below `level` are left out; of most libraries, everything below a warning is.
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
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*ours, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_first_line, *ours],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, rendered],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for library in _LOUD_LIBRARIES:
        logging.getLogger(library).setLevel(max(level, logging.WARNING))
    # At a terminal the story tells what happens, and a line per request would drown it.
    logging.getLogger("strongroom.api").setLevel(logging.WARNING if readable else level)
    for library in _QUOTING_LIBRARIES:
        logging.getLogger(library).setLevel(max(level, logging.ERROR))
    # It warns at every stop that it cancels the tasks which only wait for work.
    logging.getLogger("saq").setLevel(max(level, logging.ERROR))


def _first_line(_logger: object, _method: str, event: Event) -> Event:
    """Keep the first line of what a library says: further ones repeat objects and their errors."""
    event["event"] = str(event.get("event", "")).partition("\n")[0]
    record = event.get("_record")
    if isinstance(record, logging.LogRecord):
        event["logger"] = record.name
        if record.name.startswith(_QUOTING_LIBRARIES):
            event["event"] = f"an error at line {record.lineno} of {record.module}"
    return event


def _shorten_exception(_logger: object, _method: str, event: Event) -> Event:
    """Keep the type and the place of an exception: its text may quote a row or a request."""
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


def _mask(_logger: object, _method: str, event: Event) -> Event:
    for key, value in list(event.items()):
        if key == "exc_info":
            continue
        if isinstance(value, Plaintext):
            del event[key]
        elif isinstance(value, (dict, list, tuple, set, frozenset)):
            event[key] = _TOKEN.sub(_MASK, repr(value))  # pyright: ignore[reportUnknownArgumentType]
        elif isinstance(value, str):
            event[key] = _TOKEN.sub(_MASK, value)
    return event
