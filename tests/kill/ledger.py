"""Which changes were sent and acknowledged, stored on disk before anything else happens."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Change:
    """One change to a secret. `version` is the resulting version number, or 0 for a deletion.

    `value` is None if the server generated it. `status` is 0 if there was no response.
    """

    number: int
    action: str
    name: str
    secret: str | None = None
    version: int = 0
    value: str | None = None
    status: int = 0
    request: str | None = None

    @property
    def acknowledged(self) -> bool:
        """Whether the server acknowledged the change."""
        return 200 <= self.status < 300


class Ledger:
    """A file that is fsynced after every line, so that no line is lost when processes are killed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("ab")
        self._lock = threading.Lock()
        self._numbers = 0

    def send(self, change: Change) -> Change:
        """Record that a change is about to be requested, and return the change with its number."""
        with self._lock:
            self._numbers += 1
            sent = replace(change, number=self._numbers)
            self._write(sent)
        return sent

    def answer(self, change: Change) -> None:
        """Record the response."""
        with self._lock:
            self._write(change)

    def changes(self) -> list[Change]:
        """Read every change and its result from the disk."""
        return list({change.number: change for change in self._lines()}.values())

    def _write(self, change: Change) -> None:
        self._file.write(json.dumps(asdict(change)).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def _lines(self) -> Iterator[Change]:
        for line in self._path.read_bytes().splitlines():
            yield Change(**json.loads(line))
