"""Setup, sign-in, the session, step-up and sign-out over HTTP (A-1, A-4, A-5, A-6, A-10)."""

from datetime import timedelta
from http.cookies import SimpleCookie

import pytest

from strongroom_api.app import create_app
from strongroom_api.process import Process
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.settings import Settings


def cookies_of(response):
    return {
        morsel.key: morsel
        for header in response.headers.get_list("set-cookie")
        for morsel in SimpleCookie(header).values()
    }


async def test_the_link_of_init_makes_the_operator_once(stranger, cluster, markers, problem):
    """A-1: the one-time token creates an account with a vault, and a second use is rejected."""
    body = {
        "token": cluster.initialised.setup_token,
        "email": "ada@example.org",
        "username": "ada",
        "password": markers.password(),
    }

    made = await stranger.post("/api/setup", json=body)
    again = await stranger.post("/api/setup", json=body | {"email": "b@example.org"})
    logged_in = await stranger.post(
        "/api/session", json={"email": "ada@example.org", "password": body["password"]}
    )

    assert made.status_code == 201
    assert made.json() == {"username": "ada", "vaultId": logged_in.json()["vaultId"]}
    assert "set-cookie" not in made.headers
    problem(again, 403, "setup_link")


async def test_set_up_names_the_member_that_is_wrong(stranger, cluster, markers, problem):
    """A-1: the error points to the invalid username, and the link still works afterwards."""
    body = {
        "token": cluster.initialised.setup_token,
        "email": "ada@example.org",
        "username": "?",
        "password": markers.password(),
    }

    refused = await stranger.post("/api/setup", json=body)
    made = await stranger.post("/api/setup", json=body | {"username": "ada"})

    assert problem(refused, 400, "invalid")["field"] == "username"
    assert made.status_code == 201


async def test_signing_in_sets_two_cookies_and_shows_no_token(stranger, owner):
    """A-4: the session's token is in an HttpOnly cookie and nowhere in the body.

    The cookie of a sign-in between its two steps is removed.
    """
    response = await stranger.post(
        "/api/session", json={"email": owner.email, "password": owner.password}
    )

    cookies = cookies_of(response)
    session, device = cookies["strongroom"], cookies["strongroom-device"]
    step = cookies["strongroom-step"]

    assert response.status_code == 200
    assert response.json().keys() == {"username", "vaultId", "expiresAt", "secondFactors"}
    assert response.json()["secondFactors"] == []
    assert response.json()["vaultId"] == owner.vault
    assert session.value not in response.text
    assert device.value not in response.text
    assert len(cookies) == 3
    assert (step.value, step["max-age"]) == ("", "0")
    for each in (session, device):
        assert (
            each["httponly"],
            each["secure"],
            each["samesite"],
            each["path"],
            each["domain"],
        ) == (
            True,
            "",
            "lax",
            "/",
            "",
        )
    assert session["max-age"] == ""
    assert device["max-age"] == str(365 * 24 * 3600)


async def test_over_tls_the_cookies_are_bound_to_the_host(core, owner, connect):
    """A-4: with an https public URL, cookies have the `__Host-` prefix and `Secure`."""
    url = "https://strongroom.example"
    core.settings = Settings(public_url=url)
    client = await connect(
        create_app(Process(core)), {"Origin": url, "X-Strongroom-Client": "tests"}
    )

    response = await client.post(
        "/api/session", json={"email": owner.email, "password": owner.password}
    )
    cookies = cookies_of(response)

    assert cookies.keys() == {
        "__Host-strongroom",
        "__Host-strongroom-device",
        "__Host-strongroom-step",
    }
    assert all(each["secure"] for each in cookies.values())
    assert response.headers["strict-transport-security"].startswith("max-age=31536000")


@pytest.mark.parametrize("wrong", ["password", "email"])
async def test_wrong_passwords_and_unknown_emails_look_the_same(stranger, owner, problem, wrong):
    """A-6: the response doesn't reveal whether the account exists."""
    body = {"email": owner.email, "password": owner.password}

    response = await stranger.post("/api/session", json=body | {wrong: "nobody@example.org"})
    found = problem(response, 401, "wrong_credentials")

    assert (
        found["detail"]
        == "wrong email or password, or too many attempts; wait a few minutes and try again"
    )
    assert "set-cookie" not in response.headers


async def test_unknown_devices_wait_after_five_failures(stranger, owner, problem):
    """A-6: the sixth attempt within 15 minutes is rejected with the number of seconds to wait."""
    body = {"email": owner.email, "password": "not the password"}
    for _ in range(5):
        await stranger.post("/api/session", json=body)

    response = await stranger.post("/api/session", json=body)

    problem(response, 429, "too_many")
    assert 0 < int(response.headers["retry-after"]) <= 15 * 60 + 1


async def test_a_known_device_can_sign_in_during_a_lockout(stranger, owner, client):
    """A-6: a known device has its own counter, so unknown clients can't lock it out."""
    for _ in range(6):
        await stranger.post("/api/session", json={"email": owner.email, "password": "guess"})

    response = await client.post(
        "/api/session", json={"email": owner.email, "password": owner.password}
    )

    assert response.status_code == 200


