"""Atomic file writes, and the ready file that tells other programs that the server is up."""

import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from strongroom_core.kernel.errors import Invalid


def write_whole(path: Path, content: bytes) -> None:
    """Write a file of mode 0600 next to `path`, and rename it into place.

    A program waiting for the file never reads a partial one. Raises `OSError`.
    """
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_ready_file(path: Path, content: dict[str, Any]) -> bytes:
    """Write the ready file, JSON of mode 0600, and return its content. Raises `Invalid`."""
    written = msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"
    try:
        write_whole(path, written)
    except OSError as error:
        raise Invalid(f"can't write ready file {path}: {error.strerror}") from None
    return written


@contextmanager
def announcing(path: Path, content: dict[str, Any]) -> Generator[None]:
    """Keep a ready file for the duration of the block. Raises what `write_ready_file` raises.

    At the end, the file is removed unless another process has replaced it.
    """
    written = write_ready_file(path, content)
    try:
        yield
    finally:
        with suppress(OSError):
            if path.read_bytes() == written:
                path.unlink()
