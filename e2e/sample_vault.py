"""A vault that contains at least one object of each type, for tests that visit every screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from strongroom_core.crypto.machine_key import new_machine_key

from .steps import ask, make_project

if TYPE_CHECKING:
    from playwright.async_api import Page

    from strongroom_testkit.markers import Markers

    from .machine import JoinedMachine


@dataclass(frozen=True, slots=True)
class SampleVault:
    """The IDs of the vault's objects.

    `bare` is an application without projects, `empty` is a project without secrets, and `waiting` is a
    machine pending approval.
    """

    application: str
    bare: str
    project: str
    secret: str
    structured: str
    empty: str
    frozen: str
    machine: str
    waiting: str
    trust: str
    policy: str
    entry: str
    vault_role: str
    access_role: str
    member: str
    invitation: str


async def fill_vault(
    page: Page, markers: Markers, machine: JoinedMachine, newcomer: JoinedMachine
) -> SampleVault:
    """Fill a vault through the API, with one machine that reads and one that is pending approval."""
    made = {"name": "storefront", "environments": ["staging", "production"]}
    application = await ask(page, "POST", "/api/applications", made)
    bare = await ask(page, "POST", "/api/applications", {"name": "shelf", "environments": []})
    found = await ask(page, "GET", "/api/projects?limit=100")
    inside = [each for each in found["items"] if each.get("applicationId") == application["id"]]
    project = next(each["id"] for each in inside if each["environment"] == "production")
    secret = await _secret(page, project, "SESSION_KEY", value=markers.value("session"))
    fields = {"user": markers.value("user"), "password": markers.value("password")}
    structured = await _secret(page, project, "DATABASE", kind="structured", fields=fields)
    given = {"value": markers.value("session-2")}
    await ask(page, "POST", f"/api/secrets/{secret}/replace", given)
    for number in range(3):
        await _secret(page, project, f"FEATURE_{number}", value=markers.value("feature"))
    gone = await _secret(page, project, "OLD_KEY", value=markers.value("old"))
    empty, _ = await make_project(page, "attic-empty", {})
    frozen, frozen_secrets = await make_project(page, "vestry", {"VESTRY_KEY": markers.value("v")})
    await make_rotation(page, structured)
    joined = await machine.join(page, project, [secret, structured, gone])
    # This secret is deleted while it has a reader, so that the trash can offer to restore the access.
    await ask(page, "DELETE", f"/api/secrets/{gone}")
    await machine.get("storefront/production/SESSION_KEY")
    place = f"/api/projects/{frozen}/machines/{joined['id']}"
    await ask(page, "PUT", place)
    grants = [{"secretId": each} for each in frozen_secrets.values()]
    await ask(page, "PUT", f"{place}/grants", {"grants": grants})
    await machine.get("vestry/VESTRY_KEY")
    waiting = await newcomer.register(page)
    await ask(page, "POST", f"/api/projects/{frozen}/freeze", {"reason": "A key was seen."})
    await machine.attempt("strongroom", "get", "vestry/VESTRY_KEY")
    trust = await make_trust(page, project, secret)
    markers.note(await make_token(page))
    await ask(
        page,
        "POST",
        f"/api/projects/{project}/canaries",
        {"name": "AWS_ADMIN", "decoy": "cloud_key"},
    )
    # The list stays off, so the machines of other journeys aren't blocked.
    await ask(page, "POST", "/api/ip-allowlist/entries", {"network": "10.20.0.0/16"})
    markers.note(await make_webhook(page))
    await ask(page, "POST", "/api/shares", {"value": markers.value("share")})
    members = await make_organization(page, project)
    await make_key(page)
    entries = await ask(page, "GET", "/api/audit?limit=1")
    return SampleVault(
        application=application["id"],
        bare=bare["id"],
        project=project,
        secret=secret,
        structured=structured,
        empty=empty,
        frozen=frozen,
        machine=joined["id"],
        waiting=waiting["id"],
        trust=trust,
        policy=await make_policy(page, project, structured),
        entry=entries["items"][0]["id"],
        **members,
    )


async def make_organization(page: Page, project: str, long_name: str = "") -> dict[str, str]:
    """Convert the vault, add a custom vault role, an access role and an invitation; return their IDs.

    With `long_name`, the vault, its roles and the invited person have this name.
    """
    session = await ask(page, "GET", "/api/session")
    at = f"/api/vaults/{session['vaultId']}/convert"
    await ask(page, "POST", at, {"name": long_name or session["vaultName"]})
    capabilities = ["machines.view", "machines.manage", "projects.freeze", "members.view"]
    made = {"name": long_name or "Release manager", "capabilities": capabilities}
    vault_role = await ask(page, "POST", "/api/vault-roles", made)
    rights = ["secrets.view:single", "secrets.view:structured", "secrets.replace:single"]
    wish = {"name": long_name or "Storefront", "projectIds": [project], "rights": rights}
    overrides = {"production": rights[:2]}
    made = {**wish, "overrides": overrides}
    access_role = await ask(page, "POST", "/api/access-roles", made)
    name = long_name[:60] or "anna.lind"
    invited = {"email": f"{name}@example.org", "vaultRole": "developer"}
    if long_name:
        invited |= {"vaultRole": vault_role["id"], "accessRoleId": access_role["id"]}
    sent = await ask(page, "POST", "/api/invitations", invited)
    found = await ask(page, "GET", "/api/members?limit=1")
    return {
        "vault_role": vault_role["id"],
        "access_role": access_role["id"],
        "member": found["items"][0]["id"],
        "invitation": sent["invitation"]["id"],
    }


async def make_key(page: Page, name: str = "Work laptop") -> None:
    """Approve the key of a program, whose private key nobody keeps."""
    asked = await ask_to_connect(page)
    chosen = {"code": asked["code"], "looking": True, "name": name}
    await ask(page, "POST", f"/api/login-requests/{asked['id']}/approve", chosen)


async def ask_to_connect(page: Page, hostname: str = "ada-laptop") -> dict[str, str]:
    """Ask to act for a person, as a program does whose private key nobody keeps; return the request."""
    public = new_machine_key().public_key
    wanted = {"publicKey": public, "hostname": hostname, "client": "strongroom 1.0"}
    return await ask(page, "POST", "/api/login-requests", wanted)


async def make_rotation(page: Page, secret: str) -> None:
    """Have the field `password` of a structured secret rotate."""
    rotation = {"length": 24, "fields": ["password"]}
    await ask(page, "PUT", f"/api/secrets/{secret}/rotation", rotation)


async def make_token(page: Page, name: str = "storefront-runners") -> str:
    """Create an enrollment token, and return its text."""
    wanted = {
        "name": name,
        "tokenLifetimeSeconds": 86_400,
        "machineLifetimeSeconds": 3600,
        "maxUses": 10,
    }
    return (await ask(page, "POST", "/api/enrollment-tokens", wanted))["token"]


async def make_webhook(page: Page, name: str = "on-call") -> str:
    """Create a webhook to a host that doesn't exist, and return its secret."""
    wanted = {"name": name, "template": "slack", "url": "https://hooks.example/on-call"}
    return (await ask(page, "POST", "/api/webhooks", wanted))["secret"]


