"""Projects over HTTP (V-2, V-3, D-4)."""

import pytest

FIELDS = {
    "id",
    "applicationId",
    "applicationName",
    "name",
    "environment",
    "description",
    "secrets",
    "machines",
    "lastReadAt",
    "frozenAt",
    "frozenBy",
    "frozenByCanary",
    "freezeReason",
    "createdAt",
    "revision",
}


@pytest.fixture
async def made(client):
    return await client.post(
        "/api/projects", json={"name": "tools", "environment": "prod", "description": "d"}
    )


async def test_a_project_is_made(client, made):
    """V-2: the response contains the project, its location and its ETag."""
    found = made.json()

    assert made.status_code == 201
    assert found.keys() == FIELDS
    assert made.headers["location"] == f"/api/projects/{found['id']}"
    read = await client.get(made.headers["location"])
    assert (read.json(), read.headers["etag"]) == (found, made.headers["etag"])


async def test_projects_are_filtered(client, made):
    """V-2: the list can be limited to an application, standalone projects, or an environment."""
    application = (
        await client.post("/api/applications", json={"name": "a", "environments": ["prod", "dev"]})
    ).json()

    async def names(**query):
        response = await client.get("/api/projects", params=query)

        assert response.status_code == 200

        return [each["name"] for each in response.json()["items"]]

    assert await names() == ["dev", "prod", "tools"]
    assert await names(application=application["id"]) == ["dev", "prod"]
    assert await names(application="app_aaaaaaaaaaaaaaaa") == []
    assert await names(standalone="true") == ["tools"]
    assert await names(environment="PROD") == ["prod", "tools"]


async def test_a_project_is_changed_and_moved(client, made):
    """V-2: a project moves into an application and out again, and keeps its ID."""
    application = (await client.post("/api/applications", json={"name": "a"})).json()["id"]
    path = made.headers["location"]

    renamed = await client.patch(path, json={"name": "Tools", "description": None})
    inside = await client.post(
        f"{path}/move", json={"applicationId": application, "environment": "prod"}
    )
    alone = await client.post(f"{path}/move", json={"applicationId": None})

    assert (renamed.json()["name"], renamed.json()["description"]) == ("Tools", None)
    assert inside.status_code == 200, inside.text
    assert inside.json()["applicationId"] == application
    assert inside.json()["applicationName"] == "a"
    assert (alone.status_code, alone.json()["applicationId"]) == (200, None)
    assert alone.json()["id"] == made.json()["id"]


async def test_moving_into_an_application_needs_an_environment(client, made, problem):
    """V-2: without an environment, the problem names the missing member."""
    application = (await client.post("/api/applications", json={"name": "a"})).json()["id"]

    response = await client.post(
        f"{made.headers['location']}/move", json={"applicationId": application}
    )

    assert problem(response, 400, "invalid")["field"] == "environment"


async def test_a_project_is_deleted_by_its_name_typed_out_and_restored(client, made, problem):
    """V-3: if the confirmed name is wrong, nothing is deleted; a deleted project can be restored."""
    path = made.headers["location"]

    refused = await client.delete(f"{path}?confirmName=Tools")
    deleted = await client.delete(f"{path}?confirmName=tools")
    gone = await client.get(path)
    restored = await client.post(f"{path}/restore")

    assert problem(refused, 400, "invalid")["field"] == "confirmName"
    assert (deleted.status_code, deleted.content) == (204, b"")
    problem(gone, 404, "not_found")
    assert restored.status_code == 200
    assert restored.headers["etag"] == f'"{restored.json()["revision"]}"'


async def test_purging_a_project_is_accepted_and_final(client, made, problem):
    """V-3: after the purge nobody can restore the project."""
    path = made.headers["location"]
    await client.delete(f"{path}?confirmName=tools")

    purged = await client.post(f"{path}/purge")

    assert (purged.status_code, purged.content) == (202, b"")
    problem(await client.post(f"{path}/restore"), 404, "not_found")
    assert (await client.get("/api/trash")).json()["items"] == []


async def test_deleting_requires_the_name(client, made, problem):
    """V-3: DELETE on a project without its name deletes nothing."""
    response = await client.delete(made.headers["location"])

    assert "confirmName" == problem(response, 400, "invalid")["field"]
    assert 200 == (await client.get(made.headers["location"])).status_code


async def test_projects_are_browsed_and_counted(client, made, other_client, problem):
    """V-2, V-7: applications with projects, and standalone projects, are listed in pages, with totals."""
    shop = {"name": "shop", "environments": ["staging", "prod"]}
    application = (await client.post("/api/applications", json=shop)).json()
    first = (await client.get("/api/projects/groups?limit=1")).json()
    rest = (await client.get(f"/api/projects/groups?cursor={first['nextCursor']}")).json()
    narrowed = (await client.get("/api/projects/groups?q=SHO&environment=Staging")).json()
    counts = (await client.get("/api/projects/counts")).json()
    theirs = (await other_client.get("/api/projects/groups")).json()

    assert [
        (each["applicationId"], each["name"]) for each in [*first["items"], *rest["items"]]
    ] == [
        (application["id"], "shop"),
        (None, "tools"),
    ]
    assert rest["items"][0]["projects"] == [made.json()]
    assert [[each["name"] for each in item["projects"]] for item in narrowed["items"]] == [
        ["staging"]
    ]
    assert counts == {
        "projects": 3,
        "applications": 1,
        "frozen": 0,
        "environments": [{"name": "prod", "projects": 2}, {"name": "staging", "projects": 1}],
    }
    assert theirs == {
        "items": [],
        "total": 0,
        "first": 0,
        "nextCursor": None,
        "previousCursor": None,
    }
    problem(await client.get("/api/projects/groups", params={"q": "x" * 256}), 400, "invalid")
