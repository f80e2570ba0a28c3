"""The file that tells a waiting program that the server answers, and where."""

from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from strongroom_core.kernel.errors import Invalid
from strongroom_server.write_file import write_whole


def announce(path: Path, content: dict[str, Any]) -> None:
    """Write the ready file: JSON, mode 0600, whole at once. Raises `Invalid` where that fails."""
    _write(path, _encode(content))


@contextmanager
def announced(path: Path, content: dict[str, Any]) -> Generator[None]:
    """Write the ready file for the length of the block; raises as `announce` does.

    It is left alone at the end when somebody has put another in its place.
    """
    written = _encode(content)
    _write(path, written)
    try:
        yield
    finally:
        with suppress(OSError):
            if path.read_bytes() == written:
                path.unlink()


def _encode(content: dict[str, Any]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"


def _write(path: Path, content: bytes) -> None:
    try:
        write_whole(path, content)
    except OSError as error:
        raise Invalid(f"the ready file {path} cannot be written: {error.strerror}") from None
