"""The offline cache: what was read, encrypted on disk, for when the server cannot be reached.

Served only when no answer came, or 502, 503 or 504; never when the server said no. A 403, 404 or 410
deletes the entry. After a 401 nothing is served until the server has answered this machine well, after
a 423 nothing of what it was about: a mark says so, and nothing is deleted, since a server that was
restored from a backup refuses whole fleets by mistake. Lists, what an export held, and marks are
entries like any other, under names no secret has.
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
from strongroom.errors import CacheClosed, CacheUnusable, StrongroomError
from strongroom.identity import Identity
from strongroom.offline_cache import (
    CLOSED,
    EXPORT,
    NO_SECRETS,
    CachedSecret,
    CacheNotWritten,
    CacheState,
    OfflineCache,
)
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
        self,
        name: str,
        value: str,
        *,
        label: str | None = None,
        field_names: str | None = None,
        version: int | None = None,
    ) -> None:
        """Write an entry. One that cannot be written is warned of: the value was read all the same."""
        self._keep(name, Kept(value, int(unix_seconds()), label, field_names, version))
        self.lift(name)

    def load(self, name: str) -> Kept | None:
        """Return an entry, or None for one that is missing, too old, or cannot be opened.

        Raises `CacheClosed` where the server refused.
        """
        self._require_open(self._machine)
        self._require_open(name)
        kept = self._load(name)
        return kept if kept is not None and self._is_young(kept) else None

    def close_machine(self, refusal: StrongroomError) -> None:
        """Serve nothing any more until it is lifted."""
        if not self._has_no_place:
            self.close(self._machine, refusal)

    def lift_machine(self) -> None:
        """Serve again: the server answers this machine."""
        if not self._has_no_place:
            self.lift(self._machine)

    def close(self, scope: str, refusal: StrongroomError) -> None:
        """Serve no more of this secret or this export until it is lifted."""
        held = self._load(scope)
        each = [item["id"] for item in _index(held)] if _is_export(scope) and held else []
        for name in (scope, *each):
            self._keep(CLOSED + name, Kept(refusal.what, int(unix_seconds())))

    def lift(self, scope: str) -> None:
        """Serve it again: the server has answered well."""
        if self.has(CLOSED + scope):
            self.drop(CLOSED + scope)

    def state(self) -> CacheState:
        """Return how the cache is; every entry is opened for that."""
        names = [file.stem for file in self._files() if not file.stem.startswith(CLOSED)]
        unreadable = sum(self._load(name) is None for name in names)
        closed = self._closed(self._machine)
        return CacheState(
            len(names) - unreadable, unreadable, None if closed is None else closed.what
        )

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
            self.keep(
                secret.id,
                secret.value.reveal(),
                label=secret.name,
                field_names=names,
                version=secret.version,
            )
            index.append({"id": secret.id, "name": secret.name, "fieldNames": names})
        self.keep(name, json.dumps(index))

    def load_export(self, name: str) -> list[ExportedSecret] | None:
        """Return what an export held; None if there is none, or too old.

        Raises `CacheUnusable` when one of its values is too old or not there, because the server
        denied it since or its file is damaged: a program must not start with one secret less. Raises
        `CacheClosed` where the server refused.
        """
        index = self.load(name)
        if index is None:
            return None
        exported: list[ExportedSecret] = []
        for each in _index(index):
            self._require_open(each["id"])
            kept = self._load(each["id"])
            if kept is None or not self._is_young(kept):
                wrong = "has no value of {} any more" if kept is None else "holds {}, but too old"
                raise CacheUnusable(
                    f"the offline cache {wrong.format(each['name'])}",
                    "do this once while the server answers",
                )
            fields = each["fieldNames"]
            names = None if fields is None else tuple(json.loads(fields))
            value = Value(kept.value, offline=kept.time, version=kept.version)
            exported.append(ExportedSecret(each["id"], each["name"], names, value))
        return exported

    def secrets(self) -> list[CachedSecret]:
        """Return the secrets in the cache that can be opened, by their ids."""
        found = ((file.stem, self._load(file.stem)) for file in sorted(self._files()))
        return [
            CachedSecret(name, kept.name, kept.time)
            for name, kept in found
            if kept is not None and not name.startswith(NO_SECRETS)
        ]

    def clear(self) -> int:
        """Delete everything, also what is other machines'; return how many entries there were."""
        files = self._files()
        for file in files:
            file.unlink(missing_ok=True)
        return sum(not file.stem.startswith(CLOSED) for file in files)

    def hand_over(self, after: "CacheFolder") -> None:
        """Encrypt all entries anew under the key that follows, as old as they are."""
        for file in self._files():
            kept = self._load(file.stem)
            if kept is not None:
                write_private(file, after.key.encrypt(file.stem, kept))

    @property
    def _machine(self) -> str:
        """What a mark is about that is about everything. Machines may share a folder."""
        return f"machine-{self.identity.machine_id}"

    @property
    def _has_no_place(self) -> bool:
        return self.wish.folder is None and self.identity.path is None

    def _keep(self, name: str, kept: Kept) -> None:
        try:
            make_private_folder(self.folder)
            write_private(self._file(name), self.key.encrypt(name, kept))
        except OSError as error:
            self._warn(error)

    def _require_open(self, scope: str) -> None:
        closed = self._closed(scope)
        if closed is not None:
            raise closed

    def _closed(self, scope: str) -> CacheClosed | None:
        """A mark that does not open closes as well: it was one, whatever became of it."""
        name = CLOSED + scope
        if not self.has(name):
            return None
        mark = self._load(name)
        said = f"{mark.time:%Y-%m-%dT%H:%M:%SZ}: {mark.value}" if mark is not None else "some time"
        return CacheClosed(
            f"the offline cache is closed, since the server refused at {said}",
            "it opens when the server answers well again",
        )

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


def _is_export(name: str) -> bool:
    return name.startswith(EXPORT)


def _index(kept: Kept) -> list[dict[str, Any]]:
    return json.loads(kept.value)
