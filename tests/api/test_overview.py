"""The overview and search over HTTP (D-4, U-1, V-6, V-7)."""

from __future__ import annotations

from strongroom_testkit.machine import pending_machine


async def test_an_overview(client, other_client, world) -> None:
    """U-1, V-7: an overview shows its own vault's counts, what needs attention, and first steps."""
    project = await world.project("billing")
    await world.secret(project, "STRIPE_KEY")
    machine = await pending_machine(world, "web-1")
    frozen = await client.post(f"/api/projects/{project.id}/freeze", json={"reason": "drill"})
    overview = (await client.get("/api/overview")).json()
    theirs = (await other_client.get("/api/overview")).json()

    assert {
        "projects": 1,
        "applications": 0,
        "secrets": 1,
        "secretsUnread": 0,
        "secretsNeverRead": 1,
        "machines": 0,
        "machinesSeen": 0,
        "machinesPending": 1,
        "members": 1,
    } == overview["counts"]
    assert [str(machine.id)] == [each["id"] for each in overview["pendingMachines"]]
    assert [(project.id, "drill", frozen.json()["frozenAt"])] == [
        (each["id"], each["reason"], each["since"]) for each in overview["frozenProjects"]
    ]
    assert ([], None) == (overview["expiringMachines"], overview["firstReadAt"])
    assert [True, True, True, False, False, False, None] == list(overview["firstSteps"].values())
    assert (0, [], []) == (
        theirs["counts"]["projects"],
        theirs["pendingMachines"],
        theirs["frozenProjects"],
    )


async def test_pending_machines_and_frozen_projects(client, other_client, world) -> None:
    """V-4, U-1, V-7: the response lists pending machines and frozen projects of the caller's vault only."""
    project = await world.project("billing")
    await pending_machine(world, "web-1")
    await client.post(f"/api/projects/{project.id}/freeze", json={"reason": "drill"})
    signals = (await client.get("/api/overview/signals")).json()
    theirs = (await other_client.get("/api/overview/signals")).json()

    assert signals.keys() == {
        "vaultName",
        "machinesPending",
        "machinesBlocked",
        "frozenProjects",
        "noAccess",
    }
    assert (1, [project.id]) == (
        signals["machinesPending"],
        [each["id"] for each in signals["frozenProjects"]],
    )
    assert (0, []) == (theirs["machinesPending"], theirs["frozenProjects"])


async def test_a_search(client, other_client, world, problem) -> None:
    """V-6, V-7: a search finds objects by prefixes of their words, together with their places."""
    project = await world.project("billing")
    secret = await world.secret(project, "STRIPE_SECRET_KEY")
    found = (await client.get("/api/search", params={"q": "stripe_s"})).json()

    assert [
        {
            "kind": "secret",
            "id": secret.id,
            "name": "STRIPE_SECRET_KEY",
            "projectId": project.id,
            "projectName": "billing",
            "environment": None,
            "applicationName": None,
        }
    ] == found["items"]
    for text in ("stripe", secret.id):
        theirs = await other_client.get("/api/search", params={"q": text})

        assert [] == theirs.json()["items"]
    for query in ({}, {"q": "a" * 101}, {"q": "a", "limit": "5"}):
        problem(await client.get("/api/search", params=query), 400, "invalid")
