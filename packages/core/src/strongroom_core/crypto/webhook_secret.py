"""Webhook signatures, and the encryption of webhooks' signing secrets and targets.

Each row's key is derived from the system key *webhook* and the row's IDs.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

from strongroom_core.crypto import aead
from strongroom_core.crypto.aad import LABEL, pae, webhook_context
from strongroom_core.crypto.key import Key
from strongroom_core.crypto.keyring import Keyring, SystemPurpose
from strongroom_core.crypto.random import random_bytes
from strongroom_core.kernel.plaintext import Plaintext

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from strongroom_core.kernel.ids import VaultId, WebhookId

PREFIX = "whsec_"
_BYTES = 32


def new_signing_secret() -> Plaintext:
    """Generate a secret in the form of Standard Webhooks: `whsec_` and 32 random bytes in base64."""
    return Plaintext((PREFIX + b64encode(random_bytes(_BYTES)).decode()).encode())


def seal_webhook_secret(
    keyring: Keyring,
    secret: Plaintext,
    *,
    deployment: str,
    vault: VaultId,
    webhook: WebhookId,
    row: UUID,
) -> bytes:
    """Encrypt a secret, bound to its row."""
    context = webhook_context(deployment, vault, webhook, row)
    return aead.into_envelope(_key_of(keyring, vault, webhook), row, context, secret.reveal())


def open_webhook_secret(
    keyring: Keyring,
    blob: bytes,
    *,
    deployment: str,
    vault: VaultId,
    webhook: WebhookId,
    row: UUID,
) -> Plaintext:
    """Decrypt a secret. Raises `IntegrityFailure` for a secret from another row."""
    context = webhook_context(deployment, vault, webhook, row)
    return Plaintext(aead.from_envelope(_key_of(keyring, vault, webhook), row, context, blob))


def sign_delivery(
    secrets: Sequence[Plaintext], delivery: str, seconds: int, body: bytes
) -> dict[str, str]:
    """Return the headers with a delivery's signatures. `secrets` are sorted from newest to oldest.

    `webhook-signature` follows Standard Webhooks 1.0: HMAC-SHA-256 (RFC 2104) of `id.timestamp.body` under
    the decoded secret, once for each secret. `X-Strongroom-Signature`, for older receivers, is the HMAC of
    only the body, under the text of the newest secret.
    """
    signed = f"{delivery}.{seconds}.".encode() + body
    texts = [each.reveal() for each in secrets]
    signatures = [
        b64encode(hmac.digest(b64decode(text.removeprefix(PREFIX.encode())), signed, "sha256"))
        for text in texts
    ]
    return {
        "webhook-id": delivery,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"v1,{each.decode()}" for each in signatures),
        "X-Strongroom-Signature": hmac.new(texts[0], body, hashlib.sha256).hexdigest(),
    }


def _key_of(keyring: Keyring, vault: str, webhook: str) -> Key:
    message = pae(LABEL, b"webhook", vault.encode(), webhook.encode())
    return Key(keyring.mac(SystemPurpose.WEBHOOK, message))
