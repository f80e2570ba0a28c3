"""The signed calls and registration, for the reference. WIRE (docs/spec/wire.md) takes precedence."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_SECRET = {
    "id": "sk_k3m5q7wx2y4z6abc",
    "name": "DATABASE_URL",
    "fieldNames": None,
    "projectId": "proj_k3m5q7wx2y4z6abc",
    "version": 3,
}
_PLACE = {
    "projectName": "production",
    "applicationId": "app_k3m5q7wx2y4z6abc",
    "applicationName": "shop",
}
_VALUE = "postgres://shop@db.internal/shop"


@dataclass(frozen=True, slots=True)
class MachineCall:
    """A call's summary, an example response, and the error codes that only some calls can get."""

    summary: str
    answer: Any
    codes: tuple[str, ...] = ()
    signed: bool = True
    status: int = 200


MACHINE_CALLS: Mapping[str, MachineCall] = {
    "readSecretValue": MachineCall(
        "Read a value. The read is logged before the value is sent. The value of a structured"
        " secret is the text of a JSON object.",
        {"value": _VALUE, "version": 3},
        (
            "no_grant",
            "policy_time",
            "policy_ip",
            "policy_cosign",
            "not_found",
            "frozen",
            "policy_rate",
            "integrity_failure",
        ),
    ),
    "listGranted": MachineCall(
        "List the secrets that this machine can read.", {"secrets": [_SECRET]}
    ),
    "listGrantedOfProject": MachineCall(
        "List the secrets that this machine can read in one project.", {"secrets": [_SECRET]}
    ),
    "exportSecrets": MachineCall(
        "Read all values that this machine can read in a project, in an application, or anywhere. At most"
        " 2,000 secrets and 8 MiB.",
        {
            "secrets": [
                {
                    "id": _SECRET["id"],
                    "name": "DATABASE_URL",
                    "value": _VALUE,
                    "fieldNames": None,
                    "version": 3,
                }
            ]
        },
        ("not_found", "frozen", "too_large", "crowded", "integrity_failure"),
    ),
    "pollSecrets": MachineCall(
        "Ask which of up to 1,000 secrets have changed. At most 60 polls per minute.",
        {"changes": {"sk_k3m5q7wx2y4z6abc": {"status": "changed", "version": 4}}},
        ("too_many",),
    ),
    "listMachineProjects": MachineCall(
        "List the projects with secrets that this machine can read.",
        {"vaultName": "Example Ltd", "projects": [{"projectId": _SECRET["projectId"], **_PLACE}]},
    ),
    "listMachineSecrets": MachineCall(
        "List the secrets that this machine can read, with their projects' names.",
        {"secrets": [{**_SECRET, **_PLACE, "type": "secret"}]},
    ),
    "verifyAccess": MachineCall(
        "Check whether this machine is attached to a project, without reading anything.",
        {"valid": True, "projectName": "production", "error": None, "frozen": False},
    ),
    "explainOwnRead": MachineCall(
        "Explain step by step whether this machine could read a secret now, without reading it.",
        {
            "allowed": False,
            "machineId": "0b9f1c9e-3c43-4a4e-9d2f-6f0f4f8a5b10",
            "machineName": "shop-web-1",
            "secretId": _SECRET["id"],
            "secretName": "DATABASE_URL",
            "at": "2026-11-29T21:15:00Z",
            "address": "203.0.113.7",
            "reason": "policy_time",
            "policyId": "pol_k3m5q7wx2y4z6abc",
            "policyName": "Payments",
            "steps": [
                {"name": "The machine has access to the secret", "state": "passed", "detail": None},
                {
                    "name": "Time window",
                    "state": "failed",
                    "detail": "It is Sunday 22:15 in Berlin. Reads are allowed Monday to Friday, 06:00 to"
                    " 20:00 in Berlin.",
                },
            ],
            "remedies": [{"text": "Read within the time window", "needs": None}],
            "note": None,
            "summary": "Denied: the secret's policy denied the read: …",
        },
    ),
    "rotateMachineKey": MachineCall(
        "Replace the key of this machine. `proof` is the new key's signature of the text"
        " `strongroom-rotate-key:{machineId}:{publicKey}`.",
        {},
        ("conflict",),
    ),
    "readBootstrapScript": MachineCall(
        "Return the script that registers this machine. Add `/ps` for PowerShell or `/k8s` for Kubernetes.",
        "#!/bin/sh\n…",
        signed=False,
    ),
    "registerMachine": MachineCall(
        "Register a machine with a registration token, its public key and its hostname. It can't do anything"
        " until someone approves it.",
        {
            "machineId": "0b9f1c9e-3c43-4a4e-9d2f-6f0f4f8a5b10",
            "machineName": "shop-web-1",
            "vaultId": "vault_k3m5q7wx2y4z6abc",
            "apiUrl": "https://vault.example.com",
            "status": "pending",
        },
        ("not_found", "conflict"),
        signed=False,
        status=201,
    ),
    "readTemporaryScript": MachineCall(
        "Return the script that registers a temporary machine. Add `/ps` for PowerShell.",
        "#!/bin/sh\n…",
        signed=False,
    ),
    "registerTemporaryMachine": MachineCall(
        "Register a temporary machine, which expires. It can't do anything until someone approves it.",
        {
            "machineId": "0b9f1c9e-3c43-4a4e-9d2f-6f0f4f8a5b10",
            "machineName": "shop-audit",
            "vaultId": "vault_k3m5q7wx2y4z6abc",
            "apiUrl": "https://vault.example.com",
            "status": "pending",
            "expiresAt": "2027-01-01T12:00:00Z",
        },
        ("not_found", "conflict"),
        signed=False,
        status=201,
    ),
    "readKeyFilePage": MachineCall(
        "Return the page with the button that downloads a key file. Loading the page changes nothing.",
        "<!doctype html>…",
        signed=False,
    ),
    "downloadKeyFile": MachineCall(
        "Return a machine's key file as a zip. It can be downloaded once, within 15 minutes of its creation.",
        "PK…",
        signed=False,
    ),
    "enrollMachine": MachineCall(
        "Register an ephemeral machine with an enrollment token. It is approved automatically, and has the"
        " token's access until it expires.",
        {
            "machineId": "0b9f1c9e-3c43-4a4e-9d2f-6f0f4f8a5b10",
            "machineName": "shop-runner-1",
            "vaultId": "vault_k3m5q7wx2y4z6abc",
            "apiUrl": "https://vault.example.com",
            "expiresAt": "2027-01-01T12:00:00Z",
        },
        (
            "not_found",
            "conflict",
            "enrollment_revoked",
            "enrollment_expired",
            "enrollment_used_up",
            "enrollment_address",
            "enrollment_hostname",
        ),
        signed=False,
        status=201,
    ),
    "enrollJob": MachineCall(
        "Register an ephemeral machine with an ID token from an issuer that the vault trusts. The machine has"
        " the trust's access until it expires.",
        {
            "machineId": "0b9f1c9e-3c43-4a4e-9d2f-6f0f4f8a5b10",
            "machineName": "deploy-4711",
            "vaultId": "vault_k3m5q7wx2y4z6abc",
            "apiUrl": "https://vault.example.com",
            "expiresAt": "2027-01-01T12:00:00Z",
        },
        ("authentication_failed", "address_denied", "conflict", "too_large"),
        signed=False,
        status=201,
    ),
    "readAudience": MachineCall(
        "Return the audience for which a job should request an ID token. `bound` means that it contains the"
        " fingerprint of the machine's public key.",
        {"audience": "strongroom:vault_k3m5q7wx2y4z6abc:{fingerprint}", "bound": True},
        ("not_found",),
        signed=False,
    ),
}

