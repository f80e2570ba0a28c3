"""Which request bodies are valid, and that responses never repeat invalid ones (D-4, E-5)."""

import json

import pytest

PROJECTS = "/api/projects"
JSON = {"Content-Type": "application/json"}


async def post(client, content, path=PROJECTS):
    return await client.post(path, content=content, headers=JSON)


NOT_UNDERSTOOD = [
    b"",
    b" ",
    b"{",
    b"nonsense",
    b"{'name': 'x'}",
    b'{"name": "x"}{}',
    b'{"name": "x",}',
    b'{"name": NaN}',
    b'{"name": Infinity}',
    b'{"name": 1e999}',
    b'{"name": ' + b"9" * 5000 + b"}",
    b'{"name": "\xff"}',
    b'{"name": "\xed\xa0\x80"}',
    b'\xef\xbb\xbf{"name": "x"}',
    '{"name": "x"}'.encode("utf-16"),
    b'{"name": "\x01"}',
    b"null",
    b"true",
    b"5",
    b'"name"',
    b"[]",
    b"{}",
    b'{"name": null}',
    b'{"name": ["x"]}',
    b'{"Name": "x"}',
    b'{"name": "x", "__proto__": {}}',
    b'{"name": "x", "application_id": null}',
    b'{"name": "\\u0000"}',
    b'{"name": "\\ud800"}',
    b'{"\\u0000": "x", "name": "y"}',
    b'{"\\udfff": "x", "name": "y"}',
]


async def test_an_invalid_body_is_rejected(client, problem):
    """D-4: a malformed body gets 400, never 500, and nothing is created."""
    for content in NOT_UNDERSTOOD:
        problem(await post(client, content), 400, "invalid")

    assert (await client.get(PROJECTS)).json()["items"] == []
    assert (await post(client, b' {"name": "x"}\n')).status_code == 201


DOUBLED = [
    b'{"name": "a", "name": "b"}',
    b'{"name": "a", "n\\u0061me": "b"}',
    b'{"name": "a", "environment": null, "environment": "b"}',
]


async def test_a_repeated_member_is_rejected(client, problem):
    """D-4: duplicate members are rejected, because parsers disagree about which of the two counts."""
    for content in DOUBLED:
        found = problem(await post(client, content), 400, "invalid")

        assert found["detail"] == "the body has a duplicate member"


UNKNOWN = [
    (
        "/api/projects",
        b'{"name": "a", "descripton": "b"}',
        "`descripton`; did you mean `description`?",
    ),
    ("/api/projects", b'{"name": "a", "application_id": "b"}', "did you mean `applicationId`?"),
    (
        "/api/projects",
        b'{"name": "a", "zzz": 1}',
        "known: applicationId, description, environment, name",
    ),
    ("/api/projects", b'{"name": "a", "p4ss word": 1}', "unknown member; known: "),
    (
        "/api/projects/proj_aaaaaaaaaaaaaaaa/secrets",
        b'{"name": "a", "generate": {"lenght": 9}}',
        "`length`?",
    ),
    (
        "/api/projects?limitt=3",
        b"{}",
        "unknown query parameter `limitt`; this operation accepts none",
    ),
]


async def test_unknown_members_and_parameters(client, problem):
    """D-4: the error suggests the intended name; a name that can't be one of ours isn't repeated."""
    for path, content, says in UNKNOWN:
        assert says in problem(await post(client, content, path), 400, "invalid")["detail"]
    found = problem(await client.get("/api/projects?limitt=3"), 400, "invalid")
    assert "unknown query parameter `limitt`; did you mean `limit`?" == found["detail"]


async def test_types_and_accepted_words_are_named_plainly(client, problem):
    """D-4: the error uses JSON's type names, and lists the words that a member accepts."""
    for content, says in (
        (b'{"name": 1}', "name: expected `string`, got `whole number`"),
        (b'{"name": true}', "name: expected `string`, got `boolean`"),
        (b'{"name": "a", "kind": "odd"}', "kind: must be one of single, structured"),
        (
            b'{"name": "a", "fields": {"b": "c"}}',
            'a single secret has a value, not fields; for fields, add "kind": "structured"',
        ),
    ):
        path = "/api/projects/proj_aaaaaaaaaaaaaaaa/secrets"
        assert says == problem(await post(client, content, path), 400, "invalid")["detail"]


