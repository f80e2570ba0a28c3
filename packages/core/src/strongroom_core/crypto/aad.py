"""The AAD to which a ciphertext is bound: its purpose and every ID that authorization uses.

An AAD is ``PAE("strongroom/1", purpose, ids…, envelope header)``. Moving a blob to another place, purpose or
deployment changes the AAD, so it can't be decrypted there (E-1). `Context` adds the label and the header, so
that no purpose can omit them. `docs/design/key-hierarchy.md` contains the table.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

LABEL = b"strongroom/1"


class Purpose(StrEnum):
    """What an envelope contains. Each new purpose gets a new word, and a word's meaning never changes."""

    VALUE = "value"
    DATA_KEY = "data-key"
    PROJECT_KEY = "project-key"
    SYSTEM_KEY = "system-key"
    SHARE = "share"
    BUNDLE = "bundle"
    WEBHOOK = "webhook"
    TOTP = "totp"


@dataclass(frozen=True, slots=True)
class MaterialAddress:
    """Where a value lives. All five IDs are bound to its ciphertext and to its wrapped data key."""

    deployment: str
    vault: str
    project: str
    secret: str
    material: str


@dataclass(frozen=True, slots=True)
class Context:
    """A purpose and its IDs; the envelope's header is added later."""

    parts: tuple[bytes, ...]

    def aad(self, header: bytes) -> bytes:
        """Return the AAD for an envelope with this header."""
        return pae(LABEL, *self.parts, header)


def pae(*parts: bytes) -> bytes:
    """Encode `parts` in such a way that no two different lists give the same bytes.

    The result is the number of parts, followed by each part with its length before it. All numbers are 64-bit
    little-endian. This is the pre-authentication encoding of PASETO (version 4 specification, §2.2).
    """
    pieces = [_le64(len(parts))]
    for part in parts:
        pieces += (_le64(len(part)), part)
    return b"".join(pieces)


def value_context(address: MaterialAddress) -> Context:
    """Bind a value to its place. The data key's ID is in the header."""
    return _context(Purpose.VALUE, *_ids_of(address))


def data_key_context(address: MaterialAddress, data_key: UUID) -> Context:
    """Bind a wrapped data key to its place and to the only envelope it decrypts."""
    return _context(Purpose.DATA_KEY, *_ids_of(address), data_key.bytes)


def project_key_context(deployment: str, vault: str, project: str, key: UUID) -> Context:
    """Bind a wrapped project key to its project and ID. The root key's version is in the header."""
    return _context(
        Purpose.PROJECT_KEY, deployment.encode(), vault.encode(), project.encode(), key.bytes
    )


def system_key_context(deployment: str, purpose: str, key: UUID) -> Context:
    """Bind a wrapped system key to its purpose and ID."""
    return _context(Purpose.SYSTEM_KEY, deployment.encode(), purpose.encode(), key.bytes)


def share_context(deployment: str, vault: str, share: str, creator: str) -> Context:
    """Bind a share's content to its row and to the account that created it."""
    parts = (deployment, vault, share, creator)
    return _context(Purpose.SHARE, *(part.encode() for part in parts))


def bundle_context(deployment: str, vault: str, machine: UUID) -> Context:
    """Bind a private key that is waiting to be downloaded to its machine."""
    return _context(Purpose.BUNDLE, deployment.encode(), vault.encode(), machine.bytes)


def webhook_context(deployment: str, vault: str, webhook: str, secret: UUID) -> Context:
    """Bind a webhook's signing secret, or its target, to its row."""
    parts = (deployment, vault, webhook)
    return _context(Purpose.WEBHOOK, *(part.encode() for part in parts), secret.bytes)


def totp_context(deployment: str, account: str, app: str) -> Context:
    """Bind the secret of an authenticator app to its row and its account."""
    return _context(Purpose.TOTP, *(part.encode() for part in (deployment, account, app)))


def _ids_of(address: MaterialAddress) -> tuple[bytes, ...]:
    return (
        address.deployment.encode(),
        address.vault.encode(),
        address.project.encode(),
        address.secret.encode(),
        address.material.encode(),
    )


def _context(purpose: Purpose, *parts: bytes) -> Context:
    return Context((purpose.value.encode(), *parts))


def _le64(number: int) -> bytes:
    return number.to_bytes(8, "little")