async def make_policy(page: Page, project: str, secret: str, name: str = "Office hours") -> str:
    """Create a policy in shadow mode, apply it to this secret, and return its ID."""
    conditions = {
        "timeWindowEnabled": True,
        "timeWindowStart": "06:00",
        "timeWindowEnd": "20:00",
        "timeWindowTimezone": "Europe/Vienna",
        "timeWindowDays": [1, 2, 3, 4, 5],
        "rateCapEnabled": True,
        "maxReadsPerMinute": 30,
    }
    wanted = {"name": name, "conditions": conditions}
    policy = (await ask(page, "POST", f"/api/projects/{project}/policies", wanted))["id"]
    await ask(page, "POST", f"/api/policies/{policy}/apply", {"secretIds": [secret]})
    return policy


async def make_trust(page: Page, project: str, secret: str) -> str:
    """Trust an issuer to give this secret to its jobs, and return the trust's ID."""
    wanted = {
        "name": "storefront-release",
        "template": "github",
        "issuer": "https://token.actions.githubusercontent.com",
        "conditions": {"repository": "acme/storefront", "ref": "refs/heads/main"},
        "projectIds": [project],
        "secretIds": [secret],
        "machineLifetimeSeconds": 3600,
        "maxMachines": 10,
    }
    return (await ask(page, "POST", "/api/trusts", wanted))["id"]


async def _secret(page: Page, project: str, name: str, **given: Any) -> str:
    made = await ask(
        page,
        "POST",
        f"/api/projects/{project}/secrets",
        {
            "kind": "single",
            **given,
            "name": name,
            "tags": ["web"],
            "note": "Ask the storefront team.",
        },
    )
    return made["id"]
