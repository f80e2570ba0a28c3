"""Project keys (key-encryption keys) and system keys: random, wrapped with a key derived from the root key.

Because they are wrapped rather than derived, they survive a change of the root key. Rewrapping changes who
can unwrap the keys, but not the keys themselves, so no value, counter or seed changes with the root key.
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
    """An unwrapped project key (key-encryption key, KEK), for one use or one batch of reads.

    It is unwrapped for each of them and never cached. Unwrapping takes microseconds, and the fewer keys are
    in memory, the fewer a memory dump exposes.
    """

    __slots__ = ("id",)

    def __init__(self, key_id: UUID, raw: bytes) -> None:
        super().__init__(raw)
        self.id = key_id


@final
class SystemKey(Key):
    """An unwrapped system key. It is kept for as long as the server is unsealed."""

    __slots__ = ("id",)

    def __init__(self, key_id: UUID, raw: bytes) -> None:
        super().__init__(raw)
        self.id = key_id


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A stored project or system key. `root_version` is the version of the root key that wraps it."""

    id: UUID
    root_version: int
    blob: bytes = field(repr=False)


class SystemPurpose(StrEnum):
    """A system key's purpose; each purpose has one key (E-4).

    Keys for database administrators and pending values will be added with their features.
    """

    PEPPER = "pepper"
    """The key for digests of low-entropy text, such as email addresses in counters."""
    SHARE = "share"
    """The server's part of the keys of shares."""
    WEBHOOK = "webhook"
    """The key from which the keys for webhooks' secrets and URLs are derived."""
    TOTP = "totp"
    """The key that encrypts the secrets of authenticator apps."""


@final
class Keyring:
    """Everything that a process needs to unwrap one deployment's keys.

    It contains the loaded system keys and wrapping keys derived from the root keys, but not the root keys
    themselves.
    """

    __slots__ = ("_active", "_deployment", "_system", "_wrapping")

    def __init__(self, deployment: str, roots: Mapping[int, RootKey], active: int) -> None:
        """Take the root keys by version, and the version that wraps new keys.

        There is more than one only while the root key is being changed. They must have passed `check_root`.
        Raises `ValueError` if the active version is missing.
        """
        if active not in roots:
            raise ValueError(f"the active root key, version {active}, is missing")
        self._deployment = deployment
        self._active = active
        self._wrapping = {
            version: derive_key(root, deployment, "wrap") for version, root in roots.items()
        }
        self._system: dict[SystemPurpose, SystemKey] = {}

    def new_project_key(self, vault: str, project: str) -> WrappedKey:
        """Generate a project key, wrapped with the active root key."""
        key_id = new_key_id()
        context = project_key_context(self._deployment, vault, project, key_id)
        return self._wrap(key_id, context, random_bytes(KEY_BYTES))

    def new_system_key(self, purpose: SystemPurpose) -> WrappedKey:
        """Generate a key for a purpose, wrapped with the active root key."""
        key_id = new_key_id()
        context = system_key_context(self._deployment, purpose, key_id)
        return self._wrap(key_id, context, random_bytes(KEY_BYTES))

    def unwrap_project_key(self, wrapped: WrappedKey, vault: str, project: str) -> ProjectKey:
        """Unwrap a project's key for one use or one batch of reads.

        Raises `IntegrityFailure` if the wrapped key was altered or belongs to another project, and
        `WrongRoot` if it is well formed but needs a root key version that this keyring lacks.
        """
        context = project_key_context(self._deployment, vault, project, wrapped.id)
        return ProjectKey(wrapped.id, self._unwrap(wrapped, context))

    def load_system_key(self, purpose: SystemPurpose, wrapped: WrappedKey) -> None:
        """Unwrap a purpose's key and keep it. Raises the same errors as `unwrap_project_key`."""
        context = system_key_context(self._deployment, purpose, wrapped.id)
        self._system[purpose] = SystemKey(wrapped.id, self._unwrap(wrapped, context))

    @property
    def missing(self) -> list[SystemPurpose]:
        """The purposes whose keys aren't loaded, such as a purpose that is new in this release."""
        return [purpose for purpose in SystemPurpose if purpose not in self._system]

    def mac(self, purpose: SystemPurpose, message: bytes) -> bytes:
        """Return HMAC-SHA-256 (RFC 2104) of `message`, 32 bytes, with a purpose's key.

        Raises `LookupError` if that key isn't loaded.
        """
        return hmac.digest(self.system_key(purpose).raw(), message, "sha256")

    def system_key(self, purpose: SystemPurpose) -> SystemKey:
        """Return a purpose's key, for encrypting the server's secrets. Raises `LookupError` as `mac` does."""
        key = self._system.get(purpose)
        if key is None:
            raise LookupError(f"the system key {purpose} isn't loaded; load it at startup")
        return key

    def rewrap_project_key(self, wrapped: WrappedKey, vault: str, project: str) -> WrappedKey:
        """Return the same key wrapped with the active root key, or unchanged if it already is.

        This lets a root key rotation stop and resume anywhere. Raises the same errors as
        `unwrap_project_key`.
        """
        return self._rewrap(
            wrapped, project_key_context(self._deployment, vault, project, wrapped.id)
        )

    def rewrap_system_key(self, wrapped: WrappedKey, purpose: SystemPurpose) -> WrappedKey:
        """Return the same key wrapped with the active root key, or unchanged if it already is."""
        return self._rewrap(wrapped, system_key_context(self._deployment, purpose, wrapped.id))

    def _rewrap(self, wrapped: WrappedKey, context: Context) -> WrappedKey:
        # The key is unwrapped even if nothing changes, so that a pass over all keys also verifies them.
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
                f"a key needs root key version {wrapped.root_version}, which is missing"
            )
        raw = aead.from_envelope(wrapping, root_key_id(wrapped.root_version), context, wrapped.blob)
        if len(raw) != KEY_BYTES:
            raise IntegrityFailure
        return raw

    def __repr__(self) -> str:
        return f"Keyring(***, active={self._active})"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Keyring can't be pickled or copied")


def root_key_id(version: int) -> UUID:
    """Return the key ID in envelopes wrapped with this root key version. It is the version number itself.

    Raises `IntegrityFailure` for an impossible version.
    """
    if not 1 <= version < 2**63:
        raise IntegrityFailure
    return UUID(int=version)
