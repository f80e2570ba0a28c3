"""ID tokens of OpenID Connect issuers: parses them strictly and verifies their signatures (RFC 7515, 7519).

PyJWT verifies signatures. Everything else is checked here, because parsers disagree about it: the form,
duplicate members, text that can't be stored, the algorithm, and which key may be used with which algorithm. A
key is used only with its type's algorithm, no matter what the token's header says.
"""

from __future__ import annotations

import hashlib
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from strongroom_core.kernel.names import is_storable

LONGEST_TOKEN = 16 * 1024
LARGEST_KEY_SET = 64 * 1024
MOST_KEYS = 64
MOST_LEVELS = 8
RSA_BITS = range(2048, 8193)
RSA_EXPONENTS = range(3, 2**32)
ALGORITHMS = ("RS256", "ES256", "EdDSA")
KEY_ID_LENGTH = 255

_FORM = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_ALGORITHM_OF = {"RSA None": "RS256", "EC P-256": "ES256", "OKP Ed25519": "EdDSA"}
"""The algorithm for each type of key and curve."""

_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


class MalformedToken(ValueError):
    """The text isn't an ID token in the one accepted form. The message never quotes it."""


class UnsupportedAlgorithm(ValueError):
    """The token's algorithm isn't one of `ALGORITHMS`."""


class UnusableKeys(ValueError):
    """The text isn't a usable set of public keys. The message says why, for the person who entered it."""


class UnknownKey(Exception):
    """No key in the set has the token's key ID and algorithm."""


class WrongSignature(Exception):
    """The signature doesn't verify."""


@dataclass(frozen=True, slots=True)
class IdToken:
    """A parsed token. Nothing in it is verified until `KeySet.verify` has returned."""

    text: str = field(repr=False)
    algorithm: str
    key_id: str | None
    claims: Mapping[str, Any] = field(repr=False)

    @property
    def digest(self) -> bytes:
        """Identify the signed content. The signature isn't part of it: an ECDSA signature has two forms."""
        return hashlib.sha256(self.text.rpartition(".")[0].encode()).digest()


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A public key, and the only algorithm with which it is used."""

    key_id: str | None
    algorithm: str
    key: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeySet:
    """An issuer's public keys (RFC 7517)."""

    keys: tuple[VerificationKey, ...]

    def verify(self, token: IdToken) -> None:
        """Raise `UnknownKey` or `WrongSignature` unless one of these keys signed the token.

        A token without a key ID can be verified only if the set has one key for its algorithm.
        """
        fitting = [each for each in self.keys if each.algorithm == token.algorithm]
        if token.key_id is not None:
            fitting = [each for each in fitting if each.key_id == token.key_id]
        if len(fitting) != 1:
            raise UnknownKey
        try:
            jwt.PyJWS(algorithms=[fitting[0].algorithm]).decode(
                token.text, fitting[0].key, algorithms=[fitting[0].algorithm]
            )
        except Exception:  # noqa: BLE001 -- whatever the library raises, the token isn't verified
            raise WrongSignature from None


def parse_id_token(text: str) -> IdToken:
    """Return the parts of a token. Raises `MalformedToken` and `UnsupportedAlgorithm`."""
    if len(text) > LONGEST_TOKEN or not _FORM.fullmatch(text):
        raise MalformedToken("not a signed token in compact form")
    head, body, signature = text.split(".")
    header, claims = _object_in(_decoded(head)), _object_in(_decoded(body))
    _decoded(signature)
    if "crit" in header or "b64" in header:
        raise MalformedToken("the token needs extensions that aren't supported")
    algorithm, key_id = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise UnsupportedAlgorithm
    if key_id is not None and not (isinstance(key_id, str) and 0 < len(key_id) <= KEY_ID_LENGTH):
        raise MalformedToken("the key ID isn't text")
    return IdToken(text, algorithm, key_id, claims)


def parse_claims(text: str) -> Mapping[str, Any]:
    """Return the claims in a JSON object, for trying out conditions. Raises `MalformedToken`."""
    if len(text) > LONGEST_TOKEN:
        raise MalformedToken("the claims are too large")
    return _object_in(text.encode("utf-8", "surrogatepass"))