async def test_duplicate_members_are_rejected(client, problem):
    """D-4: duplicate members are rejected at every level."""
    content = b'{"name": "K", "kind": "structured", "fields": {"a": "1", "a": "2"}}'

    problem(
        await post(client, content, "/api/projects/proj_aaaaaaaaaaaaaaaa/secrets"), 400, "invalid"
    )


@pytest.mark.parametrize(("levels", "says"), [(32, "expected"), (33, "levels"), (100_000, "")])
@pytest.mark.parametrize("brackets", [("[", "]"), ('{"a":', "}")])
async def test_depth_is_bounded(client, problem, levels, says, brackets):
    """D-4: 32 levels of nesting are accepted, more are rejected, and 100,000 cause no crash."""
    opening, closing = brackets
    inner = '{"name": ' + opening * (levels - 1) + "1" + closing * (levels - 1) + "}"
    content = inner.encode()[: 256 * 1024]

    found = problem(await post(client, content), 400, "invalid")

    assert says in found["detail"]


@pytest.mark.parametrize(
    ("size", "status", "code"), [(256 * 1024, 400, "invalid"), (256 * 1024 + 1, 413, "too_large")]
)
async def test_bodies_are_bounded(client, problem, size, status, code):
    """D-4: the limit is 256 KiB, no matter how the size is declared."""
    content = b'{"name": "' + b"x" * (size - 12) + b'"}'

    async def stream():
        for start in range(0, len(content), 10_000):
            yield content[start : start + 10_000]

    assert len(content) == size
    problem(await post(client, content), status, code)
    problem(await post(client, stream()), status, code)


@pytest.mark.parametrize(
    ("size", "status", "code"), [(512 * 1024, 400, "invalid"), (512 * 1024 + 1, 413, "too_large")]
)
async def test_bodies_with_values_are_bounded(client, problem, size, status, code):
    """S-2: 512 KiB are enough for a value of 64 KiB in any JSON encoding; no more is read."""
    project = (await client.post(PROJECTS, json={"name": "p"})).headers["location"]
    content = b'{"name": "K", "value": "' + b"x" * (size - 26) + b'"}'

    assert len(content) == size
    problem(await post(client, content, f"{project}/secrets"), status, code)


MARKER = "MARKERq7Zx"


def strings_of(schema, document, marker):
    """Return a body in which every string is the marker, and every number and list contains it."""
    if "$ref" in schema:
        return strings_of(
            document["components"]["schemas"][schema["$ref"].split("/")[-1]], document, marker
        )
    if "anyOf" in schema:
        return strings_of(schema["anyOf"][0], document, marker)
    match schema.get("type"):
        case "object" if "properties" in schema:
            return {
                name: strings_of(each, document, marker)
                for name, each in schema["properties"].items()
            }
        case "object":
            return {marker: marker}
        case "array":
            return [marker, f" {marker}"]
        case _:
            return marker


def variants(body, marker):
    """Yield the body as it is and altered: unknown, duplicate or mistyped members, broken syntax."""
    yield json.dumps(body)
    yield json.dumps({**body, marker: marker})
    yield json.dumps({**body, f"a` - at `$.{marker}": 1})
    for name in body:
        for wrong in (5, [marker], {marker: marker}, f"x - at `$.{marker}`", f"{marker}\0", True):
            yield json.dumps({**body, name: wrong})
        yield json.dumps({key: value for key, value in body.items() if key != name})
        yield json.dumps(body)[:-1] + f', "{name}": "{marker}"' + "}"
    yield json.dumps(body)[:-3]
    yield json.dumps(marker)
    yield json.dumps([marker])
    yield marker


