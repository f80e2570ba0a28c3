"""Only listed networks can read the metrics; for all others the path doesn't exist (H-4)."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from strongroom_api.app import create_app
from strongroom_api.process import Process
from strongroom_core.settings import Settings
from strongroom_testkit.raw_requests import Answer, Pairs, send

OUTSIDE = "192.0.2.7"
PROXY = "10.0.0.5"


async def get(app: Any, address: str, headers: Pairs | None = None, **other: Any) -> Answer:
    target, method = other.get("target", b"/metrics"), other.get("method", "GET")
    return await send(app, method, target, headers or [], address=address)


def told(answer: Answer) -> tuple[Any, ...]:
    """Return a response's content, without the request ID, which is different each time."""
    request = answer.headers["x-request-id"]
    headers = {name: text for name, text in answer.headers.items() if text != request}
    return answer.status, headers, answer.body.replace(request.encode(), b"")


@pytest.fixture
def with_settings(core):
    """The application of a server with other settings."""

    def with_settings(**changed: Any) -> Any:
        core.settings = replace(core.settings, **changed)
        return create_app(Process(core))

    return with_settings


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
async def test_loopback_addresses_can_read(app, address):
    """H-4: by default, loopback addresses can read the metrics."""
    assert (await get(app, address)).status == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (b"localhost:8200", 200),
        (b"LOCALHOST", 200),
        (b"127.0.0.1:8200", 200),
        (b"[::1]:8200", 200),
        (b"rebound.example", 404),
        (b"rebound.example:8200", 404),
        (b"localhost.rebound.example", 404),
        (b"127.0.0.1.rebound.example", 404),
        (b"localhost@rebound.example", 404),
        (b"", 404),
    ],
)
async def test_dns_rebinding(app, host, status):
    """H-4: a page that reaches this machine through its own host name (DNS rebinding) gets nothing."""
    assert (await get(app, "127.0.0.1", [(b"host", host)])).status == status


@pytest.mark.parametrize("address", [OUTSIDE, "10.0.0.1", "2001:db8::1", "::", "0.0.0.0"])
@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", b"/metrics"),
        ("HEAD", b"/metrics"),
        ("POST", b"/metrics"),
        ("OPTIONS", b"/metrics"),
        ("GET", b"/metrics?x=1"),
    ],
)
async def test_unlisted_addresses_get_404(app, address, method, target):
    """H-4: the response is byte for byte the same as for an unknown path."""
    unknown = target.replace(b"metrics", b"nowhere")
    found = await get(app, address, method=method, target=target)
    nothing = await get(app, address, method=method, target=unknown)

    assert found.status == 404
    assert told(nothing) == told(found)


async def test_unlisted_addresses_of_a_sealed_server(sealed_core):
    """E-2: while the server is sealed, unlisted addresses get the same response as on every path."""
    app = create_app(Process(sealed_core))
    found = await get(app, OUTSIDE)

    assert found.status == 503
    assert told(await get(app, OUTSIDE, target=b"/nowhere")) == told(found)
    assert (await get(app, "127.0.0.1")).status == 200


@pytest.mark.parametrize(
    "header",
    [
        (b"x-forwarded-for", b"203.0.113.9"),
        (b"x-forwarded-for", b"127.0.0.1"),
        (b"x-forwarded-for", b""),
        (b"forwarded", b"for=203.0.113.9"),
        (b"via", b"1.1 proxy"),
        (b"x-forwarded-host", b"strongroom.example"),
        (b"x-forwarded-proto", b"https"),
        (b"cf-connecting-ip", b"203.0.113.9"),
        (b"x-real-ip", b"203.0.113.9"),
    ],
)
async def test_an_untrusted_proxy_on_this_machine(app, header):
    """H-4, A-10: an untrusted proxy on this machine doesn't expose the metrics to the world."""
    assert (await get(app, "127.0.0.1", [header])).status == 404


@pytest.mark.parametrize(
    ("peer", "header", "status"),
    [
        (PROXY, (b"x-forwarded-for", b"192.0.2.7"), 200),
        (PROXY, (b"x-forwarded-for", b"203.0.113.9"), 404),
        # A client can write anything to the left of the last untrusted address, so that part is ignored.
        (PROXY, (b"x-forwarded-for", b"192.0.2.7, 203.0.113.9"), 404),
        # A proxy's loopback isn't ours, and without a forwarded address the client is unknown.
        (PROXY, (b"x-forwarded-for", b"127.0.0.1"), 404),
        (PROXY, (b"forwarded", b"for=192.0.2.7"), 404),
        (PROXY, (b"x-forwarded-for", b"rubbish"), 404),
        # An untrusted proxy has no influence.
        ("203.0.113.9", (b"x-forwarded-for", b"192.0.2.7"), 404),
        ("192.0.2.7", (b"x-forwarded-for", b"192.0.2.8"), 404),
    ],
)
async def test_behind_a_trusted_proxy(with_settings, peer, header, status):
    """H-4, A-10: the networks are compared with the address the request really came from."""
    app = with_settings(
        trusted_proxies=(ip_network("10.0.0.0/24"),),
        metrics_from=(ip_network("192.0.2.0/24"), ip_network("127.0.0.0/8")),
    )

    assert (await get(app, peer, [header])).status == status


async def test_a_listed_network_can_read(with_settings):
    """H-4: `STRONGROOM_METRICS_FROM` replaces the default."""
    app = with_settings(metrics_from=(ip_network("192.0.2.0/24"),))

    assert (await get(app, OUTSIDE)).status == 200
    assert (await get(app, "127.0.0.1")).status == 404


async def test_an_empty_list_closes_the_metrics(with_settings):
    """H-4: an empty list closes the metrics to everyone."""
    app = with_settings(metrics_from=())

    assert (await get(app, "127.0.0.1")).status == 404


async def test_settings_apply_before_the_database_is_available():
    """H-4: a server waiting for its database already applies the allowed networks and its proxies."""
    settings = Settings(
        metrics_from=(ip_network("192.0.2.0/24"),), trusted_proxies=(ip_network("10.0.0.0/24"),)
    )
    app = create_app(Process(None, "the server is starting", settings))

    assert (await get(app, OUTSIDE)).status == 200
    assert (await get(app, "127.0.0.1")).status == 503
    assert (await get(app, PROXY, [(b"x-forwarded-for", b"192.0.2.7")])).status == 200


async def test_behind_a_proxy_on_a_unix_socket(app):
    """H-4: behind a proxy on a Unix socket, every client would look local, so none is treated as local."""
    assert (await get(app, "local")).status == 404


async def test_unlisted_addresses_are_counted_as_unknown_paths(app, stranger):
    """H-4: not even the metrics reveal that an unlisted address requested them."""
    await get(app, OUTSIDE)
    text = (await stranger.get("/metrics")).text

    assert 'strongroom_request_seconds_count{operation="none",status="4xx"} 1.0' in text
