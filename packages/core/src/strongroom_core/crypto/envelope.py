"""The bytes a ciphertext is stored as, and their strict parser.

::

    ver(1)=0x01 ‖ alg(1)=0x01 ‖ key_id(16) ‖ nonce(12) ‖ ciphertext ‖ tag(16)

`key_id` names the wrapping key, so that a reader never tries one key after another. The first 18
bytes are the header, which every AAD ends with. The algorithm a writer uses is a constant here,
never an input: callers who may pick it, or the nonce, can break the cipher (compare CVE-2023-4680).
"""

from dataclasses import dataclass, field
from uuid import UUID

from strongroom_core.kernel.errors import IntegrityFailure

VERSION = 0x01
AES_256_GCM = 0x01

HEADER_BYTES = 18
NONCE_BYTES = 12
TAG_BYTES = 16
OVERHEAD_BYTES = HEADER_BYTES + NONCE_BYTES + TAG_BYTES


@dataclass(frozen=True, slots=True)
class Envelope:
    """A parsed envelope. `ciphertext` ends with the tag, as AES-GCM implementations take it."""

    key_id: UUID
    nonce: bytes = field(repr=False)
    ciphertext: bytes = field(repr=False)

    @property
    def header(self) -> bytes:
        """The version, the algorithm and the id of the wrapping key: bound in the AAD."""
        return header_for(self.key_id)

    def encode(self) -> bytes:
        """Return the bytes `parse` accepts."""
        return self.header + self.nonce + self.ciphertext


def header_for(key_id: UUID) -> bytes:
    """Return the header of an envelope that the key `key_id` opens."""
    return bytes((VERSION, AES_256_GCM)) + key_id.bytes


def parse(blob: bytes) -> Envelope:
    """Take an envelope apart. Raises `IntegrityFailure` for anything that is none."""
    if len(blob) < OVERHEAD_BYTES or blob[0] != VERSION or blob[1] != AES_256_GCM:
        raise IntegrityFailure
    nonce_end = HEADER_BYTES + NONCE_BYTES
    return Envelope(
        key_id=UUID(bytes=blob[2:HEADER_BYTES]),
        nonce=blob[HEADER_BYTES:nonce_end],
        ciphertext=blob[nonce_end:],
    )