async def existing(client):
    """Return path parameters of existing objects, so that requests get as far as possible."""
    application = await client.post("/api/applications", json={"name": "a"})
    project = await client.post("/api/projects", json={"name": "p"})
    secret = await client.post(
        f"{project.headers['location']}/secrets", json={"name": "K", "value": "v"}
    )
    policy = await client.post(
        f"{project.headers['location']}/policies", json={"name": "P", "conditions": {}}
    )
    return {
        "policyId": policy.json()["id"],
        "applicationId": application.json()["id"],
        "projectId": project.json()["id"],
        "secretId": secret.json()["id"],
        "machineId": "00000000-0000-4000-8000-000000000000",
        "name": "strongroom.txt",
        "tokenId": "ent_aaaaaaaaaaaaaaaa",
        "trustId": "trust_aaaaaaaaaaaaaaaa",
        "webhookId": "hook_aaaaaaaaaaaaaaaa",
        "deliveryId": "dlv_aaaaaaaaaaaaaaaa",
        "allowlistEntryId": "net_aaaaaaaaaaaaaaaa",
        "vaultId": "vault_aaaaaaaaaaaaaaaa",
        "memberId": "mem_aaaaaaaaaaaaaaaa",
        "invitationId": "inv_aaaaaaaaaaaaaaaa",
        "accessRoleId": "arole_aaaaaaaaaaaaaaaa",
        "vaultRoleId": "vrole_aaaaaaaaaaaaaaaa",
        "capability": "machines.view",
        "accountId": "acc_aaaaaaaaaaaaaaaa",
        "planId": "plan_aaaaaaaaaaaaaaab",
        "passkeyId": "pky_aaaaaaaaaaaaaaaa",
        "keyId": "key_aaaaaaaaaaaaaaaa",
        "requestId": "login_aaaaaaaaaaaaaaaa",
        "sessionId": "ses_aaaaaaaaaaaaaaaa",
        "deviceId": "dev_aaaaaaaaaaaaaaaa",
        "shareId": "shr_aaaaaaaaaaaaaaaa",
        "dropBoxId": "drop_aaaaaaaaaaaaaaaa",
        "locator": "Zk3P0q8yT1m5X7cB2nR4vA",
        "entryId": (await client.get("/api/audit")).json()["items"][0]["id"],
    }


async def test_errors_do_not_repeat_input(client):
    """E-5: no response repeats a marker from any member, parameter or header of any operation."""
    document = (await client.get("/api/openapi.json")).json()
    objects = await existing(client)
    sent = errors = 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if operation["operationId"] in (
                "signOut",
                "signIn",
                "setUp",
                "signUp",
                "forgotPassword",
            ):
                continue
            target = path.format(**objects)
            schema = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if schema is None:
                # A stream of events lasts as long as the request says.
                end = "&seconds=0" if operation["operationId"] == "streamEntries" else ""
                queries = [
                    f"?{MARKER}={MARKER}{end}",
                    *(
                        f"?{each['name']}={MARKER}{end if each['name'] != 'seconds' else ''}"
                        for each in operation["parameters"]
                        if each.get("in") == "query"
                    ),
                ]
                requests = [
                    (f"{path.split('{')[0]}{MARKER}", None),
                    *((target + q, None) for q in queries),
                ]
            else:
                body = strings_of(schema["schema"], document, MARKER)
                requests = [(target, content) for content in variants(body, MARKER)]
            for url, content in requests:
                response = await client.request(
                    method.upper(),
                    url,
                    content=content,
                    headers={
                        "User-Agent": MARKER,
                        "X-Anything": MARKER,
                        **(JSON if content else {}),
                    },
                )
                sent += 1
                assert response.status_code < 500, (method, url, content, response.text)
                if response.status_code >= 400:
                    errors += 1
                    assert MARKER not in response.text, (method, url, content, response.text)
                    assert MARKER not in str(response.headers)

    assert sent > 400
    assert errors > 300


async def test_sign_in_and_setup_do_not_repeat_input(app, connect):
    """E-5: sign-in and setup responses repeat no marker. Each request comes from a different address."""
    document = (await (await connect(app)).get("/api/openapi.json")).json()
    for path in ("/api/session", "/api/setup"):
        operation = document["paths"][path]["post"]
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        for content in variants(strings_of(schema, document, MARKER), MARKER):
            client = await connect(app)
            response = await client.post(path, content=content.encode(), headers=JSON)

            assert 400 <= response.status_code < 500, response.text
            assert MARKER not in response.text, content


async def test_headers_are_not_repeated(client, problem):
    """E-5: no response repeats a marker from any header that the server reads."""
    for name in (
        "Origin",
        "X-Strongroom-Client",
        "X-Strongroom-Vault",
        "If-Match",
        "Cookie",
        "Content-Type",
    ):
        response = await client.patch(
            "/api/projects/proj_aaaaaaaaaaaaaaaa",
            content=b'{"name": "x"}',
            headers={**JSON, name: f"<{MARKER}>"},
        )

        assert 400 <= response.status_code < 500
        assert MARKER not in response.text
