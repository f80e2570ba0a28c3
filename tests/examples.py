"""Write the examples in the API reference from the catalog of requests: ``python -m tests.examples``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.requests import OVER_HTTP, REQUESTS, actions_of

FILE = Path("apps/api/src/strongroom_api/reference/examples.json")

WORDS = {
    "application": "app_k3m5q7wx2y4z6abc",
    "project": "proj_k3m5q7wx2y4z6abc",
    "secret": "sk_k3m5q7wx2y4z6abc",
    "machine": "0b9f1c9e-3c43-4a4e-9d2f-6f0f4f8a5b10",
    "pending": "5d0e7c52-92a1-4f0c-8f31-0c6a1d2b7e44",
    "enrollment_token": "ent_k3m5q7wx2y4z6abc",
    "enrollment_secret": "sre_…",
    "temporary": "7c1a5f0e-92a1-4f0c-8f31-0c6a1d2b7e44",
    "temporary_token": "srb_…",
    "key_file_token": "srp_…",
    "later": "2027-03-01T18:00:00+00:00",
    "vault": "vault_k3m5q7wx2y4z6abc",
    "allowlist_entry": "net_k3m5q7wx2y4z6abc",
    "trust": "trust_k3m5q7wx2y4z6abc",
    "webhook": "hook_k3m5q7wx2y4z6abc",
    "delivery": "dlv_k3m5q7wx2y4z6abc",
    "key_set": '{"keys": […]}',
    "id_token": "eyJhbGciOi…",
    "network": "203.0.113.0/24",
    "entry": "c2a4b6d8-1f3e-4a5c-8b7d-9e0f1a2b3c4d",
    "project_name": "production",
    "project_path": "shop/production",
    "secret_path": "shop/production/DATABASE_URL",
    "canary": "sk_c4n4r7wx2y4z6abc",
    "share": "shr_k3m5q7wx2y4z6abc",
    "policy": "pol_k3m5q7wx2y4z6abc",
    "own_vault": "vault_k3m5q7wx2y4z6abc",
    "vault_name": "Halden Freight",
    "account": "acc_k3m5q7wx2y4z6abc",
    "plan": "plan_k3m5q7wx2y4z6abc",
    "member": "mem_k3m5q7wx2y4z6abc",
    "suspended": "mem_k3m5q7wx2y4z6abc",
    "invitation": "inv_k3m5q7wx2y4z6abc",
    "own_invitation": "inv_k3m5q7wx2y4z6abc",
    "invitation_token": "srl_…",
    "access_role": "arole_k3m5q7wx2y4z6abc",
    "vault_role": "vrole_k3m5q7wx2y4z6abc",
    "other_session": "ses_k3m5q7wx2y4z6abc",
    "device": "dev_k3m5q7wx2y4z6abc",
    "passkey": "pky_k3m5q7wx2y4z6abc",
    "person_key": "key_k3m5q7wx2y4z6abc",
    "login_request": "login_k3m5q7wx2y4z6abc",
    "login_code": "BCDF-GHJK",
    "code": "492039",
    "credential": "…",
    "client_data": "…",
    "authenticator_data": "…",
    "signature": "…",
    "attestation": "…",
    "drop_box": "drop_k3m5q7wx2y4z6abc",
    "locator": "Zk3P0q8yT1m5X7cB2nR4vA",
    "key": "u9W2s6LrE8hJ0kD3fG5tQw",
    "passphrase": "…",
    "box_locator": "Zk3P0q8yT1m5X7cB2nR4vA",
    "box_key": "u9W2s6LrE8hJ0kD3fG5tQw",
    "email": "ada@example.com",
    "waiting_email": "lin@example.com",
    "username": "ada",
    "password": "…",
    "setup_token": "…",
    "verify_token": "srl_…",
    "sign_up_password": "…",
    "reset_token": "srl_…",
    "email_token": "srl_…",
    "not_me_token": "srl_…",
    "cancel_token": "srl_…",
    "token": "srb_…",
    "public_key": "…",
    "proof": "…",
    "value": "postgres://shop@db.internal/shop",
}
NEW = {
    "updateAccount": "ada",
    "changeEmail": "ada",
    "createWebhook": "ops",
    "createInvitation": "lin",
    "createAccessRole": "Payments team",
    "updateAccessRole": "Payments team",
    "createVaultRole": "Release manager",
    "updateVaultRole": "Release manager",
    "suspendMember": "On leave until March",
    "createSecret": "DATABASE_URL",
    "createCanary": "AWS_ADMIN",
    "updateSecret": "Rotated by the platform team every quarter",
    "updateProject": "What the shop needs in production",
    "updateMachine": "shop-web-1",
    "registerMachine": "shop-web-1",
    "enrollMachine": "shop-runner-1",
    "registerTemporaryMachine": "shop-audit",
    "createMachine": "shop-container",
    "extendMachine": "The audit takes longer",
    "freezeProject": "A laptop was stolen",
    "unfreezeProject": "All keys have been replaced",
    "createPolicy": "Payments, co-signed",
    "suspendPolicy": "The night shift can't read its secrets",
    "createIncidentNote": "A laptop was stolen; all keys have been replaced.",
}


def examples() -> dict[str, dict[str, Any]]:
    """Return the method, path, query and body of a request for each operation over HTTP."""
    names = sorted(name for plane in OVER_HTTP for name in actions_of(plane))
    found: dict[str, dict[str, Any]] = {}
    for name in names:
        request = REQUESTS[name] if REQUESTS[name].method == "GET" else REQUESTS[name].complete()
        request = request.fill({**WORDS, "new": NEW.get(name, "shop")})
        found[name] = {
            "method": request.method,
            "path": request.path,
            "query": dict(request.query),
            "body": request.body,
        }
    return found


def text() -> str:
    """Return the file's text."""
    return json.dumps(examples(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
