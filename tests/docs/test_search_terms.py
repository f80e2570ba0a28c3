"""Searching the repository for one of the field's terms finds the code that deals with it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CORE = Path("packages/core/src/strongroom_core")
API = Path("apps/api/src/strongroom_api")

WHERE = {
    "AAD": CORE / "crypto/aad.py",
    "advisory lock": CORE / "access/project_lock.py",
    "audit log": CORE / "access/log.py",
    "backpressure": CORE / "kernel/shares.py",
    "break-glass": CORE / "policies/modes.py",
    "brute force": CORE / "machines/failures.py",
    "canonical request": Path("packages/wire/src/strongroom_wire/canonical.py"),
    "constant time": Path("packages/client/src/strongroom/_internal/value.py"),
    "CSRF": API / "defences.py",
    "data key": CORE / "crypto/encrypt.py",
    "dynamic secrets": Path("docs/spec/requirements.md"),
    "envelope encryption": CORE / "crypto/envelope.py",
    "exponential backoff": Path("packages/client/src/strongroom/_internal/exchange.py"),
    "graceful shutdown": Path("apps/server/src/strongroom_server/node.py"),
    "health check": API / "public/health.py",
    "idempotent": Path("apps/worker/src/strongroom_worker/app.py"),
    "key-encryption key": CORE / "crypto/keyring.py",
    "key rotation": CORE / "machines/rotate_key.py",
    "keyset pagination": CORE / "db/listing.py",
    "least privilege": CORE / "db/scope.py",
    "lockout": CORE / "machines/failures.py",
    "nonce": CORE / "access/admission.py",
    "optimistic locking": API / "answers.py",
    "rate limiting": CORE / "access/counters.py",
    "RBAC": CORE / "access/decide.py",
    "replay protection": CORE / "access/admission.py",
    "restored from a backup": CORE / "install/restored.py",
    "row-level security": CORE / "access/targets.py",
    "secret rotation": CORE / "secrets/rotation.py",
    "Shamir's secret sharing": CORE / "crypto/shares.py",
    "SSRF": CORE / "outbound/sender.py",
    "step-up authentication": CORE / "accounts/step_up.py",
    "tenant isolation": CORE / "db/engine.py",
    "transactional outbox": CORE / "outbox/__init__.py",
    "user enumeration": CORE / "accounts/login.py",
    "webhook signature": CORE / "crypto/webhook_secret.py",
    "zeroize": CORE / "kernel/plaintext.py",
}
"""The place that a search for each term should find."""


@pytest.mark.parametrize("term", WHERE)
def test_a_search_finds_the_place(term: str) -> None:
    """An engineer who doesn't know our names can find the code by the standard term."""
    text = " ".join(WHERE[term].read_text().split())

    assert re.search(re.escape(term), text, re.IGNORECASE)