SIGNED_CODES = (
    "invalid",
    "authentication_failed",
    "nonce_used",
    "signed_too_early",
    "machine_pending",
    "machine_disabled",
    "machine_expired",
    "locked_out",
)
"""The error codes that any signed call can get."""

PYTHON = """\
import base64, hashlib, json, pathlib, secrets, time, urllib.request
from cryptography.hazmat.primitives.serialization import load_pem_private_key

[file] = pathlib.Path("~/.strongroom/vaults").expanduser().glob("*/identity.json")
identity = json.loads(file.read_text())
key = load_pem_private_key(file.with_name("private.pem").read_bytes(), None)


def call(method, path, body=None):
    content = b"" if body is None else json.dumps(body).encode()
    timestamp, nonce = str(int(time.time())), secrets.token_hex(16)
    digest = hashlib.sha256(content).hexdigest()
    signed = f"{method}:{path}:{timestamp}:{nonce}:{digest}".encode()
    headers = {
        "X-Machine-Id": identity["machineId"],
        "X-Timestamp": timestamp,
        "X-Nonce": nonce,
        "X-Signature": base64.b64encode(key.sign(signed)).decode(),
    }
    request = urllib.request.Request(
        identity["apiUrl"] + path, content or None, headers, method=method
    )
    with urllib.request.urlopen(request) as response:
        return json.load(response)


for secret in call("GET", "/v1/secrets")["secrets"]:
    print(secret["name"], secret["version"])
"""
"""A program that sends a signed request using only `cryptography`, without our library."""
