"""Outgoing requests reach only addresses that were checked (SSRF, N-3)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from strongroom_core.outbound.addresses import contained_ipv4, is_denied
from strongroom_core.outbound.destination import AllowedHosts, UnusableDestination
from strongroom_core.outbound.sender import NotSent, Reason, Sender
from strongroom_testkit.outside import Outside, answer, silence, trickle

PUBLIC = "8.8.4.4"

DENIED_URLS = [
    f"https://{host}/"
    for host in (
        *("127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1"),
        *("017700000001", "0", "0.0.0.0", "00.0.0.0", "127.0.0.1.", "[::]", "[::1]", "[0:0::1]"),
        *("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]"),
        *("[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]"),
        *("[fe80::1%25lo]", "[fe80::1]", "[fd00:ec2::254]", "[fc00::1]", "[ff02::1]", "[fec0::1]"),
        *("[5f00::1]", "[3fff::1]", "[100::1]", "localhost", "localhost.", "LOCALHOST"),
        *("foo.localhost", "169.254.169.254", "169.254.169.254.", "168.63.129.16"),
        *("100.100.100.200", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
        *("192.0.0.192", "198.18.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1"),
        *("user@127.0.0.1", "good.example@127.0.0.1", "127.0.0.1#@good.example"),
        *("127.0.0.1\\@good.example", "①②⑦.⓪.⓪.①", "１２７.0.0.1", "127。0。0。1"),
        *("metadata.google.internal", "good.example:22", "good.example:0", "good.example:99999"),
        *("", " good.example", "good .example", "%6c%6fcalhost", "good.example%00.evil.example"),
        *("0x7f.1", "1.2.3.0x4", "own.example", f"{'a' * 64}.example", "a..example", "-.example"),
    )
]
"""Spellings of hosts that aren't allowed."""

OTHER_URLS = [
    "http://good.example/",
    "HTTPS://good.example/",
    "file:///etc/passwd",
    "gopher://good.example/",
    "ftp://good.example/",
    "//good.example/",
    "good.example",
    "https:/good.example/",
    "https:///good.example/",
    "https://good.example/\r\nX: y",
    "https://good.example/ x",
    "https://good.example/#fragment",
    "https://good.example/é",
    "https://good.example\\x",
    "https://good.example/" + "a" * 2048,
]

