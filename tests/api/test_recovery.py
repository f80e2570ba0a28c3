"""A freeze over HTTP: weighed before, explained and recovered from after (V-3, V-4)."""

import pytest


@pytest.fixture
async def project(client):
    made = await client.post("/api/projects", json={"name": "tools"})
    return f"/api/projects/{made.json()['id']}"


async def test_a_project_is_weighed(client, project, markers):
    """V-3, V-4: how much is in it and who reads it, in numbers."""
    value = markers.value("API_KEY")
    await client.post(f"{project}/secrets", json={"name": "API_KEY", "value": value})
    weight = await client.get(f"{project}/weight")

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
    """V-4: what was read before is told while it lasts; an account of it goes on the record."""
    early = await client.get(f"{project}/recovery")
    too_early = await client.post(f"{project}/explain", json={"account": "nothing yet"})
    frozen = await client.post(f"{project}/freeze", json={"reason": "a laptop is gone"})
    found = await client.get(f"{project}/recovery")
    told = await client.post(f"{project}/explain", json={"account": "It was in a taxi."})
    empty = await client.post(f"{project}/explain", json={"account": " "})

    assert (early.status_code, too_early.status_code) == (409, 409)
    assert frozen.json()["frozenBy"] == "ada"
    assert found.json() == {
        "since": frozen.json()["frozenAt"],
        "by": "ada",
        "reason": "a laptop is gone",
        "machines": 0,
        "record": {
            "refused": 0,
            "refusedMachines": 0,
            "readers": [],
            "readersNumber": 0,
            "exposed": [],
            "exposedNumber": 0,
            "exposedOpen": 0,
        },
    }
    assert (told.status_code, told.content) == (204, b"")
    assert (empty.status_code, empty.json()["field"]) == (400, "account")
