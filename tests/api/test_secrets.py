"""Secrets, versions and the trash over HTTP: values can be stored but not read (S-2 to S-8, D-4)."""

import pytest

FIELDS = {
    "id",
    "projectId",
    "kind",
    "name",
    "environment",
    "note",
    "tags",
    "fieldNames",
    "version",
    "changedAt",
    "changedBy",
    "lastReadAt",
    "lastReadBy",
    "readCount",
    "readers",
    "policyId",
    "policyName",
    "rotation",
    "createdAt",
    "revision",
}


@pytest.fixture
async def secrets(client):
    """Return the path of a project's secrets."""
    project = await client.post("/api/projects", json={"name": "p"})
    return f"{project.headers['location']}/secrets"


async def test_creating_a_single_secret_does_not_return_its_value(client, secrets, world, markers):
    """S-2: the response contains everything but the value, which is stored as it was sent."""
    value = markers.value()

    response = await client.post(
        secrets,
        json={"name": "KEY", "value": value, "note": "n", "tags": ["a", "b"], "environment": "e"},
    )
    found = response.json()

    assert response.status_code == 201
    assert found.keys() == FIELDS
    assert response.headers["location"] == f"/api/secrets/{found['id']}"
    assert response.headers["etag"] == f'"{found["revision"]}"'
    assert (found["kind"], found["tags"], found["version"]) == ("single", ["a", "b"], 1)
    assert value not in response.text
    assert await world.open_value(found["id"]) == value
    assert (await client.get(response.headers["location"])).json() == found


@pytest.mark.parametrize("value", ["null", "true", "1", " ", "é\U0001f511\n", '{"a":1}', "\\u0000"])
async def test_values_are_kept_as_sent(client, secrets, world, value):
    """S-2: values that look like another JSON type stay strings."""
    response = await client.post(secrets, json={"name": "KEY", "value": value})

    assert response.status_code == 201
    assert await world.open_value(response.json()["id"]) == value


async def test_the_longest_value_fits_however_json_writes_it(client, secrets, world):
    """S-2: 64 KiB of characters that JSON writes as six bytes each are accepted."""
    value = "\x01" * 65_536

    response = await client.post(secrets, json={"name": "KEY", "value": value})

    assert response.status_code == 201
    assert await world.open_value(response.json()["id"]) == value


async def test_a_value_over_64_kib_is_rejected(client, secrets, problem):
    """S-2: a value that is one byte too long is rejected, and the problem names the member."""
    response = await client.post(secrets, json={"name": "KEY", "value": "x" * 65_537})

    assert problem(response, 400, "invalid")["field"] == "value"


async def test_blank_fields_are_generated(client, secrets, world, markers):
    """S-3: null and the empty string request a generated field."""
    value = markers.value()

    response = await client.post(
        secrets,
        json={
            "name": "DB",
            "kind": "structured",
            "fields": {"user": value, "password": None, "salt": ""},
            "generate": {"length": 20, "charset": "numbers"},
        },
    )
    opened = await world.open_value(response.json()["id"])

    assert response.status_code == 201
    assert response.json()["fieldNames"] == ["user", "password", "salt"]
    assert value in opened
    assert value not in response.text
    assert sum(character.isdigit() for character in opened) >= 40


async def test_a_value_is_generated(client, secrets, world):
    """X-1: a value is generated with the requested length and charset."""
    response = await client.post(
        secrets, json={"name": "K", "generate": {"length": 12, "charset": "numbers"}}
    )
    opened = await world.open_value(response.json()["id"])

    assert response.status_code == 201
    assert len(opened) == 12
    assert opened.isdigit()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "value"),
        ({"value": "a", "generate": {}}, "value"),
        ({"fields": {"a": "b"}}, "fields"),
        ({"kind": "structured", "value": "a"}, "value"),
        ({"kind": "structured", "fields": {}}, "fields"),
        ({"generate": {"length": 0}}, "length"),
        ({"generate": {"charset": "emoji"}}, "generate"),
        ({"kind": "canary", "value": "a"}, "kind"),
        ({"value": "a", "tags": ["x"] * 51}, "tags"),
        ({"value": ""}, "value"),
        ({"value": 5}, "value"),
    ],
)
async def test_content_of_the_wrong_kind(client, secrets, problem, body, field):
    """S-2: if content and kind don't match, the problem names the member."""
    response = await client.post(secrets, json={"name": "KEY", **body})

    assert problem(response, 400, "invalid")["field"] == field


