"""A freeze over HTTP: a summary before it, and an incident note and recovery after it (V-3, V-4)."""

import pytest


@pytest.fixture
async def project(client):
    made = await client.post("/api/projects", json={"name": "tools"})
    return f"/api/projects/{made.json()['id']}"


async def test_a_project_is_weighed(client, project, markers):
    """V-3, V-4: a summary describes a project's contents and readers in numbers."""
    value = markers.value("API_KEY")
    await client.post(f"{project}/secrets", json={"name": "API_KEY", "value": value})
    weight = await client.get(f"{project}/summary")

    assert weight.status_code == 200
    assert weight.json() == {
        "secrets": 1,
        "labelled": 0,
        "versions": 1,
        "machines": 0,
        "readers": 0,
        "grants": 0,
        "readsHour": 0,
        "readsDay": 0,
        "machinesDay": 0,
    }


async def test_a_freeze_is_recovered_from(client, project):
    """V-4: earlier reads are shown while the project is frozen; an incident note is logged."""
    early = await client.get(f"{project}/recovery")
    too_early = await client.post(f"{project}/incident-notes", json={"note": "nothing yet"})
    frozen = await client.post(f"{project}/freeze", json={"reason": "a laptop is gone"})
    found = (await client.get(f"{project}/recovery")).json()
    told = await client.post(f"{project}/incident-notes", json={"note": "It was in a taxi."})
    empty = await client.post(f"{project}/incident-notes", json={"note": " "})
    accounts = (await client.get(f"{project}/recovery")).json()["record"]["accounts"]

    assert (early.status_code, too_early.status_code) == (409, 409)
    assert frozen.json()["frozenBy"] == "ada"
    entries = {name: found["record"].pop(name) for name in ("before", "after", "refusedNow")}
    assert found == {
        "since": frozen.json()["frozenAt"],
        "by": "ada",
        "byCanary": False,
        "reason": "a laptop is gone",
        "machines": 0,
        "record": {
            "trip": None,
            "refused": 0,
            "refusedMachines": 0,
            "readers": [],
            "readersNumber": 0,
            "exposed": [],
            "exposedNumber": 0,
            "exposedOpen": 0,
            "accounts": [],
        },
    }
    assert {name: [each["action"] for each in found] for name, found in entries.items()} == {
        "before": ["project_create"],
        "after": ["project_freeze"],
        "refusedNow": [],
    }
    assert [each["detail"] for each in accounts] == [{"account": "It was in a taxi."}]
    assert (told.status_code, told.content) == (204, b"")
    assert (empty.status_code, empty.json()["field"]) == (400, "account")
