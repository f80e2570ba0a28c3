"""Applications over HTTP (V-2, D-4)."""

import pytest

FIELDS = {"id", "name", "description", "projects", "trashedProjects", "createdAt", "revision"}


@pytest.fixture
async def made(client):
    return await client.post(
        "/api/applications",
        json={"name": "billing", "environments": ["dev", "prod"], "description": "pays"},
    )


async def test_an_application_is_made_with_a_project_per_environment(client, made):
    """V-2: the environments keep their order, and the response contains the application's location."""
    found = made.json()

    assert made.status_code == 201
    assert found.keys() == FIELDS
    assert [project["environment"] for project in found["projects"]] == ["dev", "prod"]
    assert all(project["applicationId"] == found["id"] for project in found["projects"])
    assert made.headers["etag"] == f'"{found["revision"]}"'
    assert made.headers["location"] == f"/api/applications/{found['id']}"
    assert (await client.get(made.headers["location"])).json() == found


async def test_applications_are_listed_with_their_environments(client, made):
    """V-2: a list includes the names of the environments."""
    response = await client.get("/api/applications")

    assert response.status_code == 200
    assert response.json()["nextCursor"] is None
    assert [(each["name"], each["environments"]) for each in response.json()["items"]] == [
        ("billing", ["dev", "prod"])
    ]


async def test_only_given_members_change(client, made):
    """D-4: only the members in the request change; null and the empty string remove a description."""
    path = made.headers["location"]

    renamed = await client.patch(path, json={"name": "Billing"})
    emptied = await client.patch(path, json={"description": ""})
    described = await client.patch(path, json={"description": "again"})
    removed = await client.patch(path, json={"description": None})

    assert (renamed.json()["name"], renamed.json()["description"]) == ("Billing", "pays")
    assert emptied.json()["description"] is None
    assert described.json()["description"] == "again"
    assert removed.json()["description"] is None


async def test_an_application_with_projects_is_not_deleted(client, made, problem):
    """V-2: deleting an application never silently deletes secrets; an empty application can be deleted."""
    empty = await client.post("/api/applications", json={"name": "empty"})

    refused = await client.delete(made.headers["location"])
    deleted = await client.delete(empty.headers["location"])

    problem(refused, 409, "conflict")
    assert (deleted.status_code, deleted.content) == (204, b"")
    problem(await client.get(empty.headers["location"]), 404, "not_found")


async def test_names_are_unique(client, made, problem):
    """V-2: names that differ only in case are duplicates."""
    problem(await client.post("/api/applications", json={"name": "BILLING"}), 409, "name_taken")
