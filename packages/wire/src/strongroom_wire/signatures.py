"""One strict profile of HTTP Message Signatures (RFC 9421), with Content-Digest (RFC 9530).

People's keys sign requests to the API under `/api/` in this form, and so do machines that choose it (WIRE,
section 7). Every part has exactly one spelling, and anything else is malformed, so no two parsers can read a
request differently::

    Content-Digest: sha-256=:<base64 of the body's SHA-256>:
    Signature-Input: strongroom=("@method" "@target-uri" "content-digest");created=<Unix seconds>;
        nonce="<22 to 128 characters>";keyid="<ID>";alg="ed25519";tag="strongroom"
    Signature: strongroom=:<base64 of 64 bytes>:

`Signature-Input` is one line without spaces other than those between the components. Without a body, there is
no `Content-Digest`, and `"content-digest"` is left out. `@target-uri` is the server's public URL followed by
path and query exactly as sent. So a request that was signed for one server is invalid for any other.
"""

import hashlib
import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

CONTENT_DIGEST = "content-digest"
SIGNATURE_INPUT = "signature-input"
SIGNATURE = "signature"

LABEL = "strongroom"
SIGNATURE_BYTES = 64

_KEY_ID = r"[A-Za-z0-9_-]{1,64}"
_NONCE = r"[!#-+\--9;-\[\]-~]{22,128}"
"""The characters of the other form's nonces, without the quotation mark and the backslash."""

_COMPONENTS = '"@method" "@target-uri"'
_INPUT = re.compile(
    rf"{LABEL}=(?P<parameters>\({_COMPONENTS}(?P<digest> \"content-digest\")?\)"
    rf";created=(?P<created>[1-9][0-9]{{8,10}})"
    rf";nonce=\"(?P<nonce>{_NONCE})\""
    rf";keyid=\"(?P<keyid>{_KEY_ID})\""
    rf";alg=\"ed25519\";tag=\"{LABEL}\")"
)
_SIGNATURE = re.compile(rf"{LABEL}=:(?P<base64>[A-Za-z0-9+/]{{86}}==):")
_DIGEST = re.compile(r"sha-256=:[A-Za-z0-9+/]{43}=:")


class MalformedSignature(ValueError):
    """A header of the signature is missing, repeated, or not in the one accepted form.

    The message names only the header.
    """


@dataclass(frozen=True, slots=True)
class MessageSignature:
    """The headers of one signature, parsed.

    `created` is in Unix seconds, and `signature` is 64 raw bytes. `parameters` is the text after the label,
    as sent. `digest` is the value of `Content-Digest`, or None for a request without a body.
    """

    key_id: str
    created: int
    nonce: str
    digest: str | None
    parameters: str = field(repr=False)
    signature: bytes = field(repr=False)

    def base(self, method: str, target_uri: str) -> bytes:
        """Return the signature base: the bytes that are signed."""
        return signature_base(method, target_uri, self.digest, self.parameters)

    def covers(self, body: bytes) -> bool:
        """Whether the digest matches these bytes, or there is neither a digest nor a body."""
        return self.digest == (content_digest(body) if body else None)


def is_signed(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a request has any header of a signature, however malformed. Names are in lower case."""
    names = {name for name, _ in headers}
    return SIGNATURE_INPUT.encode() in names or SIGNATURE.encode() in names


def parse_signature(headers: Iterable[tuple[bytes, bytes]]) -> MessageSignature:
    """Parse the headers from raw name and value pairs with lower-case names, as in ASGI.

    Raises `MalformedSignature` unless each header occurs exactly once and is in the one accepted form, and
    `Content-Digest` occurs exactly if it is signed.
    """
    found: dict[str, str] = {}
    wanted = {name.encode(): name for name in (CONTENT_DIGEST, SIGNATURE_INPUT, SIGNATURE)}
    for raw_name, raw_value in headers:
        name = wanted.get(raw_name)
        if name is None:
            continue
        if name in found:
            raise MalformedSignature(f"{name} is repeated")
        # Bytes that aren't ASCII become characters that no form accepts.
        found[name] = raw_value.decode("latin-1")
    stated = _INPUT.fullmatch(found.get(SIGNATURE_INPUT, ""))
    if stated is None:
        raise MalformedSignature(f"{SIGNATURE_INPUT} is missing or not in the required form")
    digest = found.get(CONTENT_DIGEST)
    if (digest is None) != (stated["digest"] is None):
        raise MalformedSignature(f"{CONTENT_DIGEST} must be sent and signed if there is a body")
    if digest is not None and not _is_digest(digest):
        raise MalformedSignature(f"{CONTENT_DIGEST} is not in the required form")
    return MessageSignature(
        stated["keyid"],
        int(stated["created"]),
        stated["nonce"],
        digest,
        stated["parameters"],
        _signature(found.get(SIGNATURE, "")),
    )


def signature_base(method: str, target_uri: str, digest: str | None, parameters: str) -> bytes:
    """Return the signature base (RFC 9421, 2.5). None of the parts may contain a line break."""
    lines = [f'"@method": {method}', f'"@target-uri": {target_uri}']
    if digest is not None:
        lines.append(f'"content-digest": {digest}')
    lines.append(f'"@signature-params": {parameters}')
    return "\n".join(lines).encode()


def content_digest(body: bytes) -> str:
    """Return the value of `Content-Digest` for a body that isn't empty."""
    return f"sha-256=:{b64encode(hashlib.sha256(body).digest()).decode()}:"


def signature_headers(
    method: str,
    target_uri: str,
    body: bytes,
    *,
    key_id: str,
    created: int,
    nonce: str,
    sign: Callable[[bytes], bytes],
) -> dict[str, str]:
    """Return the headers that sign a request. `sign` returns the 64 bytes of an Ed25519 signature.

    `method` is in upper case. `target_uri` is the server's public URL followed by path and query exactly as
    sent: percent-encoded, and without a fragment. `nonce` must never be used again. Raises `ValueError` for a
    method, URL, ID, time or nonce that can't be signed.
    """
    if not re.fullmatch(r"[A-Z]+", method) or not re.fullmatch(r"[!-\"$-~]+", target_uri):
        raise ValueError("only a method in upper case and an encoded URL can be signed")
    digest = content_digest(body) if body else None
    components = _COMPONENTS if digest is None else f'{_COMPONENTS} "{CONTENT_DIGEST}"'
    parameters = (
        f'({components});created={created};nonce="{nonce}";keyid="{key_id}"'
        f';alg="ed25519";tag="{LABEL}"'
    )
    stated = f"{LABEL}={parameters}"
    if not _INPUT.fullmatch(stated):
        raise ValueError("the ID, the time or the nonce can't be signed in this form")
    signature = sign(signature_base(method, target_uri, digest, parameters))
    headers = {} if digest is None else {"Content-Digest": digest}
    return {
        **headers,
        "Signature-Input": stated,
        "Signature": f"{LABEL}=:{b64encode(signature).decode()}:",
    }


def _is_digest(text: str) -> bool:
    return _DIGEST.fullmatch(text) is not None and _is_canonical(text[9:-1])


def _signature(text: str) -> bytes:
    match = _SIGNATURE.fullmatch(text)
    if match is None or not _is_canonical(match["base64"]):
        raise MalformedSignature(f"{SIGNATURE} is missing or not in the required form")
    return b64decode(match["base64"])


def _is_canonical(text: str) -> bool:
    """Whether this is the one base64 of its bytes. The last character has unused bits."""
    try:
        return b64encode(b64decode(text, validate=True)).decode() == text
    except (Base64Error, ValueError):
        return False
