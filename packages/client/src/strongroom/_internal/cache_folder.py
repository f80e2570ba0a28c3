"""The offline cache: values on disk, encrypted, for when the server is unreachable.

Values are served if the server didn't respond, if something else responded in its place, or if it responded
with 503. They are never served after the server denied access. A 403 or 404 deletes the entry. After a 401,
nothing is served until a request succeeds again. After a 423, nothing that was requested is served. A mark
records this, and no entry is deleted, because a server restored from a backup can reject whole fleets by
mistake. Lists, the index of an export, and marks are entries like any other, with names that no secret has.
"""

import json
import re
import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from strongroom._internal.answers import ExportedSecret
from strongroom._internal.cache_entries import CacheKey, EntryUnreadable, Kept
from strongroom._internal.identity import Identity
from strongroom._internal.offline_cache import (
    CLOSED,
    EXPORT,
    NO_SECRETS,
    CachedSecret,
    CacheNotWritten,
    CacheState,
    OfflineCache,
)
from strongroom._internal.private_files import is_there, make_private_folder, write_private
from strongroom._internal.system import unix_seconds
from strongroom._internal.value import Value
from strongroom.errors import CacheClosed, CacheUnusable, StrongroomError

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
        """Whether to use only the cache and never contact the server."""
        return self.wish.only

    @cached_property
    def folder(self) -> Path:
        """The folder of the entries. Raises `CacheUnusable` for an identity in memory without a folder."""
        if self.wish.folder is not None:
            return Path(self.wish.folder).expanduser()
        if self.identity.path is None:
            raise CacheUnusable(
                "an in-memory identity has no folder for its cache",
                "pass one: OfflineCache(folder=…)",
            )
        return self.identity.path.parent / "cache"

    @cached_property
    def key(self) -> CacheKey:
        """The key for the entries, derived from the machine's key on first use."""
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
        """Write an entry. If that fails, only issue a warning, because the value itself was read."""
        self._keep(name, Kept(value, int(unix_seconds()), label, field_names, version))
        self.lift(name)

    def load(self, name: str) -> Kept | None:
        """Return an entry, or None if it is missing, too old or undecryptable.

        Raises `CacheClosed` if the server denied access.
        """
        self._require_open(self._machine)
        self._require_open(name)
        kept = self._load(name)
        return kept if kept is not None and self._is_young(kept) else None

    def close_machine(self, refusal: StrongroomError) -> None:
        """Stop serving anything until `lift_machine`."""
        if not self._has_no_place:
            self.close(self._machine, refusal)

    def lift_machine(self) -> None:
        """Serve again, because the server accepts this machine."""
        if not self._has_no_place:
            self.lift(self._machine)

    def close(self, scope: str, refusal: StrongroomError) -> None:
        """Stop serving this secret or export until `lift`."""
        held = self._load(scope)
        each = [item["id"] for item in _index(held)] if _is_export(scope) and held else []
        for name in (scope, *each):
            self._keep(CLOSED + name, Kept(refusal.what, int(unix_seconds())))

    def lift(self, scope: str) -> None:
        """Serve this secret or export again, because a request for it succeeded."""
        if self.has(CLOSED + scope):
            self.drop(CLOSED + scope)

    def state(self) -> CacheState:
        """Return the cache's state. This decrypts every entry."""
        names = [file.stem for file in self._files() if not file.stem.startswith(CLOSED)]
        unreadable = sum(self._load(name) is None for name in names)
        closed = self._closed(self._machine)
        return CacheState(
            len(names) - unreadable, unreadable, None if closed is None else closed.what
        )

    def drop(self, name: str) -> None:
        """Delete an entry, because the server denied it to this machine."""
        try:
            self._file(name).unlink(missing_ok=True)
        except OSError as error:
            self._warn(error)

    def keep_export(self, name: str, secrets: list[ExportedSecret]) -> None:
        """Write each secret's entry and then the index; delete entries that are no longer exported."""
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
        """Return an export's content, or None if it is missing or too old.

        Raises `CacheUnusable` if one of its values is too old, or is missing because the server has since
        denied it or because its file is damaged: a program must not start with a secret missing. Raises
        `CacheClosed` if the server denied access.
        """
        index = self.load(name)
        if index is None:
            return None
        exported: list[ExportedSecret] = []
        for each in _index(index):
            self._require_open(each["id"])
            kept = self._load(each["id"])
            if kept is None or not self._is_young(kept):
                wrong = "no longer contains {}" if kept is None else "has {}, but it is too old"
                raise CacheUnusable(
                    f"the offline cache {wrong.format(each['name'])}",
                    "run this once while the server is reachable",
                )
            fields = each["fieldNames"]
            names = None if fields is None else tuple(json.loads(fields))
            value = Value(kept.value, offline=kept.time, version=kept.version)
            exported.append(ExportedSecret(each["id"], each["name"], names, value))
        return exported

    def secrets(self) -> list[CachedSecret]:
        """Return the decryptable secrets in the cache, by ID."""
        found = ((file.stem, self._load(file.stem)) for file in sorted(self._files()))
        return [
            CachedSecret(name, kept.name, kept.time)
            for name, kept in found
            if kept is not None and not name.startswith(NO_SECRETS)
        ]

    def clear(self) -> int:
        """Delete everything, including other machines' entries, and return how many there were."""
        files = self._files()
        for file in files:
            file.unlink(missing_ok=True)
        return sum(not file.stem.startswith(CLOSED) for file in files)

    def hand_over(self, after: "CacheFolder") -> None:
        """Re-encrypt all entries with the next key, keeping their age."""
        for file in self._files():
            kept = self._load(file.stem)
            if kept is not None:
                write_private(file, after.key.encrypt(file.stem, kept))

    @property
    def _machine(self) -> str:
        """The subject of a mark that covers everything. Machines can share a folder."""
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
        """A mark that can't be decrypted also closes the cache: fail closed."""
        name = CLOSED + scope
        if not self.has(name):
            return None
        mark = self._load(name)
        said = (
            f"{mark.time:%Y-%m-%dT%H:%M:%SZ}: {mark.value}"
            if mark is not None
            else "an unknown time"
        )
        return CacheClosed(
            f"the offline cache is closed: the server denied access at {said}",
            "it will be used again after the next successful request",
        )

    def _warn(self, error: OSError) -> None:
        warnings.warn(
            f"can't write the offline cache in {self.folder}: {error.strerror}",
            CacheNotWritten,
            stacklevel=3,
        )

    def _load(self, name: str) -> Kept | None:
        try:
            return self.key.decrypt(name, self._file(name).read_bytes())
        except (OSError, EntryUnreadable):
            return None

    def _is_young(self, kept: Kept) -> bool:
        """An entry dated in the future has an unknown age: the clock was wrong then, or is wrong now."""
        age = unix_seconds() - kept.cached_at
        return self.wish.max_age is None or -SKEW_SECONDS <= age <= self.wish.max_age

    def _files(self) -> list[Path]:
        return [file for file in self.folder.glob(f"*{SUFFIX}") if _NAME.fullmatch(file.stem)]

    def _file(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise CacheUnusable("not the ID of anything cached", "pass an ID")
        return self.folder / f"{name}{SUFFIX}"


def _is_export(name: str) -> bool:
    return name.startswith(EXPORT)


def _index(kept: Kept) -> list[dict[str, Any]]:
    return json.loads(kept.value)
