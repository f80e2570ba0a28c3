"""Project and system keys: random, and wrapped by a key derived from the root.

Being wrapped, not derived, they survive a change of the root: rewrapping alters who can open them
and never what they are, so no value, counter or seed changes with the root.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NoReturn, final
from uuid import UUID

from strongroom_core.crypto import aead, envelope
from strongroom_core.crypto.aad import Context, project_key_context, system_key_context
from strongroom_core.crypto.key import KEY_BYTES, Key
from strongroom_core.crypto.random import new_key_id, random_bytes
from strongroom_core.crypto.root import RootKey, derive_key
from strongroom_core.kernel.errors import IntegrityFailure, WrongRoot


@final
class ProjectKey(Key):
    """An unwrapped project key, for the length of one use.

    It is unwrapped again at each use and never cached: an unwrap takes microseconds, and the fewer
    keys are in memory, the fewer a dump of it shows.
    """

    __slots__ = ("id",)

    def __init__(self, key_id: UUID, raw: bytes) -> None:
        super().__init__(raw)
        self.id = key_id


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A project or system key as it is stored. `root_version` says which root opens it."""

    id: UUID
    root_version: int
    blob: bytes = field(repr=False)


class SystemPurpose(StrEnum):
    """What a system key is for, one key each (E-4).

    The keys for one-time-code seeds, webhook secrets, database administrators and pending values
    come with their features.
    """

    PEPPER = "pepper"
    """Keys the digests of low-entropy text, such as counters by e-mail address."""


@final
class Keyring:
    """What a process needs to open the keys of one deployment.

    It keeps the wrapping keys derived from the roots, not the roots, and the loaded system keys.
    """

    __slots__ = ("_active", "_deployment", "_system", "_wrapping")

    def __init__(self, deployment: str, roots: Mapping[int, RootKey], active: int) -> None:
        """Take the roots by version, and the version new keys are wrapped under.

        There is more than one only while the root is being changed. The roots must have passed
        `check_root`. Raises `ValueError` when the active version is not among them.
        """
        if active not in roots:
            raise ValueError(f"root version {active} is to be active and was not given")
        self._deployment = deployment
        self._active = active
        self._wrapping = {
            version: derive_key(root, deployment, "wrap") for version, root in roots.items()
        }
        self._system: dict[SystemPurpose, Key] = {}

    def new_project_key(self, vault: str, project: str) -> WrappedKey:
        """Make a fresh key for a project, wrapped under the active root."""
        key_id = new_key_id()
        context = project_key_context(self._deployment, vault, project, key_id)
        return self._wrap(key_id, context, random_bytes(KEY_BYTES))

    def new_system_key(self, purpose: SystemPurpose) -> WrappedKey:
        """Make a fresh key for a purpose, wrapped under the active root."""
        key_id = new_key_id()
        context = system_key_context(self._deployment, purpose, key_id)
        return self._wrap(key_id, context, random_bytes(KEY_BYTES))

    def unwrap_project_key(self, wrapped: WrappedKey, vault: str, project: str) -> ProjectKey:
        """Open a project's key, to be dropped after this use.

        Raises `IntegrityFailure` when it was altered or is another project's, and `WrongRoot` when
        it is intact in form and this keyring lacks the root version it names.
        """
        context = project_key_context(self._deployment, vault, project, wrapped.id)
        return ProjectKey(wrapped.id, self._unwrap(wrapped, context))

    def load_system_key(self, purpose: SystemPurpose, wrapped: WrappedKey) -> None:
        """Open the key of a purpose and keep it for `mac`. Raises as `unwrap_project_key` does."""
        context = system_key_context(self._deployment, purpose, wrapped.id)
        self._system[purpose] = Key(self._unwrap(wrapped, context))

    def mac(self, purpose: SystemPurpose, message: bytes) -> bytes:
        """Return HMAC-SHA-256 (RFC 2104) of `message`, 32 bytes, under the key of a purpose.

        Raises `LookupError` when that key was not loaded.
        """
        key = self._system.get(purpose)
        if key is None:
            raise LookupError(f"the system key {purpose} is not loaded: load it at start")
        return hmac.digest(key.raw(), message, "sha256")

    def rewrap_project_key(self, wrapped: WrappedKey, vault: str, project: str) -> WrappedKey:
        """Return the same key under the active root; unchanged when it is there already.

        A root rotation may therefore stop and go on anywhere. Raises as `unwrap_project_key` does.
        """
        return self._rewrap(
            wrapped, project_key_context(self._deployment, vault, project, wrapped.id)
        )

    def rewrap_system_key(self, wrapped: WrappedKey, purpose: SystemPurpose) -> WrappedKey:
        """Return the same key under the active root; unchanged when it is there already."""
        return self._rewrap(wrapped, system_key_context(self._deployment, purpose, wrapped.id))

    def _rewrap(self, wrapped: WrappedKey, context: Context) -> WrappedKey:
        # It is opened even when nothing changes, so that a pass over all keys also verifies them.
        raw = self._unwrap(wrapped, context)
        if wrapped.root_version == self._active:
            return wrapped
        return self._wrap(wrapped.id, context, raw)

    def _wrap(self, key_id: UUID, context: Context, raw: bytes) -> WrappedKey:
        wrapping = self._wrapping[self._active]
        blob = aead.into_envelope(wrapping, root_key_id(self._active), context, raw)
        return WrappedKey(key_id, self._active, blob)

    def _unwrap(self, wrapped: WrappedKey, context: Context) -> bytes:
        if envelope.parse(wrapped.blob).key_id != root_key_id(wrapped.root_version):
            raise IntegrityFailure
        wrapping = self._wrapping.get(wrapped.root_version)
        if wrapping is None:
            raise WrongRoot(
                f"a key is wrapped under root version {wrapped.root_version}, which was not given"
            )
        raw = aead.from_envelope(wrapping, root_key_id(wrapped.root_version), context, wrapped.blob)
        if len(raw) != KEY_BYTES:
            raise IntegrityFailure
        return raw

    def __repr__(self) -> str:
        return f"Keyring(***, active={self._active})"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Keyring is not pickled or copied")


def root_key_id(version: int) -> UUID:
    """Return the id that envelopes wrapped by this root version carry: the version as a number.

    Raises `IntegrityFailure` for a version that no root has.
    """
    if not 1 <= version < 2**63:
        raise IntegrityFailure
    return UUID(int=version)
