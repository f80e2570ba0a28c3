"""Headers of every response, methods, targets, preconditions and pages (D-4)."""

import pytest

TARGETS = [
    "/",
    "/api",
    "/api/",
    "/api/projects/",
    "//api/projects",
    "/api//projects",
    "/api/./projects",
    "/api/../api/projects",
    "/api/projects/..",
    "/api/projects/.",
    "/api/%70rojects",
    "/api/projects%2f",
    "/api/projects/%ff",
    "/api/projects/%00",
    "/api/projects/%0d%0a",
    "/api/projects/%",
    "/api/projects/\\",
    "/api/projects;a=b",
    "/api/projects/{project_id}",
    "/API/projects",
    "/health/live/",
    "/schema",
    "/schema/openapi.json",
    "/api/docs",
    "/api/openapi.yaml",
    "/api/" + "a" * 5000,
    "/api/projects/" + "a/" * 500,
    "/api/trash/x",
    "/favicon.ico",
]


async def raw(app, target, method="GET", headers=(), query=b"", body=b""):
    """Send a target unchanged; an HTTP client would normalize it."""
    sent = []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": target,
        "raw_path": target.encode(),
        "root_path": "",
        "query_string": query,
        "headers": list(headers),
        "client": None,
        "server": ("localhost", 8200),
    }

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"], sent


async def test_unnormalized_targets_do_not_exist(app):
    """D-4: targets are never normalized, so each operation has exactly one path."""
    for target in TARGETS:
        for method in ("GET", "POST", "DELETE", "HEAD"):
            status, _ = await raw(app, target, method)

            assert status == 404


UNKNOWN_METHODS = ["TRACE", "CONNECT", "FOO", "get"]


async def test_unknown_methods_are_rejected(app):
    """D-4: no method name causes a 500, no matter how odd."""
    for method in UNKNOWN_METHODS:
        status, _ = await raw(app, "/api/projects", method)

        assert status in (401, 405)


QUERIES = [b"\xff", b"limit=%ff", b"a=1&a=1", b"&&&", b"=", b"%00", b"limit=\x00", b"a" * 60_000]


async def test_arbitrary_query_bytes(app, client):
    """D-4: a query of arbitrary bytes doesn't cause a 500."""
    for query in QUERIES:
        cookie = f"strongroom={client.cookies['strongroom']}".encode()

        status, _ = await raw(app, "/api/projects", headers=[(b"cookie", cookie)], query=query)

        assert status in (200, 400)


async def test_requests_over_a_unix_socket(app):
    """D-4: a request over a Unix socket has no client address, but succeeds."""
    status, _ = await raw(app, "/health/live")

    assert status == 200


async def test_large_headers(app, client, problem):
    """D-4: a request with headers that a proxy would let through gets a response."""
    for name in ("User-Agent", "X-Forwarded-For", "X-Anything", "Cookie"):
        response = await client.get("/health/live", headers={name: "a" * 200_000})

        assert response.status_code == 200


async def test_websockets_are_rejected(app):
    """D-4: the API has no websockets."""
    sent = []

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message)

    await app({"type": "websocket", "path": "/api", "headers": []}, receive, send)

    assert [message["type"] for message in sent] == ["websocket.close"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/projects"),
        ("GET", "/health"),
        ("GET", "/nowhere"),
        ("POST", "/health"),
        ("POST", "/api/projects"),
        ("OPTIONS", "/api/projects"),
        ("HEAD", "/api/projects"),
        ("GET", "/api/openapi.json"),
    ],
)
async def test_every_answer_has_the_usual_headers(client, method, path):
    """D-4: every response has these headers, even if the request matches no route."""
    response = await client.request(method, path)

    assert response.headers["x-request-id"].startswith("req_")
    assert response.headers.get_list("cache-control") == ["no-store"]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert (
        response.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    )
    assert "server" not in response.headers
    assert "strict-transport-security" not in response.headers


async def test_the_request_id_is_ours(client):
    """H-4: a request ID sent by the client isn't used."""
    response = await client.get("/health", headers={"X-Request-Id": "req_forged"})

    assert response.headers["x-request-id"] != "req_forged"


async def test_head_is_get_without_a_body(client):
    """RFC 9110: HEAD returns the same status and headers as GET, without the content."""
    got = await client.get("/api/projects")
    headed = await client.head("/api/projects")

    assert headed.status_code == 200
    assert headed.content == b""
    assert headed.headers["content-length"] == got.headers["content-length"]
    assert headed.headers["content-type"] == got.headers["content-type"]


async def test_the_servers_scope_is_unchanged(app):
    """RFC 9110: the server still sees HEAD; if it saw GET, it would expect a response body."""
    sent = []
    scope = {
        "type": "http",
        "method": "HEAD",
        "path": "/health/live",
        "raw_path": b"/health/live",
        "query_string": b"",
        "headers": [],
        "client": None,
    }

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)

    assert scope["method"] == "HEAD"
    assert sent[0]["status"] == 200


