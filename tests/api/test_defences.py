"""Protection against requests from other sites (CSRF) and from other vaults' pages (A-8, A-10)."""

import pytest

from strongroom_api.app import create_app
from strongroom_api.process import Process
from strongroom_core.settings import Settings

CHANGES = [
    ("POST", "/api/projects", {"name": "forged"}),
    ("POST", "/api/applications", {"name": "forged"}),
    ("POST", "/api/session", {"email": "a@b", "password": "x"}),
    ("POST", "/api/setup", {"token": "x", "email": "a@b", "username": "abc", "password": "x"}),
    ("POST", "/api/session/step-up", {"password": "x"}),
    ("DELETE", "/api/session", None),
    ("PATCH", "/api/projects/proj_aaaaaaaaaaaaaaaa", {"name": "forged"}),
    ("POST", "/api/secrets/sk_aaaaaaaaaaaaaaaa/replace", {"value": "forged"}),
    ("DELETE", "/api/secrets/sk_aaaaaaaaaaaaaaaa", None),
    ("POST", "/api/secrets/sk_aaaaaaaaaaaaaaaa/purge", None),
]

LOOK_ALIKES = [
    None,
    "",
    "null",
    "https://localhost:8200",
    "http://localhost",
    "http://localhost:8201",
    "http://localhost:8200/",
    "http://LOCALHOST:8200",
    "http://localhost.:8200",
    "http://127.0.0.1:8200",
    "http://evil.example",
    "http://localhost:8200.evil.example",
    "http://evil.localhost:8200",
    "http://localhost:8200@evil.example",
    "http://user@localhost:8200",
    "http://localhost:08200",
    "http://localhost:8200 http://evil.example",
    "http://localhost:8200, http://evil.example",
    "*",
]


def without(client, name):
    return {key: value for key, value in client.headers.items() if key.lower() != name.lower()}


async def send(client, method, path, body, headers):
    """Send exactly these headers, without the client's default headers."""
    client.headers.clear()
    client.headers.update(headers)
    return await client.request(method, path, json=body)


async def test_a_change_from_another_page_is_rejected(client, problem):
    """A-10: requests with missing, null or lookalike origins change nothing, in any operation."""
    for origin in LOOK_ALIKES:
        headers = without(client, "origin") | ({} if origin is None else {"Origin": origin})

        for method, path, body in CHANGES:
            problem(await send(client, method, path, body, headers), 403, "wrong_origin")
        assert (await client.get("/api/projects")).json()["items"] == []


async def test_two_origins_are_rejected(client, problem):
    """A-10: a request with our origin and another one is rejected."""
    headers = [*client.headers.raw, (b"Origin", b"http://evil.example")]

    response = await client.request("POST", "/api/projects", headers=headers, json={"name": "x"})

    problem(response, 403, "wrong_origin")


NO_NAMES = [None, "", " ", "x" * 65, "tab\tinside", "<script>", "a,b", "a;b", "/x" * 40]


async def test_a_change_names_the_program_that_asks(client, problem):
    """A-10: a request without our own header, which no form or link can send, is rejected."""
    for value in NO_NAMES:
        headers = without(client, "x-strongroom-client")
        if value is not None:
            headers["X-Strongroom-Client"] = value

        for method, path, body in CHANGES:
            problem(await send(client, method, path, body, headers), 403, "client_header_missing")


@pytest.mark.parametrize("value", ["dashboard", "strongroom-cli/1.2.3", "My App 2", "x" * 64])
async def test_programs_have_plain_names(client, value):
    """A-10: typical program names are accepted."""
    response = await client.post(
        "/api/projects", json={"name": "p"}, headers={"X-Strongroom-Client": value}
    )

    assert response.status_code == 201


NOT_JSON = [
    None,
    "",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json; charset=latin-1",
    "application/json; charset=utf-8; boundary=x",
    "application/jsonp",
    "application/problem+json",
    "text/plain; application/json",
    "application/json, text/plain",
    "application/msgpack",
    "*/*",
]


async def test_a_body_is_json(client, problem):
    """A-10: content types that a form can send are never read as a body."""
    for content_type in NOT_JSON:
        headers = {} if content_type is None else {"Content-Type": content_type}

        response = await client.post(
            "/api/projects", content=b'{"name": "forged"}', headers=headers
        )

        problem(response, 415, "unsupported_media_type")
        assert (await client.get("/api/projects")).json()["items"] == []


JSON_TYPES = [
    "application/json",
    "Application/JSON",
    "application/json;charset=UTF-8",
    'application/json; charset="utf-8"',
]


