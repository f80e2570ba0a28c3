"""The stored form of a ciphertext (envelope encryption), and its strict parser.

::

    ver(1)=0x01 ‖ alg(1)=0x01 ‖ key_id(16) ‖ nonce(12) ‖ ciphertext ‖ tag(16)

`key_id` identifies the wrapping key, so that a reader never has to try several keys. The first 18 bytes are
the header, and every AAD ends with it. The algorithm is a constant here, never an input. A caller that could
choose the algorithm or the nonce could break the cipher (compare CVE-2023-4680).
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
    """A parsed envelope. `ciphertext` ends with the tag, as AES-GCM implementations expect.

    `header` contains the version, the algorithm and the wrapping key's ID; it is bound through the AAD.
    """

    header: bytes
    nonce: bytes = field(repr=False)
    ciphertext: bytes = field(repr=False)

    @property
    def key_id(self) -> UUID:
        """The wrapping key's ID."""
        return UUID(bytes=self.header[2:])

    def encode(self) -> bytes:
        """Return the bytes that `parse` accepts."""
        return self.header + self.nonce + self.ciphertext


def header_for(key_id: UUID) -> bytes:
    """Return the header of an envelope for the key `key_id`."""
    return bytes((VERSION, AES_256_GCM)) + key_id.bytes


def parse(blob: bytes) -> Envelope:
    """Parse an envelope. Raises `IntegrityFailure` if it is malformed."""
    if len(blob) < OVERHEAD_BYTES or blob[0] != VERSION or blob[1] != AES_256_GCM:
        raise IntegrityFailure
    nonce_end = HEADER_BYTES + NONCE_BYTES
    return Envelope(blob[:HEADER_BYTES], blob[HEADER_BYTES:nonce_end], blob[nonce_end:])
