"""Health checks, and the responses of a server that isn't ready (E-2, H-4)."""

import pytest

from strongroom_api.app import create_app
from strongroom_api.process import Process
from strongroom_core.db.connection import connect as connect_to
from strongroom_core.runtime.unseal import unseal

EVERYTHING_ELSE = [
    ("GET", "/api/session"),
    ("POST", "/api/session"),
    ("POST", "/api/setup"),
    ("GET", "/api/projects"),
    ("GET", "/api/openapi.json"),
    ("GET", "/nowhere"),
    ("OPTIONS", "/api/projects"),
]


async def states(client):
    return [
        ((await client.get(path)).status_code, (await client.get(path)).json())
        for path in ("/health", "/health/live", "/health/ready")
    ]


async def test_an_unsealed_server_is_well(stranger):
    """H-4: every health endpoint reports `ok`."""
    ok = {"status": "ok"}

    assert await states(stranger) == [(200, ok), (200, ok), (200, ok)]


async def test_a_sealed_server_serves_only_health(sealed_core, connect, problem):
    """E-2: without a root key everything but health returns 503, until the server is unsealed."""
    client = await connect(create_app(Process(sealed_core)))
    sealed = {"status": "sealed"}

    assert await states(client) == [(503, sealed), (200, {"status": "ok"}), (503, sealed)]
    for method, path in EVERYTHING_ELSE:
        response = await client.request(method, path)

        problem(response, 503, "sealed")
        assert int(response.headers["retry-after"]) > 0


async def test_unsealing_takes_effect_immediately(sealed_core, cluster, connect):
    """E-2: the first request after unsealing is served."""
    client = await connect(create_app(Process(sealed_core)))
    await unseal(sealed_core, cluster.root)

    assert (await client.get("/health/ready")).status_code == 200
    assert (await client.get("/api/openapi.json")).status_code == 200


@pytest.mark.parametrize(
    ("problem_text", "status", "overall", "code"),
    [
        (None, "not_initialised", 503, "not_initialised"),
        ("the database is unreachable", "degraded", 200, "unavailable"),
    ],
)
async def test_a_server_without_a_core_reports_the_reason(
    connect, problem, problem_text, status, overall, code
):
    """H-4: a server that isn't initialized and one waiting for its database respond differently."""
    client = await connect(create_app(Process(None, problem_text)))
    body = {"status": status}

    assert await states(client) == [(overall, body), (200, {"status": "ok"}), (503, body)]
    for method, path in EVERYTHING_ELSE:
        problem(await client.request(method, path), 503, code)


async def test_a_lost_database_is_reported(cluster, database, stranger, client):
    """H-4: health reports `degraded`, readiness is 503, and requests get 503 with Retry-After."""
    administrator = await connect_to(cluster.administrator_url("postgres"))
    await administrator.execute(f"alter database {database} connection limit 0")
    await administrator.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", database
    )
    await administrator.close()

    degraded = {"status": "degraded"}
    assert await states(stranger) == [(200, degraded), (200, {"status": "ok"}), (503, degraded)]
    response = await client.get("/api/projects")
    assert response.status_code == 503
    assert response.json()["code"] in ("unavailable", "busy")
    assert int(response.headers["retry-after"]) > 0
    assert int((await stranger.get("/health/ready")).headers["retry-after"]) > 0


async def test_health_rejects_queries_and_other_methods(stranger, problem):
    """H-4: health accepts no query and no method but GET."""
    problem(await stranger.get("/health?verbose=1"), 400, "invalid")
    problem(await stranger.post("/health", json={}), 405, "method_not_allowed")