def parse_key_set(content: bytes, *, most_bytes: int = LARGEST_KEY_SET) -> KeySet:
    """Return the usable keys of a JSON Web Key Set; keys for other purposes are left out.

    Raises `UnusableKeys` if there are none, or if the set contains a private or shared key.
    """
    if len(content) > most_bytes:
        raise UnusableKeys(f"the key set must have at most {most_bytes // 1024} KiB")
    try:
        listed: Any = _object_in(content).get("keys")
    except MalformedToken:
        raise UnusableKeys("the key set must be a JSON object with a member `keys`") from None
    if not isinstance(listed, list) or len(listed) > MOST_KEYS:  # pyright: ignore[reportUnknownArgumentType]
        raise UnusableKeys(f"the key set must contain a list `keys` with at most {MOST_KEYS} keys")
    found = [key for each in listed if (key := _key_of(each)) is not None]  # pyright: ignore[reportUnknownVariableType]
    names = [(key.key_id, key.algorithm) for key in found]
    if len(set(names)) < len(names):
        raise UnusableKeys("two keys in the set have the same kid")
    if not found:
        raise UnusableKeys(
            "the key set doesn't contain a signing key for RS256 (at least 2048 bits), ES256 or EdDSA"
        )
    return KeySet(tuple(found))


def key_binding(public_key: bytes) -> str:
    """Return the part of a bound audience that identifies a machine's key: base64url of its SHA-256."""
    return urlsafe_b64encode(hashlib.sha256(public_key).digest()).rstrip(b"=").decode()


def _key_of(listed: Any) -> VerificationKey | None:
    if not isinstance(listed, dict):
        return None
    members: dict[str, Any] = listed  # pyright: ignore[reportUnknownVariableType]
    if _PRIVATE_MEMBERS & members.keys():
        raise UnusableKeys("the key set contains a private key; enter only public keys")
    algorithm = _ALGORITHM_OF.get(f"{members.get('kty')} {members.get('crv')}")
    operations, key_id = members.get("key_ops"), members.get("kid")
    if algorithm is None or members.get("alg", algorithm) != algorithm:
        return None
    if members.get("use", "sig") != "sig" or not isinstance(key_id, str | None):
        return None
    if operations is not None and not (isinstance(operations, list) and "verify" in operations):
        return None
    try:
        key: Any = jwt.PyJWK(members, algorithm).key
    except Exception:  # noqa: BLE001 -- whatever the library raises, the key can't be used
        return None
    return VerificationKey(key_id, algorithm, key) if _is_strong(key, algorithm) else None


def _is_strong(key: Any, algorithm: str) -> bool:
    match algorithm:
        case "RS256":
            return (
                isinstance(key, rsa.RSAPublicKey)
                and key.key_size in RSA_BITS
                and key.public_numbers().e in RSA_EXPONENTS
            )
        case "ES256":
            return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(
                key.curve, ec.SECP256R1
            )
        case _:
            return isinstance(key, ed25519.Ed25519PublicKey)


def _decoded(part: str) -> bytes:
    """Decode base64url without padding, in the one form that encodes back to the same text."""
    try:
        found = urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        raise MalformedToken("a part isn't base64url") from None
    if urlsafe_b64encode(found).rstrip(b"=").decode() != part:
        raise MalformedToken("a part isn't base64url")
    return found


def _object_in(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(
            content.decode(), object_pairs_hook=_members, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not _is_plain(found):
        raise MalformedToken("a part isn't a JSON object in UTF-8")
    return found  # pyright: ignore[reportUnknownVariableType]


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError


def _is_plain(tree: Any) -> bool:
    """Whether nothing is nested too deeply, and all text, including members' names, can be stored."""
    level: list[Any] = [tree]
    for _ in range(MOST_LEVELS + 1):
        if not all(is_storable(node) for node in level if isinstance(node, str)):
            return False
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in ((*node, *node.values()) if isinstance(node, dict) else node)  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        ]
        if not level:
            return True
    return False