async def test_unknown_clients_get_20_requests_a_minute_per_route(app, connect, problem):
    """A-10: a network's 21st request to one route is rejected before its body is read."""
    client = await connect(app)
    for _ in range(20):
        response = await client.post("/api/session", content=b"{", headers={"Content-Type": "a/b"})

        problem(response, 415, "unsupported_media_type")

    refused = await client.post("/api/session", content=b"{")
    elsewhere = await client.post("/api/setup", json={})
    other = await (await connect(app)).post("/api/session", json={})

    problem(refused, 429, "too_many")
    assert 0 < int(refused.headers["retry-after"]) <= 61
    problem(elsewhere, 400, "invalid")
    problem(other, 400, "invalid")


async def test_the_session_is_shown(client, owner):
    """A-8: the response shows which vault the session acts in."""
    response = await client.get("/api/session")

    assert response.status_code == 200
    found = response.json()
    assert found.keys() == {
        "username",
        "vaultId",
        "vaultName",
        "operator",
        "authenticatedAt",
        "expiresAt",
        "secondFactors",
    }
    assert (found["username"], found["vaultId"], found["operator"]) == ("ada", owner.vault, True)
    assert found["authenticatedAt"].endswith("Z")


async def test_step_up_renews_the_confirmation_and_the_token(client, core, owner):
    """A-5: after ten minutes a purge needs the password again; confirming it also sets a new cookie."""
    made = await client.post("/api/projects", json={"name": "p"})
    path = f"/api/projects/{made.json()['id']}"
    await client.delete(f"{path}?confirmName=p")
    core.clock = MovableClock(core.clock.now() + timedelta(minutes=11))

    refused = await client.post(f"{path}/purge")
    before = client.cookies["strongroom"]
    proof = await client.post("/api/session/step-up", json={"password": owner.password})
    purged = await client.post(f"{path}/purge")

    assert (refused.status_code, refused.json()["code"]) == (403, "step_up_required")
    assert proof.status_code == 200
    assert proof.json().keys() == {"authenticatedAt", "expiresAt"}
    assert client.cookies["strongroom"] != before
    assert client.cookies["strongroom"] not in proof.text
    assert purged.status_code == 202


async def test_step_up_rejects_a_wrong_password(client, problem):
    """A-5: a wrong password leaves the session unchanged."""
    response = await client.post("/api/session/step-up", json={"password": "not it"})
    after = await client.get("/api/session")

    found = problem(response, 401, "wrong_credentials")
    assert found["detail"].startswith("wrong password, or too many attempts;")
    assert "set-cookie" not in response.headers
    assert after.status_code == 200


async def test_log_out_ends_the_session_and_clears_the_browser(client, problem):
    """A-4: after sign-out the old cookie is invalid, and the browser is asked to delete it."""
    token = client.cookies["strongroom"]

    response = await client.delete("/api/session")
    expired = cookies_of(response)["strongroom"]
    after = await client.get("/api/session", headers={"Cookie": f"strongroom={token}"})

    assert response.status_code == 204
    assert response.content == b""
    assert response.headers["clear-site-data"] == '"cache", "storage"'
    assert (expired.value, expired["max-age"]) == ("", "0")
    problem(after, 401, "not_authenticated")


async def test_a_session_ends_by_itself(client, core, problem):
    """A-4: an idle session ends after 30 minutes."""
    core.clock = MovableClock(core.clock.now() + timedelta(minutes=31))

    problem(await client.get("/api/session"), 401, "not_authenticated")


BAD_COOKIES = [
    None,
    "",
    "strongroom=",
    "strongroom=srs_nonsense",
    "other=1",
    "strongroom",
    "Strongroom={token}",
    "__Host-strongroom={token}",
    "strongroom={token}; strongroom={token}",
    "strongroom=x; strongroom={token}",
    "strongroom={token}x",
    'strongroom="{token}"',
    "strongroom=\xff\xfe",
    "strongroom=" + "a" * 100_000,
    ";" * 10_000,
    "=; ==; a=b=c",
]


async def test_invalid_cookies(app, connect, client, problem):
    """A-4: unless there is exactly one session cookie with a live token, the response is 401."""
    for cookie in BAD_COOKIES:
        other = await connect(app)
        token = client.cookies["strongroom"]
        text = (cookie or "").replace("{token}", token)
        headers = {} if cookie is None else {"Cookie": text.encode("latin-1")}

        problem(await other.get("/api/session", headers=headers), 401, "not_authenticated")
        problem(
            await other.post("/api/projects", headers=headers, json={"name": "x"}),
            401,
            "not_authenticated",
        )


async def test_other_programs_cookies(app, connect, client):
    """A-4: cookies of other programs on the same host don't interfere."""
    other = await connect(app)
    cookie = f"a=1; strongroom={client.cookies['strongroom']}; strongroom-device=x; b"

    response = await other.get("/api/session", headers={"Cookie": cookie})

    assert response.status_code == 200
