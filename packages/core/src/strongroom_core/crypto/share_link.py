"""The link and the passphrase of a share, and the keys derived from them and the system key (T-3).

::

    locator L = 16 random bytes   the path of the link; the database has only SHA-256(L)
    key F     = 16 random bytes   the fragment of the link, which browsers don't send; stored nowhere
    passphrase P                  eight random words, 80 bits; stored nowhere
    A   = Argon2id(P, salt = SHA-256("salt" ‖ L))       64 MiB, 3 passes, 1 lane
    PRK = HKDF-Extract(salt = the system key *share*, A ‖ F)
    encryption key, verifier = HKDF-Expand(PRK, purpose ‖ SHA-256(L))

The database has the SHA-256 of the verifier. It commits to the key: no other passphrase can decrypt a share
to something else, and a wrong passphrase is detected without decrypting. The salt is derived from the
locator, so the work is done before the database is queried, and it is the same whether or not the share
exists.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from shamir_mnemonic.wordlist import WORDLIST  # pyright: ignore[reportMissingTypeStubs]

from strongroom_core.crypto.key import KEY_BYTES, Key
from strongroom_core.crypto.keyring import Keyring, SystemPurpose
from strongroom_core.crypto.random import random_below, random_bytes
from strongroom_core.kernel.errors import Invalid

if TYPE_CHECKING:
    from strongroom_core.crypto.password import PasswordHasher

WORDS = 8
PASSPHRASE_MOST_BYTES = 1024

_PART_BYTES = 16
_PART = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Link:
    """The two parts of a link, as text: the locator in its path and the key in its fragment."""

    locator: str
    key: str = field(repr=False)

    @property
    def locator_hash(self) -> bytes:
        """Return the hash of the locator, which the database stores."""
        return hashlib.sha256(b"locator\0" + self.locator.encode()).digest()

    @property
    def whole_hash(self) -> bytes:
        """Return the hash of both parts, which the database stores for a link without a passphrase."""
        return hashlib.sha256(b"link\0" + self.locator.encode() + self.key.encode()).digest()


@dataclass(frozen=True, slots=True)
class ShareKeys:
    """A share's derived keys: the encryption key, and the verifier's hash to store."""

    encryption: Key
    verifier_hash: bytes = field(repr=False)

    def match(self, stored: bytes) -> bool:
        """Whether these are the keys of the share with this stored verifier, in constant time."""
        return hmac.compare_digest(self.verifier_hash, stored)


def new_link() -> Link:
    """Generate both parts of a link."""
    return Link(*(_text(random_bytes(_PART_BYTES)) for _ in range(2)))


def parse_link(locator: str, key: str) -> Link:
    """Return the link with these parts. Raises `Invalid` for a malformed part."""
    for name, part in (("locator", locator), ("key", key)):
        if not _PART.fullmatch(part) or _text(urlsafe_b64decode(part + "==")) != part:
            raise Invalid(
                "the link is incomplete; copy all of it, including the part after #", field=name
            )
    return Link(locator, key)


def new_share_passphrase() -> str:
    """Generate a passphrase of eight words, 80 random bits, joined by dashes."""
    return "-".join(WORDLIST[random_below(len(WORDLIST))] for _ in range(WORDS))


def words() -> list[str]:
    """Return the word list for passphrases, so that a page can point out a typo."""
    return list(WORDLIST)


def require_passphrase(typed: str) -> str:
    """Return the passphrase in canonical form: case, spaces and kinds of dashes don't matter.

    Raises `Invalid` if it is empty or too long, which doesn't count as an attempt (T-2). Anything else
    counts.
    """
    if len(typed) > PASSPHRASE_MOST_BYTES or len(typed.encode()) > PASSPHRASE_MOST_BYTES:
        raise Invalid("the passphrase is too long", field="passphrase")
    parts = [part for part in re.split(r"[\s\-\u2010-\u2015]+", typed.casefold()) if part]
    if not parts:
        raise Invalid("enter the passphrase", field="passphrase")
    return "-".join(parts)


async def derive_share_keys(
    keyring: Keyring, hasher: PasswordHasher, link: Link, passphrase: str, *, network: str | None
) -> ShareKeys:
    """Derive a share's keys, with one Argon2id computation. Raises `Crowded` if there is no capacity.

    `network` is an unknown client's network, or None for a user.
    """
    salt = hashlib.sha256(b"salt\0" + link.locator.encode()).digest()
    stretched = await hasher.stretch(passphrase, salt, network=network)
    extracted = keyring.mac(SystemPurpose.SHARE, stretched + _bytes(link.key))
    return ShareKeys(
        Key(_expand(extracted, b"key", link)),
        hashlib.sha256(_expand(extracted, b"verifier", link)).digest(),
    )


def _expand(extracted: bytes, purpose: bytes, link: Link) -> bytes:
    info = b"strongroom/1 share " + purpose + b"\0" + link.locator_hash
    return HKDFExpand(SHA256(), KEY_BYTES, info).derive(extracted)


def _text(part: bytes) -> str:
    return urlsafe_b64encode(part).decode().rstrip("=")


def _bytes(part: str) -> bytes:
    return urlsafe_b64decode(part + "==")
