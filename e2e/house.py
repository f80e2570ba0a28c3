"""A vault with something of everything in it, for whatever looks at all screens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .steps import ask, make_project

if TYPE_CHECKING:
    from playwright.async_api import Page

    from strongroom_testkit.markers import Markers

    from .machine import JoinedMachine


@dataclass(frozen=True, slots=True)
class House:
    """Ids of what is in it.

    `bare` is an application without projects, `empty` a project without secrets, and `waiting` a machine
    that is to be approved.
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
    entry: str


async def furnish(
    page: Page, markers: Markers, machine: JoinedMachine, newcomer: JoinedMachine
) -> House:
    """Make a house by the API, with a machine that reads and one that waits."""
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
    await ask(page, "PUT", f"/api/secrets/{secret}/value", given)
    for number in range(3):
        await _secret(page, project, f"FEATURE_{number}", value=markers.value("feature"))
    gone = await _secret(page, project, "OLD_KEY", value=markers.value("old"))
    await ask(page, "DELETE", f"/api/secrets/{gone}")
    empty, _ = await make_project(page, "attic-empty", {})
    frozen, frozen_secrets = await make_project(page, "vestry", {"VESTRY_KEY": markers.value("v")})
    joined = await machine.join(page, project, [secret, structured])
    await machine.get("storefront/production/SESSION_KEY")
    place = f"/api/projects/{frozen}/machines/{joined['id']}"
    await ask(page, "PUT", place)
    grants = [{"secretId": each} for each in frozen_secrets.values()]
    await ask(page, "PUT", f"{place}/grants", {"grants": grants})
    await machine.get("vestry/VESTRY_KEY")
    waiting = await newcomer.register(page)
    await ask(page, "POST", f"/api/projects/{frozen}/freeze", {"reason": "A key was seen."})
    await machine.attempt("strongroom", "get", "vestry/VESTRY_KEY")
    entries = await ask(page, "GET", "/api/audit?limit=1")
    return House(
        application=application["id"],
        bare=bare["id"],
        project=project,
        secret=secret,
        structured=structured,
        empty=empty,
        frozen=frozen,
        machine=joined["id"],
        waiting=waiting["id"],
        entry=entries["items"][0]["id"],
    )


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
