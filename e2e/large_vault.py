"""A large vault: 2,000 secrets in one project, 200 machines, some of them pending, and 100-character names.

`screenshots --large` takes pictures of it. Filling the vault takes about half a minute.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
from nacl.signing import SigningKey

from .sample_vault import ask_to_connect, make_key, make_organization, make_policy
from .steps import ask

if TYPE_CHECKING:
    from playwright.async_api import Page

SECRETS, MACHINES, PENDING = 2_000, 200, 16
AT_ONCE = 8
PER_ADDRESS = 20
"""The number of machines that register from one address, below the limit per minute."""

WORDS = ("STRIPE", "DATABASE", "SESSION", "CARRIER", "SMTP", "GEO", "FRAUD", "LEDGER", "TAX", "DHL")
KINDS = ("TOKEN", "KEY", "PASSWORD", "URL", "WEBHOOK_SECRET")
REGIONS = ("fra", "waw", "lhr", "nyc")
ROLES = ("checkout", "scanner", "billing", "compute", "edge")
LONG_NAME = (
    f"a-name-as-long-as-names-can-be-{'since-somebody-describes-all-of-what-it-does-in-' * 2}"[:100]
)
LONG_SECRET = LONG_NAME.upper().replace("-", "_")


@dataclass(frozen=True, slots=True)
class LargeVault:
    """The IDs of the vault's projects, and of the machine and secret with the longest names."""

    project: str
    long_application: str
    long_project: str
    long_secret: str
    long_machine: str
    long_policy: str
    member: str
    invitation: str
    vault_role: str
    access_role: str
    code: str


async def fill_large_vault(page: Page, url: str) -> LargeVault:
    """Fill a vault through the API."""
    big = await ask(page, "POST", "/api/projects", {"name": "freight-platform"})
    await _secrets(page, big["id"])
    application = await ask(
        page,
        "POST",
        "/api/applications",
        {
            "name": LONG_NAME,
            "environments": ["production", LONG_NAME],
            "description": f"{LONG_NAME} " * 3,
        },
    )
    found = await ask(page, "GET", "/api/projects?limit=200")
    inside = [each for each in found["items"] if each.get("applicationId") == application["id"]]
    project = next(each["id"] for each in inside if each["environment"] != "production")
    secrets = [await _long_secret(page, project, f"{LONG_SECRET}_{at}") for at in range(3)]
    machines = await _machines(page, url)
    for machine in machines[PENDING:]:
        await ask(page, "POST", f"/api/machines/{machine}/approve", {})
    place = f"/api/projects/{project}/machines/{machines[-1]}"
    await ask(page, "PUT", place)
    grants = [{"secretId": each} for each in secrets]
    await ask(page, "PUT", f"{place}/grants", {"grants": grants})
    policy = await make_policy(page, project, secrets[0], name=LONG_NAME)
    canary = {"name": f"{LONG_SECRET}_CANARY", "decoy": "env_file"}
    for machines_of_it in ([], [machines[-1]]):
        given = {**canary, "machineIds": machines_of_it}
        await ask(page, "POST", f"/api/projects/{project}/canaries", given)
        canary["name"] += "_2"
    await ask(page, "POST", "/api/shares", {"value": "pictured", "label": LONG_NAME})
    # There is no such host, so the deliveries fail.
    hook = {"name": LONG_NAME, "template": "slack", "url": f"https://{LONG_NAME[:40]}.example/"}
    await ask(page, "POST", "/api/webhooks", {**hook, "actions": ["severity:high"]})
    members = await make_organization(page, project, long_name=LONG_NAME)
    await make_key(page, LONG_NAME)
    asked = await ask_to_connect(page, LONG_NAME)
    limits = dict.fromkeys(("machines", "projects", "secrets", "members", "versions"), 100_000)
    limits |= dict.fromkeys(
        ("retentionDays", "webhooks", "deliveriesPerDay", "agents", "sharesPerDay"), 1000
    )
    await ask(page, "POST", "/api/operator/plans", {"name": LONG_NAME, "limits": limits})
    return LargeVault(
        project=big["id"],
        long_application=application["id"],
        long_project=project,
        long_secret=secrets[0],
        long_machine=machines[-1],
        long_policy=policy,
        code=asked["code"],
        **members,
    )


async def _secrets(page: Page, project: str) -> None:
    async def make(at: int) -> None:
        name = f"{WORDS[at % len(WORDS)]}_{KINDS[at // 10 % len(KINDS)]}_{at:04}"
        tags = ["payments", "pci"] if at % 3 == 0 else ["shipping"] if at % 3 == 1 else []
        given = {"kind": "single", "name": name, "value": "pictured", "tags": tags}
        if at % 4 == 0:
            given["note"] = "Ask the freight team before you change this."
        await ask(page, "POST", f"/api/projects/{project}/secrets", given)

    for start in range(0, SECRETS, AT_ONCE):
        await asyncio.gather(*(make(at) for at in range(start, min(start + AT_ONCE, SECRETS))))


async def _long_secret(page: Page, project: str, name: str) -> str:
    given = {
        "kind": "structured",
        "name": name,
        "fields": {f"{LONG_SECRET}_USER": "pictured", "password": "pictured"},
        "tags": [LONG_NAME[:60], f"pci-{LONG_NAME[:56]}", "payments"],
        "note": LONG_NAME * 4,
    }
    return (await ask(page, "POST", f"/api/projects/{project}/secrets", given))["id"]


async def _machines(page: Page, url: str) -> list[str]:
    """Register machines, and return their IDs. The one with the longest name comes last."""
    made: list[str] = []
    for start in range(0, MACHINES, PER_ADDRESS):
        transport = httpx.AsyncHTTPTransport(local_address=f"127.0.0.{2 + start // PER_ADDRESS}")
        async with httpx.AsyncClient(transport=transport, base_url=url) as client:
            made += [
                await _register(page, client, at)
                for at in range(start, min(start + PER_ADDRESS, MACHINES))
            ]
    return made


async def _register(page: Page, client: httpx.AsyncClient, at: int) -> str:
    token: dict[str, Any] = await ask(page, "POST", "/api/registration-tokens")
    role, region = ROLES[at % len(ROLES)], REGIONS[at // 5 % len(REGIONS)]
    hostname = LONG_NAME if at == MACHINES - 1 else f"{region}-{role}-{at:03}.eu-central-1.example"
    answer = await client.post(
        "/v1/bootstrap/register",
        json={
            "token": token["token"],
            "publicKey": b64encode(bytes(SigningKey.generate().verify_key)).decode(),
            "hostname": hostname,
        },
    )
    answer.raise_for_status()
    return answer.json()["machineId"]
