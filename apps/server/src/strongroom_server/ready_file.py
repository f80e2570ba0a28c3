"""The file that tells a waiting program that the server answers, and where."""

from pathlib import Path
from typing import Any

import msgspec

from strongroom_core.kernel.errors import Invalid
from strongroom_server.write_file import write_whole


def announce(path: Path, content: dict[str, Any]) -> None:
    """Write the ready file: JSON, mode 0600, whole at once. Raises `Invalid` where that fails."""
    try:
        write_whole(path, msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")
    except OSError as error:
        raise Invalid(f"the ready file {path} cannot be written: {error.strerror}") from None