async def test_secrets_are_listed_and_filtered(client, secrets):
    """U-2: the list can be filtered by environment, kind, tag and prefix of the name."""
    for body in (
        {"name": "API_KEY", "value": "a", "tags": ["web"], "environment": "prod"},
        {"name": "api_url", "value": "a"},
        {"name": "DB", "kind": "structured", "fields": {"a": "b"}, "tags": ["db"]},
    ):
        assert (await client.post(secrets, json=body)).status_code == 201

    async def names(**query):
        response = await client.get(secrets, params=query)

        assert response.status_code == 200

        return [each["name"] for each in response.json()["items"]]

    assert await names() == ["API_KEY", "api_url", "DB"]
    assert await names(kind="structured") == ["DB"]
    assert await names(tag="web") == ["API_KEY"]
    assert await names(q="API") == ["API_KEY", "api_url"]
    assert await names(environment="PROD") == ["API_KEY"]
    assert await names(variable="API_URL,DB_USER") == ["api_url"]


async def test_secrets_are_counted_and_the_unread_found(client, secrets):
    """U-2: the response lists the possible filter values, and how many secrets each would show."""
    await client.post(secrets, json={"name": "A", "value": "x", "tags": ["t"], "environment": "e"})
    await client.post(secrets, json={"name": "B", "kind": "structured", "fields": {"x": "y"}})

    counted = (await client.get(f"{secrets}/counts")).json()

    assert counted == {
        "secrets": 2,
        "kinds": [{"name": "single", "secrets": 1}, {"name": "structured", "secrets": 1}],
        "tags": [{"name": "t", "secrets": 1}],
        "environments": [{"name": "e", "secrets": 1}],
        "lastRead": [{"name": "never", "secrets": 2}, {"name": "unused", "secrets": 0}],
        "toRename": [],
    }
    for last_read, names in (("never", ["A", "B"]), ("unused", [])):
        found = (await client.get(secrets, params={"lastRead": last_read})).json()["items"]
        assert names == [each["name"] for each in found]
    assert 400 == (await client.get(secrets, params={"lastRead": "often"})).status_code


async def test_labels_change_and_the_value_does_not(client, secrets, world, markers):
    """S-2: an absent member leaves the label unchanged; null and the empty string remove it."""
    value = markers.value()
    made = await client.post(
        secrets,
        json={"name": "KEY", "value": value, "note": "n", "tags": ["a"], "environment": "e"},
    )
    path = made.headers["location"]

    renamed = (await client.patch(path, json={"name": "OTHER"})).json()
    emptied = (await client.patch(path, json={"note": "", "tags": [], "environment": None})).json()

    assert (renamed["name"], renamed["note"], renamed["tags"]) == ("OTHER", "n", ["a"])
    assert (emptied["note"], emptied["tags"], emptied["environment"]) == (None, [], None)
    assert emptied["version"] == 1
    assert await world.open_value(made.json()["id"]) == value


async def test_versions_follow_each_other(client, secrets, world, markers):
    """S-6: replace, rotate and roll back each create a version; the list contains no value."""
    first, second = markers.value("first"), markers.value("second")
    made = await client.post(secrets, json={"name": "KEY", "value": first})
    path, secret = made.headers["location"], made.json()["id"]

    replaced = await client.post(f"{path}/replace", json={"value": second})
    assert await world.open_value(secret) == second
    rotated = await client.post(f"{path}/rotate", json={"length": 40, "charset": "alphanumeric"})
    assert len(await world.open_value(secret)) == 40
    back = await client.post(f"{path}/rollback", json={"version": 1})
    assert await world.open_value(secret) == first
    versions = await client.get(f"{path}/versions")

    for response, number in ((replaced, 2), (rotated, 3), (back, 4)):
        assert (response.status_code, response.json()["version"]) == (200, number)
        assert response.headers["etag"] == f'"{response.json()["revision"]}"'
    assert [
        (each["number"], each["origin"], each["restored"]) for each in versions.json()["items"]
    ] == [
        (4, "rollback", 1),
        (3, "rotate", None),
        (2, "replace", None),
        (1, "create", None),
    ]
    assert [each["current"] for each in versions.json()["items"]] == [True, False, False, False]
    assert first not in versions.text + back.text
    assert second not in versions.text + replaced.text


async def test_single_fields_are_replaced_rotated_and_removed(client, secrets, world, markers):
    """S-3, S-8: fields that aren't in the request stay unchanged."""
    kept, new = markers.value("kept"), markers.value("new")
    made = await client.post(
        secrets,
        json={"name": "DB", "kind": "structured", "fields": {"a": kept, "b": "old", "c": "gone"}},
    )
    path, secret = made.headers["location"], made.json()["id"]

    replaced = await client.post(
        f"{path}/replace", json={"fields": {"b": new}, "removeFields": ["c"]}
    )
    opened = await world.open_value(secret)
    rotated = await client.post(f"{path}/rotate", json={"fields": ["b"], "charset": "uuid"})
    after = await world.open_value(secret)

    assert replaced.json()["fieldNames"] == ["a", "b"]
    assert kept in opened
    assert new in opened
    assert "gone" not in opened
    assert rotated.status_code == 200
    assert kept in after
    assert new not in after