async def test_spellings_of_the_json_media_type(client):
    """A-10: the usual spellings of the media type are accepted."""
    for number, content_type in enumerate(JSON_TYPES):
        response = await client.post(
            "/api/projects",
            content=b'{"name": "p%d"}' % number,
            headers={"Content-Type": content_type},
        )

        assert response.status_code == 201, content_type


async def test_a_compressed_body_is_not_read(client, problem):
    """A-10: bodies are never decompressed, so none can expand beyond the limit."""
    response = await client.post(
        "/api/projects",
        content=b"x",
        headers={"Content-Type": "application/json", "Content-Encoding": "gzip"},
    )

    problem(response, 415, "unsupported_media_type")


async def test_an_unexpected_body_is_rejected(client, problem):
    """A-10: a body in a request that takes none is rejected."""
    secret = "/api/secrets/sk_aaaaaaaaaaaaaaaa"

    problem(await client.request("DELETE", secret, json={}), 400, "invalid")
    problem(await client.request("DELETE", secret), 404, "not_found")
    problem(await client.post(f"{secret}/purge", content=b"x"), 400, "invalid")


async def test_viewing_needs_no_header_of_ours(client):
    """A-10: a safe method needs only the cookie."""
    response = await send(client, "GET", "/api/projects", None, {})

    assert response.status_code == 200


@pytest.mark.parametrize("other", ["vault_aaaaaaaaaaaaaaaa", "installation", "x", "a b"])
async def test_requests_for_another_vault_are_rejected(client, owner, problem, other):
    """A-8: reads and changes for another vault are rejected; a nonexistent vault gets the same response."""
    client.headers["X-Strongroom-Vault"] = other

    for method, path, body in CHANGES:
        if path.startswith(("/api/session", "/api/setup")):
            continue
        problem(await client.request(method, path, json=body), 409, "vault_switched")
    problem(await client.get("/api/projects"), 409, "vault_switched")
    client.headers["X-Strongroom-Vault"] = owner.vault
    assert (await client.get("/api/projects")).json()["items"] == []


async def test_a_vault_that_exists_is_answered_like_one_that_does_not(client, other_owner, problem):
    """V-7: another person's vault and an invented one get byte-for-byte identical responses."""
    answers = []
    for vault in (other_owner.vault, "vault_aaaaaaaaaaaaaaaa"):
        response = await client.get("/api/projects", headers={"X-Strongroom-Vault": vault})
        found = problem(response, 409, "vault_switched")
        answers.append({**found, "requestId": None})

    assert answers[0] == answers[1]


async def test_an_empty_vault_header(client, problem):
    """A-8: without a vault, the dashboard sends an empty header; a script can omit it."""
    headers = without(client, "x-strongroom-vault")

    empty = await client.post(
        "/api/projects", json={"name": "x"}, headers={"X-Strongroom-Vault": ""}
    )
    left_out = await send(client, "POST", "/api/projects", {"name": "y"}, headers)

    problem(empty, 400, "wrong_vault_header")
    assert left_out.status_code == 201
    assert ["y"] == [each["name"] for each in (await client.get("/api/projects")).json()["items"]]


async def test_the_error_names_all_wrong_headers(client, problem):
    """A-10: the error names all wrong headers, so they can be fixed in one go."""
    headers = {"Content-Type": "text/plain", "Cookie": client.headers.get("cookie", "")}

    response = await send(client, "POST", "/api/projects", None, headers)

    said = problem(response, 403, "wrong_origin")["detail"]
    assert all(name in said for name in ("Origin", "X-Strongroom-Client", "Content-Type"))
    assert "public URL, http://localhost:8200;" in said


async def test_two_vaults_are_rejected(client, owner, problem):
    """A-8: a request that names two vaults is rejected."""
    headers = [*client.headers.raw, (b"X-Strongroom-Vault", owner.vault.encode())]

    response = await client.request("POST", "/api/projects", headers=headers, json={"name": "x"})

    problem(response, 400, "wrong_vault_header")


async def test_the_session_itself_belongs_to_no_vault(client):
    """A-8: a page made for another vault can read and end the session."""
    headers = {"X-Strongroom-Vault": "vault_aaaaaaaaaaaaaaaa"}

    assert (await client.get("/api/session", headers=headers)).status_code == 200
    assert (await client.delete("/api/session", headers=headers)).status_code == 204


