"""Requests to browsers for passkeys, and their responses (W3C Web Authentication, level 3).

The algorithms are listed here because the library's default requests EdDSA first. User verification is
required explicitly because the library doesn't require it by default.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import base64url_to_bytes, decode_credential_public_key, options_to_json
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from strongroom_core.kernel.errors import Invalid, WrongCredentials

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from strongroom_core.settings import Settings

ALGORITHMS = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
MOST_KEY_BYTES = 4096
MOST_ID_BYTES = 1023


@dataclass(frozen=True, slots=True)
class NewCredential:
    """A passkey that was just created."""

    id: bytes
    public_key: bytes = field(repr=False)
    algorithm: int
    sign_count: int


@dataclass(frozen=True, slots=True)
class Answer:
    """A response that hasn't been verified yet: whose it claims to be, and which challenge it is for."""

    credential: Mapping[str, Any] = field(repr=False)
    id: bytes
    challenge: bytes = field(repr=False)
    user: bytes | None = None


def passkey_host(settings: Settings) -> str:
    """Return the host to which passkeys are bound."""
    return urlsplit(settings.public_url).hostname or ""


def is_possible(settings: Settings) -> bool:
    """Whether browsers accept passkeys for the public URL. They don't for an IP address."""
    try:
        ip_address(passkey_host(settings))
    except ValueError:
        return True
    return False


def options_to_create(
    settings: Settings, account: str, username: str, existing: Sequence[bytes], challenge: bytes
) -> dict[str, Any]:
    """Return the options for `navigator.credentials.create`."""
    options = webauthn.generate_registration_options(
        rp_id=passkey_host(settings),
        rp_name="Strongroom",
        user_id=account.encode(),
        user_name=username,
        challenge=challenge,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=each) for each in existing],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        supported_pub_key_algs=ALGORITHMS,
    )
    return json.loads(options_to_json(options))


def options_to_use(
    settings: Settings, allowed: Sequence[bytes], challenge: bytes
) -> dict[str, Any]:
    """Return the options for `navigator.credentials.get`. If `allowed` is empty, any passkey can be used."""
    options = webauthn.generate_authentication_options(
        rp_id=passkey_host(settings),
        challenge=challenge,
        allow_credentials=[PublicKeyCredentialDescriptor(id=each) for each in allowed] or None,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return json.loads(options_to_json(options))


def read_answer(credential: Mapping[str, Any]) -> Answer:
    """Return what a response claims. Raises `WrongCredentials` for anything that isn't a response."""
    try:
        response = credential["response"]
        client = json.loads(base64url_to_bytes(response["clientDataJSON"]))
        handle = response.get("userHandle")
        return Answer(
            credential,
            base64url_to_bytes(credential["rawId"]),
            base64url_to_bytes(client["challenge"]),
            base64url_to_bytes(handle) if handle else None,
        )
    except Exception:  # noqa: BLE001 -- there are many ways in which this can't be read
        raise WrongCredentials from None


def verify_new(settings: Settings, answer: Answer) -> NewCredential:
    """Verify the response to `options_to_create`, for a challenge that has been used up. Raises `Invalid`."""
    try:
        made = webauthn.verify_registration_response(
            credential=dict(answer.credential),
            expected_challenge=answer.challenge,
            expected_rp_id=passkey_host(settings),
            expected_origin=settings.public_url,
            require_user_verification=True,
            supported_pub_key_algs=ALGORITHMS,
        )
        algorithm = int(decode_credential_public_key(made.credential_public_key).alg)
    except Exception:  # noqa: BLE001 -- the library raises many types for malformed answers
        raise unacceptable() from None
    if len(made.credential_public_key) > MOST_KEY_BYTES or len(made.credential_id) > MOST_ID_BYTES:
        raise unacceptable()
    return NewCredential(made.credential_id, made.credential_public_key, algorithm, made.sign_count)


def verify_use(settings: Settings, answer: Answer, public_key: bytes) -> int:
    """Verify the response to `options_to_use`. Return its counter, which the caller must compare.

    Raises `WrongCredentials`.
    """
    try:
        verified = webauthn.verify_authentication_response(
            credential=dict(answer.credential),
            expected_challenge=answer.challenge,
            expected_rp_id=passkey_host(settings),
            expected_origin=settings.public_url,
            credential_public_key=public_key,
            # The library would raise the same error for a counter that went back and for a wrong signature.
            credential_current_sign_count=-1,
            require_user_verification=True,
        )
    except Exception:  # noqa: BLE001 -- the library raises many types for malformed answers
        raise WrongCredentials from None
    return verified.new_sign_count


def unacceptable() -> Invalid:
    """Return the error for a passkey that can't be added. It is the same for every cause."""
    return Invalid(
        "this passkey can't be used; try again, or use another device or browser",
        field="credential",
    )
