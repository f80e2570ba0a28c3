"""The offline cache: what was read, encrypted on disk, for when the server cannot be reached.

Served only when no answer came, or 502, 503 or 504; never when the server said no. A 403, 404 or 410
deletes the entry. Lists and what an export held are entries like any other, under names no secret has.
"""

import json
import re
import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from strongroom.answers import ExportedSecret
from strongroom.cache_entries import CacheKey, EntryUnreadable, Kept
from strongroom.errors import CacheUnusable
from strongroom.identity import Identity
from strongroom.offline_cache import LISTS, CachedSecret, CacheNotWritten, OfflineCache
from strongroom.private_files import is_there, make_private_folder, write_private
from strongroom.surroundings import unix_seconds
from strongroom.value import Value

SUFFIX = ".skc"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
SKEW_SECONDS = 300


@dataclass(frozen=True)
class CacheFolder:
    """The cache of one identity. Its methods read and write files."""

    wish: OfflineCache
    identity: Identity

    @property
    def only(self) -> bool:
        """Whether nothing is asked of the server."""
        return self.wish.only

    @cached_property
    def folder(self) -> Path:
        """Where the entries lie. Raises `CacheUnusable` for an identity in memory without a folder."""
        if self.wish.folder is not None:
            return Path(self.wish.folder).expanduser()
        if self.identity.path is None:
            raise CacheUnusable(
                "an identity in memory has no folder for its cache",
                "name one: OfflineCache(folder=…)",
            )
        return self.identity.path.parent / "cache"

    @cached_property
    def key(self) -> CacheKey:
        """The key of the entries, derived from the machine's when first needed."""
        found = self.identity
        return CacheKey.derive(found.key.seed(), vault=found.vault_id, machine=found.machine_id)

    def has(self, name: str) -> bool:
        """Whether there is an entry, usable or not."""
        return is_there(self._file(name))

    def keep(
        self, name: str, value: str, *, label: str | None = None, field_names: str | None = None
    ) -> None:
        """Write an entry. One that cannot be written is warned of: the value was read all the same."""
        try:
            make_private_folder(self.folder)
            kept = Kept(value, int(unix_seconds()), label, field_names)
            write_private(self._file(name), self.key.encrypt(name, kept))
        except OSError as error:
            self._warn(error)

    def load(self, name: str) -> Kept | None:
        """Return an entry, or None for one that is missing, too old, or cannot be opened."""
        kept = self._load(name)
        return kept if kept is not None and self._is_young(kept) else None

    def drop(self, name: str) -> None:
        """Delete an entry: the server says that it is not for this machine."""
        try:
            self._file(name).unlink(missing_ok=True)
        except OSError as error:
            self._warn(error)

    def keep_export(self, name: str, secrets: list[ExportedSecret]) -> None:
        """Write the entry of each secret and then the index; what is no longer exported is deleted."""
        before = self._load(name)
        held = {each["id"] for each in _index(before)} if before is not None else set[str]()
        for gone in held - {secret.id for secret in secrets}:
            self.drop(gone)
        index: list[dict[str, Any]] = []
        for secret in secrets:
            names = None if secret.field_names is None else json.dumps(secret.field_names)
            self.keep(secret.id, secret.value.reveal(), label=secret.name, field_names=names)
            index.append({"id": secret.id, "name": secret.name, "fieldNames": names})
        self.keep(name, json.dumps(index))

    def load_export(self, name: str) -> list[ExportedSecret] | None:
        """Return what an export held; None if there is none.

        Raises `CacheUnusable` when one of its values is not there, because the server denied it since
        or its file is damaged: a program must not start with one secret less.
        """
        index = self.load(name)
        if index is None:
            return None
        exported: list[ExportedSecret] = []
        for each in _index(index):
            kept = self._load(each["id"])
            if kept is None:
                raise CacheUnusable(
                    f"the offline cache has no value of {each['name']} any more",
                    "do this once while the server answers",
                )
            fields = each["fieldNames"]
            names = None if fields is None else tuple(json.loads(fields))
            value = Value(kept.value, offline=kept.time)
            exported.append(ExportedSecret(each["id"], each["name"], names, value))
        return exported

    def secrets(self) -> list[CachedSecret]:
        """Return the secrets in the cache that can be opened, by their ids."""
        found = ((file.stem, self._load(file.stem)) for file in sorted(self._files()))
        return [
            CachedSecret(name, kept.name, kept.time)
            for name, kept in found
            if kept is not None and not name.startswith(LISTS)
        ]

    def clear(self) -> int:
        """Delete all entries, also those of other machines; return how many there were."""
        files = self._files()
        for file in files:
            file.unlink(missing_ok=True)
        return len(files)

    def hand_over(self, after: "CacheFolder") -> None:
        """Encrypt all entries anew under the key that follows, as old as they are."""
        for file in self._files():
            kept = self._load(file.stem)
            if kept is not None:
                write_private(file, after.key.encrypt(file.stem, kept))

    def _warn(self, error: OSError) -> None:
        warnings.warn(
            f"the offline cache in {self.folder} cannot be written: {error.strerror}",
            CacheNotWritten,
            stacklevel=3,
        )

    def _load(self, name: str) -> Kept | None:
        try:
            return self.key.decrypt(name, self._file(name).read_bytes())
        except (OSError, EntryUnreadable):
            return None

    def _is_young(self, kept: Kept) -> bool:
        """An entry from the future is of unknown age: the clock was wrong then or is now."""
        age = unix_seconds() - kept.cached_at
        return self.wish.max_age is None or -SKEW_SECONDS <= age <= self.wish.max_age

    def _files(self) -> list[Path]:
        return [file for file in self.folder.glob(f"*{SUFFIX}") if _NAME.fullmatch(file.stem)]

    def _file(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise CacheUnusable("this is no id under which something is cached", "give an id")
        return self.folder / f"{name}{SUFFIX}"


def _index(kept: Kept) -> list[dict[str, Any]]:
    return json.loads(kept.value)
