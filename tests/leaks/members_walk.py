"""Everything that two members of an organization do with each other, with the links that `dev` caught."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from strongroom_core.crypto.random import random_bytes
from tests.requests import REQUESTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from strongroom_testkit.markers import Markers

OPERATIONS = frozenset(
    {
        *("listMembers", "readMember", "updateMember", "suspendMember", "resumeMember"),
        *("removeMember", "transferOwnership", "leaveVault", "listProjectMembers", "listHolders"),
        *("listInvitations", "createInvitation", "resendInvitation", "withdrawInvitation"),
        *("listOwnInvitations", "acceptInvitation", "declineInvitation", "openInvitation"),
        *("listAccessRoles", "createAccessRole", "readAccessRole", "updateAccessRole"),
        *("deleteAccessRole", "listVaultRoles", "createVaultRole", "readVaultRole"),
        *("updateVaultRole", "deleteVaultRole", "previewAccess", "previewMember", "previewRoles"),
    }
)
"""The operations performed here: they need an organization with several members."""

PATIENCE_SECONDS = 60.0


def walk_members(  # noqa: C901, PLR0915 -- one after the other
    ready: Mapping[str, Any], owner: httpx.Client, guest: httpx.Client, markers: Markers
) -> set[str]:
    """Invite, join, change roles and leave, as the demo's owner and a guest; return the operations."""
    done: set[str] = set()
    seen: set[int] = set()

    def ask(client: httpx.Client, operation: str, more: Any = None, **words: str) -> Any:
        new = {"new": f"n{random_bytes(4).hex()}", **words}
        request = REQUESTS[operation].fill(new)
        body = request.body if more is None else {**(request.body or {}), **more}
        answer = client.request(request.method, request.path, json=body, params=request.query)
        if not answer.is_success:
            raise AssertionError(f"{operation}: {answer.status_code} {answer.text}")
        for cookie in client.cookies.values():
            markers.note(cookie)
        done.add(operation)
        return answer.json() if answer.content else None

    def token(to: str) -> str:
        """Return the token of the newest invitation's link, which nothing may store or log."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            for mail in owner.get("/dev/inbox.json").json():
                if mail["subject"].startswith("Invitation") and mail["to"] == to:
                    if mail["id"] in seen:
                        continue
                    seen.add(mail["id"])
                    return markers.note(mail["links"][0].partition("#")[2])
            time.sleep(0.1)
        raise AssertionError("no invitation")

    def enter(client: httpx.Client, person: Mapping[str, Any]) -> None:
        ask(client, "signIn", email=person["email"], password=markers.note(person["password"]))

    people, vault = ready["organization"]["members"], ready["organization"]["vaultId"]
    person = ready["people"][1]
    enter(owner, people[0])
    enter(guest, person)
    members = {each["username"]: each["id"] for each in ask(owner, "listMembers")["items"]}
    nina, sam = members["nina"], members["sam"]
    project = owner.get("/api/projects").json()["items"][0]["id"]
    ask(owner, "previewAccess", project=project)
    access = ask(owner, "createAccessRole", {"projectIds": [project]}, project=project)["id"]
    role = ask(owner, "createVaultRole")["id"]
    for each in ("readAccessRole", "previewRoles", "updateAccessRole", "deleteAccessRole"):
        ask(owner, each, access_role=access)
    for each in ("readVaultRole", "updateVaultRole", "deleteVaultRole"):
        ask(owner, each, vault_role=role)
    for each in ("listAccessRoles", "listVaultRoles", "listHolders", "listInvitations"):
        ask(owner, each)
    ask(owner, "listProjectMembers", project=project)
    ask(owner, "previewMember", project=project, member=sam)
    for each in ("readMember", "suspendMember", "resumeMember", "updateMember"):
        ask(owner, each, member=sam, suspended=sam)
    for answer in ("declineInvitation", "acceptInvitation"):
        made = ask(owner, "createInvitation", {"email": person["email"]})
        invitation = made["invitation"]["id"]
        ask(guest, "openInvitation", invitation_token=token(person["email"]))
        ask(owner, "resendInvitation", invitation=invitation)
        newest = token(person["email"])
        ask(guest, "openInvitation", invitation_token=newest)
        ask(guest, "listOwnInvitations")
        ask(guest, answer, {"token": newest}, own_invitation=invitation)
    ask(guest, "enterVault", own_vault=vault)
    ask(guest, "leaveVault")
    lost = ask(owner, "createInvitation")["invitation"]
    token(lost["address"])
    ask(owner, "withdrawInvitation", invitation=lost["id"])
    ask(owner, "transferOwnership", member=nina)
    ask(owner, "removeMember", member=sam)
    return done & OPERATIONS