async def test_another_vaults_object_answers_like_one_that_never_existed(
    client, other_client, problem
):
    """V-7: every operation on another vault's ID gets 404, and changes nothing."""
    project = (await other_client.post("/api/projects", json={"name": "theirs"})).json()["id"]
    secret = (
        await other_client.post(
            f"/api/projects/{project}/secrets", json={"name": "KEY", "value": "v"}
        )
    ).json()["id"]
    operations = [
        ("GET", "/api/projects/{}", None),
        ("PATCH", "/api/projects/{}", {"name": "x"}),
        ("POST", "/api/projects/{}/move", {"applicationId": None}),
        ("DELETE", "/api/projects/{}?confirmName=theirs", None),
        ("POST", "/api/projects/{}/restore", None),
        ("POST", "/api/projects/{}/purge", None),
        ("GET", "/api/projects/{}/secrets", None),
        ("POST", "/api/projects/{}/secrets", {"name": "x", "value": "y"}),
        ("GET", "/api/secrets/{}", None),
        ("PATCH", "/api/secrets/{}", {"name": "x"}),
        ("POST", "/api/secrets/{}/replace", {"value": "x"}),
        ("POST", "/api/secrets/{}/rotate", {}),
        ("POST", "/api/secrets/{}/rollback", {"version": 1}),
        ("POST", "/api/secrets/{}/restore", {}),
        ("POST", "/api/secrets/{}/purge", None),
        ("GET", "/api/secrets/{}/versions", None),
        ("DELETE", "/api/secrets/{}", None),
    ]

    for method, template, body in operations:
        foreign, invented = (
            (project, "proj_aaaaaaaaaaaaaaaa")
            if "projects" in template
            else (secret, "sk_aaaaaaaaaaaaaaaa")
        )
        answers = [
            {
                **problem(
                    await client.request(method, template.format(each), json=body),
                    404,
                    "not_found",
                ),
                "requestId": None,
            }
            for each in (foreign, invented, "x", foreign.upper(), foreign + "a")
        ]

        assert all(answer == answers[0] for answer in answers)
    after = await other_client.get(f"/api/secrets/{secret}")
    assert (after.json()["name"], after.json()["version"]) == ("KEY", 1)


LISTED = "https://console.example"


@pytest.fixture
async def cross_origin(core, owner, connect):
    """A signed-in page of an origin that the administrator listed."""
    core.settings = Settings(cors_origins=(LISTED,))
    client = await connect(
        create_app(Process(core)), {"Origin": LISTED, "X-Strongroom-Client": "console"}
    )
    await client.post("/api/session", json={"email": owner.email, "password": owner.password})
    client.headers["X-Strongroom-Vault"] = owner.vault
    return client


async def test_listed_origins_get_cors_headers(cross_origin):
    """A-10: only listed origins get CORS headers."""
    response = await cross_origin.post("/api/projects", json={"name": "p"})

    assert response.status_code == 201
    assert response.headers["access-control-allow-origin"] == LISTED
    assert response.headers["access-control-allow-credentials"] == "true"
    assert "ETag" in response.headers["access-control-expose-headers"]
    assert response.headers["vary"] == "Origin"


async def test_a_preflight_of_a_listed_origin_is_answered(cross_origin):
    """A-10: a listed origin can send our headers and methods."""
    response = await cross_origin.options(
        "/api/projects", headers={"Access-Control-Request-Method": "POST"}
    )

    assert response.status_code == 204
    assert response.headers["access-control-allow-origin"] == LISTED
    assert "PATCH" in response.headers["access-control-allow-methods"]
    assert "X-Strongroom-Vault" in response.headers["access-control-allow-headers"]


@pytest.mark.parametrize(
    "origin", ["https://console.example.evil.example", "https://consoleXexample", "null", "*"]
)
async def test_no_other_origin_gets_cors_headers(cross_origin, origin):
    """A-10: the comparison is literal, so a dot matches only a dot (CVE-2026-25478)."""
    for method in ("GET", "POST", "OPTIONS"):
        response = await cross_origin.request(
            method,
            "/api/projects",
            headers={"Origin": origin, "Access-Control-Request-Method": "POST"},
        )

        assert not [name for name in response.headers if name.startswith("access-control")]


async def test_no_cors_headers_without_a_list(client):
    """A-10: without a list, no origin gets CORS headers; our own doesn't need them."""
    response = await client.options(
        "/api/projects", headers={"Access-Control-Request-Method": "POST"}
    )

    assert response.status_code == 204
    assert not [name for name in response.headers if name.startswith("access-control")]