DENIED_ADDRESSES = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.255"),
    *("169.254.169.254", "172.16.0.1", "192.0.0.8", "192.0.0.192", "192.0.2.1", "192.31.196.1"),
    *("192.52.193.1", "192.88.99.1", "192.168.0.1", "192.175.48.1", "198.18.0.1", "198.19.255.255"),
    *("198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1"),
    *("255.255.255.255", "168.63.129.16", "::", "::1", "::7f00:1", "::ffff:127.0.0.1"),
    *("::ffff:0:127.0.0.1", "64:ff9b::808:808", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1"),
    *("2001::1", "2001:0:7f00:1::", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:808:808::1"),
    *("2002:7f00:1::", "3fff::1", "4000::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1"),
    *("fe80::1%lo", "2606:4700::1%lo", "fec0::1", "ff02::1", "::ffff:10.0.0.1"),
]
ALLOWED_ADDRESSES = [
    *("8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1"),
    *("192.167.0.1", "223.255.255.255", "2606:4700::1", "2001:4860:4860::8888", "2a01:4f8::1"),
    "::ffff:8.8.8.8",
]

SILENT = "8.8.4.9"
"""A public address at which nobody answers."""

REBINDING = {
    "changes after the check": [[PUBLIC], ["127.0.0.1"]],
    "alternates": [[PUBLIC], ["10.0.0.1"]] * 4,
    "falls back to a second record": [[SILENT, "169.254.169.254"]],
    "hides in the other family": [[PUBLIC, "::1"], ["fd00:ec2::254", PUBLIC], ["64:ff9b::7f00:1"]],
    "wrapped in IPv6": [["::ffff:8.8.4.4", "::ffff:127.0.0.1"]],
}
"""Answers of a name server that belongs to an attacker, in the order in which they are given."""


@pytest.fixture
async def outside(tmp_path: Path) -> AsyncIterator[Outside]:
    async with Outside(tmp_path) as outside:
        yield outside


@pytest.mark.parametrize("address", DENIED_ADDRESSES)
def test_special_addresses_are_denied(address: str) -> None:
    """N-3: private, reserved and wrapped addresses are denied."""
    assert is_denied(ip_address(address))


@pytest.mark.parametrize("address", ALLOWED_ADDRESSES)
def test_public_addresses_are_allowed(address: str) -> None:
    """N-3: nothing else is denied."""
    assert not is_denied(ip_address(address))


def test_private_addresses_are_denied() -> None:
    """N-3: the list covers every network that Python considers not global, and more."""
    sample = [ip_address(f"{first}.{second}.0.7") for first in range(256) for second in range(256)]

    assert [each for each in sample if not each.is_global and not is_denied(each)] == []
    assert len([each for each in sample if is_denied(each)]) > 8000


def test_an_allow_list_never_opens_metadata_addresses() -> None:
    """N-3: the administrator can allow private networks, but not link-local ones or metadata."""
    everything = (ip_network("0.0.0.0/0"), ip_network("::/0"))
    always = [
        "169.254.169.254",
        "168.63.129.16",
        "fd00:ec2::254",
        "224.0.0.1",
        "fe80::1",
        "0.0.0.0",
    ]

    assert [each for each in always if not is_denied(ip_address(each), everything)] == []
    assert not is_denied(ip_address("10.0.0.1"), everything)
    assert not is_denied(ip_address("::ffff:10.0.0.1"), everything)
    assert is_denied(ip_address("64:ff9b::a00:1"), everything)
    assert contained_ipv4(ip_address("2002:a00:1::")) == ip_address("10.0.0.1")  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("url", DENIED_URLS + OTHER_URLS)
async def test_no_spelling_of_a_url_gets_through(outside: Outside, url: str) -> None:
    """N-3: no connection is opened, regardless of the name server's answer."""
    for name in ("localhost", "metadata.google.internal", "own.example", "good.example"):
        outside.names[name] = [["127.0.0.1"]]

    with pytest.raises(NotSent):
        await outside.sender(own_hosts=["own.example"]).send("GET", url)
    assert outside.connected == []


@pytest.mark.parametrize("address", DENIED_ADDRESSES)
async def test_no_name_leads_to_a_denied_address(outside: Outside, address: str) -> None:
    """N-3: one denied address among a name's addresses is enough."""
    outside.names = {"alone.example": [[address]], "mixed.example": [[PUBLIC, address]]}

    for name in outside.names:
        with pytest.raises(NotSent, match="denied_address"):
            await outside.sender().send("GET", f"https://{name}/")
    assert outside.connected == []


async def test_a_name_is_resolved_once(outside: Outside) -> None:
    """N-3: the name is never resolved again, which prevents DNS rebinding."""
    await outside.serve("rebind.example", PUBLIC, {"/": answer(200, b"hello")})
    outside.names["rebind.example"] = [[PUBLIC], ["127.0.0.1"]]
    sender = outside.sender()

    assert (await sender.send("GET", "https://rebind.example/")).body == b"hello"
    assert outside.connected == [PUBLIC]
    with pytest.raises(NotSent, match="denied_address"):
        await sender.send("GET", "https://rebind.example/")
    assert outside.connected == [PUBLIC]


@pytest.mark.parametrize("answers", REBINDING.values(), ids=REBINDING)
async def test_no_rebinding_pattern_gets_through(
    outside: Outside, answers: list[list[str]]
) -> None:
    """N-3: a name server that changes or mixes its answers gets no connection to a denied address."""
    await outside.serve("rebind.example", PUBLIC, {"/": answer(200)})
    outside.names["rebind.example"] = [list(each) for each in answers]
    sender = outside.sender()
    results = [await _works(sender, "https://rebind.example/") for _ in range(8)]

    assert {PUBLIC, SILENT} >= set(outside.connected)
    assert False in results


async def test_no_redirect_leads_anywhere(outside: Outside) -> None:
    """N-3: after a redirect, no second connection is opened, however its target is spelled."""
    targets = [
        url for url in (*DENIED_URLS, "//127.0.0.1/", "http://127.0.0.1/", "file:///") if url
    ]
    redirects = {
        f"/{number}": answer(302, b"", ("Location", url)) for number, url in enumerate(targets)
    }
    await outside.serve("r.example", PUBLIC, redirects)
    sender = outside.sender()
    for path in redirects:
        with pytest.raises(NotSent, match="redirect"):
            await sender.send("GET", f"https://r.example{path}")

    assert [PUBLIC] * len(targets) == outside.connected


async def test_a_redirect_is_not_followed(outside: Outside) -> None:
    """N-3: redirects are rejected, no matter where they lead."""
    away = ("Location", "https://169.254.169.254/latest")
    statuses = (300, 301, 302, 303, 304, 307, 308)
    await outside.serve(
        "r.example", PUBLIC, {f"/{each}": answer(each, b"", away) for each in statuses}
    )
    for status in statuses:
        with pytest.raises(NotSent, match="redirect"):
            await outside.sender().send("GET", f"https://r.example/{status}")
    assert set(outside.connected) == {PUBLIC}


async def test_proxies_of_the_environment_are_ignored(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """N-3: a proxy would resolve the name itself."""
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    await outside.serve("p.example", PUBLIC, {"/": answer(200)})

    assert (await outside.sender().send("GET", "https://p.example/")).status == 200
    assert outside.connected == [PUBLIC]


async def test_the_certificate_must_be_for_the_name(outside: Outside) -> None:
    """N-3: TLS checks the name, although the connection is to an address."""
    await outside.serve("real.example", PUBLIC, {}, certificate_for="other.example")

    with pytest.raises(NotSent) as refused:
        await outside.sender().send("GET", "https://real.example/")
    assert refused.value.reason is Reason.TLS


async def test_slow_and_endless_answers_end(outside: Outside) -> None:
    """N-3: requests without a response, and slow or large bodies, are cut off."""
    await outside.serve("slow.example", "8.8.4.1", {"/": silence()})
    await outside.serve("drip.example", "8.8.4.2", {"/": trickle()})
    await outside.serve("large.example", "8.8.4.3", {"/": answer(200, b"x" * 70_000)})
    sender = outside.sender(total_seconds=0.5)
    reasons: dict[str, Reason] = {}
    async with asyncio.timeout(10):
        for name in ("slow.example", "drip.example", "large.example", "gone.example"):
            with pytest.raises(NotSent) as refused:
                await sender.send("GET", f"https://{name}/")
            reasons[name] = refused.value.reason

    assert reasons == {
        "slow.example": Reason.TIMEOUT,
        "drip.example": Reason.TIMEOUT,
        "large.example": Reason.TOO_LARGE,
        "gone.example": Reason.UNRESOLVED,
    }


async def test_the_next_address_is_tried(outside: Outside) -> None:
    """A host works even if one of its addresses doesn't respond."""
    await outside.serve("two.example", PUBLIC, {"/": answer(204)})
    outside.names["two.example"] = [["8.8.4.9", PUBLIC]]

    assert (await outside.sender().send("GET", "https://two.example/")).status == 204
    assert outside.connected == ["8.8.4.9", PUBLIC]


async def test_the_administrator_can_allow_private_hosts(outside: Outside) -> None:
    """N-3: the administrator can allow hosts by name, by name and port, or by network."""
    await outside.serve("git.internal", "10.1.2.3", {"/": answer(200)})
    url, other = "https://git.internal/", "https://git.internal:9443/"
    expected = {
        "": (False, False),
        "git.internal": (True, False),
        "git.internal:9443": (False, True),
        "10.1.0.0/16": (True, False),
        "10.2.0.0/16, other.internal": (False, False),
        "10.1.2.3, git.internal:9443": (True, True),
    }
    for allowed, works in expected.items():
        sender = outside.sender(allowed)

        assert (await _works(sender, url), await _works(sender, other)) == works, allowed


async def _works(sender: Sender, url: str) -> bool:
    try:
        return (await sender.send("GET", url)).status == 200
    except NotSent:
        return False


@pytest.mark.parametrize(
    "text",
    [
        *("169.254.169.254", "fe80::/10", "224.0.0.0/8", "10.0.0.1/8", "10.0.0.0/33", "a b"),
        *("0x7f.1", "host:0", "host:99999", "host:x", "https://host", "[::1]:443", "*.internal"),
    ],
)
def test_an_invalid_allowlist_is_rejected(text: str) -> None:
    """N-3: an ambiguous or invalid entry is an error."""
    with pytest.raises(UnusableDestination):
        AllowedHosts.parse(text)


async def test_the_real_resolver_and_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """N-3: with the real resolver and network, this computer's names are rejected as well."""

    def loopback(*_arguments: Any, **_options: Any) -> list[Any]:
        return [(2, 1, 6, "", ("127.0.0.1", 443))]

    monkeypatch.setattr("socket.getaddrinfo", loopback)

    with pytest.raises(NotSent, match="denied_address"):
        await Sender().send("GET", "https://looks-public.example/")
