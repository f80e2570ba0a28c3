"""The country of an IP address, from a file in MaxMind's format that the administrator provides.

If there is no file, or it doesn't contain the address, the country is unknown (None). An unknown country must
never be treated as an allowed one.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, Any

import maxminddb

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_FILE = 256 * 1024 * 1024
_CODE = re.compile(r"[A-Z]{2}")
_NO_COUNTRY = frozenset({"XX", "ZZ"})
"""Codes that ISO 3166 reserves for private use, which some files contain for "unknown"."""

_Version = tuple[int, int, int]
"""A file's inode, size and modification time."""

_UNREADABLE: _Version = (-1, -1, -1)


class CountryFileUnusable(Exception):
    """The file can't be used; the message says why. The previous content, if there is any, stays in use."""


class Countries:
    """Finds the countries of addresses.

    The file's content is copied into memory. Reading it in place would be unsafe: if someone overwrote the
    file, an open reader would return wrong results, and if someone truncated it, the process would be killed.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._reader: maxminddb.Reader | None = None
        self._version: _Version | None = None

    @property
    def known(self) -> bool:
        """Whether a file is in use."""
        return self._reader is not None

    @property
    def built_at(self) -> datetime | None:
        """When the file in use was built, according to the file itself."""
        if self._reader is None:
            return None
        try:
            return datetime.fromtimestamp(self._reader.metadata().build_epoch, UTC)
        except (OverflowError, ValueError, OSError):
            return None

    def refresh(self) -> bool:
        """Load the file if it is new or has changed, and return whether it was loaded.

        Call this in a thread, because it reads the whole file. A file that is being written at the same time
        is left for the next call. Raises `CountryFileUnusable` once for each version of the file.
        """
        if self._path is None:
            return False
        try:
            version = _version_of(self._path)
            if version == self._version:
                return False
            if version[1] > LARGEST_FILE:
                self._version = version
                raise CountryFileUnusable("it is larger than 256 MiB")
            content = self._path.read_bytes()
            if _version_of(self._path) != version:
                return False
        except OSError as error:
            if self._version == _UNREADABLE:
                return False
            self._version = _UNREADABLE
            raise CountryFileUnusable(os.strerror(error.errno or 0).lower()) from None
        self._version = version  # Each version of an unusable file is tried and reported only once.
        self._reader = _open(content)
        return True

    def country_of(self, address: str) -> str | None:
        """Return the address's country as two capital letters (ISO 3166), or None if it is unknown."""
        reader = self._reader
        if reader is None:
            return None
        try:
            parsed = ip_address(address)
        except ValueError:
            return None
        if isinstance(parsed, IPv6Address):
            # Lookups don't support these forms, and a zone doesn't affect the country.
            parsed = parsed.ipv4_mapped or IPv6Address(int(parsed))
        try:
            found: Any = reader.get(parsed)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        except (ValueError, maxminddb.InvalidDatabaseError):
            return None
        return _code_in(found)


def _version_of(path: Path) -> _Version:
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _open(content: bytes) -> maxminddb.Reader:
    """Open a copy of the content, with the C reader on platforms where an anonymous file has a path."""
    try:
        descriptor = os.memfd_create("countries") if hasattr(os, "memfd_create") else -1
        if descriptor < 0:
            raise CountryFileUnusable("this platform has no anonymous files")
        with os.fdopen(descriptor, "w+b") as copy:
            copy.write(content)
            copy.flush()
            return maxminddb.open_database(f"/proc/self/fd/{descriptor}")  # pyright: ignore[reportUnknownMemberType]
    except (ValueError, OSError, maxminddb.InvalidDatabaseError):
        raise CountryFileUnusable("it isn't a file in MaxMind's format") from None


def _code_in(found: Any) -> str | None:
    """Return the code in a record: `country_code`, or `iso_code` in MaxMind's own files."""
    if not isinstance(found, dict):
        return None
    code: Any = found.get("country_code")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    for name in ("country", "registered_country"):
        part: Any = found.get(name)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        if code is None and isinstance(part, dict):
            code = part.get("iso_code")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if not isinstance(code, str) or not _CODE.fullmatch(code) or code in _NO_COUNTRY:
        return None
    return code
