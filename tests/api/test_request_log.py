"""Each request is logged as one line that contains nothing the client sent (H-4, E-5)."""

from structlog.testing import capture_logs

from strongroom_core.db.connection import connect as connect_to


async def test_each_request_logs_one_line(client):
    """H-4: a line shows method, template, status, time, address and request ID; no query, body or header."""
    marker = "MARKER-logged"
    with capture_logs() as lines:
        response = await client.get(
            f"/api/projects/{marker}?{marker}={marker}", headers={"X-Anything": marker}
        )
        await client.post("/api/projects", json={"name": marker, marker: marker})
        await client.get("/nowhere")

    assert [line["event"] for line in lines] == ["request"] * 3
    assert [line["route"] for line in lines] == ["/api/projects/{project_id}", "/api/projects", "-"]
    assert [line["status"] for line in lines] == [400, 400, 404]
    assert lines[0]["request_id"] == response.headers["x-request-id"]
    assert lines[0].keys() == {
        "event",
        "log_level",
        "request_id",
        "method",
        "route",
        "status",
        "ms",
        "address",
    }
    assert marker not in str(lines)


async def test_unexpected_errors_reveal_no_details(client, cluster, database, problem):
    """E-5: neither the response nor the log repeats the database's message about the row."""
    administrator = await connect_to(cluster.administrator_url(database))
    await administrator.execute(
        "alter table project add constraint surprise check (name not like 'MARKER%')"
    )
    await administrator.close()

    with capture_logs() as lines:
        response = await client.post("/api/projects", json={"name": "MARKER-row"})

    found = problem(response, 500, "internal_error")
    assert found["detail"] == "internal error; look up the request ID in the server's log"
    assert [line["event"] for line in lines] == ["unexpected error", "request"]
    assert lines[0]["request_id"] == found["requestId"]
    assert "MARKER" not in str(lines)


async def test_the_address_is_the_proxys_word_only_if_the_proxy_is_trusted(client):
    """A-10: an unknown client's X-Forwarded-For has no effect (CVE-2025-59152)."""
    with capture_logs() as lines:
        await client.get("/health/live", headers={"X-Forwarded-For": "203.0.113.9"})

    assert lines[0]["address"].startswith("127.")