@pytest.mark.parametrize(
    ("version", "status", "code"),
    [(9, 404, "not_found"), (1, 409, "conflict"), (0, 400, "invalid"), (2**31, 400, "invalid")],
)
async def test_a_rollback_needs_an_earlier_version(client, secrets, problem, version, status, code):
    """S-6: rolling back to unknown, current and impossible versions gives different errors, never 500."""
    made = await client.post(secrets, json={"name": "KEY", "value": "v"})

    response = await client.post(f"{made.headers['location']}/rollback", json={"version": version})

    problem(response, status, code)


async def test_rotating_in_a_frozen_project(client, secrets, world, problem):
    """S-8: rotating a frozen project's secret gets 423 with the reason."""
    project = await world.project("frozen")
    secret = await world.secret(project, "KEY")
    await world.freeze(project)

    problem(await client.post(f"/api/secrets/{secret.id}/rotate", json={}), 423, "frozen")


async def test_deleted_secrets_are_in_the_trash(client, secrets, problem):
    """S-7: a secret can be deleted, listed, restored and purged; a purged secret is gone."""
    made = await client.post(secrets, json={"name": "KEY", "value": "v"})
    path = made.headers["location"]

    deleted = await client.delete(path)
    gone = await client.get(path)
    trash = (await client.get("/api/trash")).json()
    restored = await client.post(f"{path}/restore", json={})
    early = await client.post(f"{path}/purge")
    await client.delete(path)
    purged = await client.post(f"{path}/purge")

    assert (deleted.status_code, deleted.content) == (204, b"")
    problem(gone, 404, "not_found")
    assert [item["id"] for item in trash["items"]] == [made.json()["id"]]
    assert trash["items"][0].keys() == {
        "kind",
        "id",
        "name",
        "projectId",
        "projectName",
        "trashedAt",
        "trashedBy",
        "purgedAt",
        "formerReaders",
        "applicationName",
        "holds",
    }
    assert restored.status_code == 200
    problem(early, 404, "not_found")
    assert (purged.status_code, purged.content) == (204, b"")
    assert (await client.get("/api/trash")).json()["items"] == []


async def test_a_stored_value_that_does_not_open_is_an_internal_error(
    client, secrets, core, owner, problem
):
    """E-1: altered ciphertext causes a 500 with a constant message, and is logged."""
    made = await client.post(
        secrets, json={"name": "DB", "kind": "structured", "fields": {"a": "b", "c": "d"}}
    )
    async with core.database.transaction(owner.vault) as connection:
        await connection.execute(
            "update secret_material set ciphertext = set_byte(ciphertext, 20,"
            " get_byte(ciphertext, 20) # 1)"
        )

    response = await client.post(f"{made.headers['location']}/replace", json={"fields": {"a": "x"}})

    problem(response, 500, "integrity_failure")


async def test_rotation_settings_over_http(client, secrets, problem):
    """X-1: settings are set, used and deleted with ETags; a length or charset that doesn't exist is named."""
    made = await client.post(secrets, json={"name": "KEY", "value": "v"})
    path = made.headers["location"]

    problem(await client.post(f"{path}/rotation/queue"), 409, "conflict")
    put = await client.put(f"{path}/rotation", json={"length": 40, "charset": "numbers"})
    stale = await client.put(
        f"{path}/rotation", json={"length": 41}, headers={"If-Match": made.headers["etag"]}
    )
    queued = await client.post(f"{path}/rotation/queue")
    for wrong in ({"length": 1025}, {"charset": "emoji"}, {"fields": ["a"]}, {"interval": 5}):
        assert (await client.put(f"{path}/rotation", json=wrong)).status_code == 400
    gone = await client.delete(f"{path}/rotation")

    assert (put.status_code, queued.status_code, gone.status_code) == (200, 200, 200)
    assert put.json()["rotation"] | {"setAt": "", "setBy": ""} == {
        "length": 40,
        "charset": "numbers",
        "fields": [],
        "setAt": "",
        "setBy": "",
        "queuedAt": None,
        "queuedBy": None,
    }
    problem(stale, 412, "changed")
    assert queued.json()["rotation"]["queuedBy"] == put.json()["rotation"]["setBy"]
    assert gone.json()["rotation"] is None