async def test_options_lists_the_methods(stranger):
    """RFC 9110: OPTIONS lists the methods, and doesn't require a session."""
    response = await stranger.options("/api/projects")

    assert response.status_code == 204
    assert set(response.headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


@pytest.fixture
async def project(client):
    return await client.post("/api/projects", json={"name": "p"})


async def test_a_stale_change_is_rejected(client, project, problem):
    """D-4: If-Match with an old ETag gets 412, and nothing changes."""
    path, etag = project.headers["location"], project.headers["etag"]

    first = await client.patch(path, json={"name": "a"}, headers={"If-Match": etag})
    second = await client.patch(path, json={"name": "b"}, headers={"If-Match": etag})
    third = await client.patch(
        path, json={"name": "c"}, headers={"If-Match": first.headers["etag"]}
    )
    any_ = await client.patch(path, json={"description": "d"}, headers={"If-Match": "*"})

    assert first.status_code == 200
    problem(second, 412, "changed")
    assert third.json()["name"] == "c"
    assert any_.status_code == 200


async def test_every_change_supports_if_match(client, project, problem):
    """D-4: an old ETag prevents each of these changes."""
    old = {"If-Match": '"999"'}
    path = project.headers["location"]
    application = (await client.post("/api/applications", json={"name": "a"})).headers["location"]
    secret = (await client.post(f"{path}/secrets", json={"name": "K", "value": "v"})).headers[
        "location"
    ]

    for method, target, body in (
        ("PATCH", path, {"name": "x"}),
        ("POST", f"{path}/move", {"applicationId": None}),
        ("DELETE", f"{path}?confirmName=p", None),
        ("PATCH", application, {"name": "x"}),
        ("DELETE", application, None),
        ("PATCH", secret, {"name": "x"}),
        ("POST", f"{secret}/replace", {"value": "x"}),
        ("POST", f"{secret}/rotate", {}),
        ("POST", f"{secret}/rollback", {"version": 1}),
        ("DELETE", secret, None),
    ):
        problem(await client.request(method, target, json=body, headers=old), 412, "changed")


MALFORMED = ["1", 'W/"1"', '"1", "2"', '"x"', '""', '"1', '"-1"', '"१"', '"' + "1" * 30 + '"']


async def test_a_malformed_precondition_is_rejected(client, project, problem):
    """D-4: an ETag that we never sent is an error, not a mismatch."""
    for value in MALFORMED:
        response = await client.patch(
            project.headers["location"], json={"name": "x"}, headers={"If-Match": value.encode()}
        )

        assert problem(response, 400, "invalid")["field"] == "If-Match"


async def test_a_precondition_is_never_ignored(client, problem):
    """D-4: an operation that has no ETag to compare rejects `If-Match`."""
    for path in ("/api/projects", "/api/secrets/sk_aaaaaaaaaaaaaaaa/restore"):
        body = {"name": "x"} if path == "/api/projects" else {}
        response = await client.request("POST", path, json=body, headers={"If-Match": '"1"'})

        problem(response, 400, "invalid")


async def test_lists_come_in_pages(client):
    """D-4: paging through each list with its cursor returns each item once and in order."""
    names = [f"p{number}" for number in range(7)]
    for name in names:
        await client.post("/api/projects", json={"name": name})

    found, query, page = [], {"limit": 3}, {}
    for _ in range(3):
        page = (await client.get("/api/projects", params=query)).json()
        found += [item["name"] for item in page["items"]]
        query["cursor"] = page["nextCursor"]

    assert found == names
    assert page["nextCursor"] is None


@pytest.mark.parametrize("what", ["applications", "secrets", "versions", "trash"])
async def test_every_list_pages(client, project, what):
    """D-4: the other lists can be paged through as well."""
    secrets = f"{project.headers['location']}/secrets"
    made = [
        (await client.post(secrets, json={"name": f"K{n}", "value": "v"})).headers["location"]
        for n in range(3)
    ]
    paths = {
        "applications": "/api/applications",
        "secrets": secrets,
        "versions": f"{made[0]}/versions",
        "trash": "/api/trash",
    }
    for number in range(3):
        await client.post("/api/applications", json={"name": f"a{number}"})
        if what == "versions" and number:
            await client.post(f"{made[0]}/rotate", json={})
        if what == "trash":
            await client.delete(made[number])
    whole = (await client.get(paths[what])).json()["items"]

    pages, cursor = [], {}
    while True:
        page = (await client.get(paths[what], params={"limit": 1, **cursor})).json()
        pages += page["items"]
        if page["nextCursor"] is None:
            break
        cursor = {"cursor": page["nextCursor"]}

    assert len(whole) == 3
    assert pages == whole


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=-1", "limit"),
        ("limit=x", "limit"),
        ("limit=", "limit"),
        ("limit=1.5", "limit"),
        ("limit=" + "9" * 5000, "limit"),
        ("cursor=x", "cursor"),
        ("cursor=", "cursor"),
        ("cursor=bnVsbA", "cursor"),
        ("cursor=WzEsMl0", "cursor"),
        ("cursor=" + "WyJhIl0" * 3, "cursor"),
        ("standalone=perhaps", "standalone"),
        ("unknown=1", None),
        ("Limit=1", None),
        ("limit=1&limit=1", None),
        ("environment=%00", None),
    ],
)
async def test_an_invalid_query_is_rejected(client, problem, query, field):
    """D-4: unknown, duplicate and invalid parameters get 400."""
    found = problem(await client.get(f"/api/projects?{query}"), 400, "invalid")

    assert found.get("field") == field


async def test_a_cursor_of_another_list_is_rejected(client, project, problem):
    """D-4: the trash's cursor is a time, not a name."""
    for number in range(2):
        await client.post("/api/projects", json={"name": f"q{number}"})
    cursor = (await client.get("/api/projects?limit=1")).json()["nextCursor"]

    response = await client.get("/api/trash", params={"cursor": cursor})

    assert problem(response, 400, "invalid")["field"] == "cursor"
