"""Links that can't be opened are alike in bytes, statements, Argon2 work and time (T-3)."""

from __future__ import annotations

import os
import re
import time
from random import Random  # noqa: TID251 -- an order, not a secret
from statistics import median
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from strongroom_core.crypto.password import PasswordCost, PasswordHasher
from strongroom_core.crypto.random import random_bytes
from strongroom_core.shares.listing import revoke_share
from strongroom_testkit.counting import Counting
from strongroom_testkit.hashing import CountingQueue
from strongroom_testkit.medians import difference
from strongroom_testkit.plans import set_limits
from strongroom_testkit.raw_requests import Answer, as_pairs, send

from .recipients import ORIGIN, WRONG, new_address, new_share

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from litestar import Litestar

    from strongroom_core.db.connection import OpenConnection
    from strongroom_testkit.world import World

PAIRS = int(os.environ.get("STRONGROOM_SHARE_PAIRS", "500"))
CHEAP = PasswordCost(memory=64, passes=1)
_ENTRY_ENDS = re.compile("(release|rollback to) savepoint")
AGENTS = (
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Slack-ImgProxy (+https://api.slack.com/robots)",
    "Twitterbot/1.0",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    "WhatsApp/2.23.20.0",
    "TelegramBot (like TwitterBot)",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
    "SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
    "Microsoft Office/16.0 (Microsoft Outlook 16.0.17328; Pro)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (Windows NT 5.1) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.0",
    "Mattermost-Bot/1.1",
    "Iframely/1.3.1 (+https://iframely.com/docs/about)",
    "curl/8.5.0",
)


async def opening(app: Litestar, locator: str, key: str, passphrase: str) -> Answer:
    """Send what the page sends, from a new address."""
    headers = {
        "Origin": ORIGIN,
        "X-Strongroom-Client": "link",
        "Content-Type": "application/json",
    }
    body = msgspec.json.encode({"linkKey": key, "passphrase": passphrase})
    target = f"/s/{locator}/open".encode()
    return await send(app, "POST", target, as_pairs(headers.items()), body, address=new_address())


async def links_without_a_value(
    app: Litestar, world: World, administrator: OpenConnection
) -> dict[str, Callable[[], Awaitable[Callable[[], Awaitable[Answer]]]]]:
    """For each reason, return a function that prepares an attempt, and returns a function that makes it."""
    made, _ = await new_share(world)
    await opening(app, made.locator, made.key, made.passphrase)
    destroyed, _ = await new_share(world)
    await opening(app, destroyed.locator, destroyed.key, WRONG)
    revoked, _ = await new_share(world)
    await revoke_share(world.core, world.owner, revoked.share.id)  # pyright: ignore[reportArgumentType]
    expired, _ = await new_share(world)
    await administrator.execute(
        "update share set expires_at = created_at where id = $1", expired.share.id
    )
    pending = [await new_share(world, tries=5)]

    async def wrong() -> Callable[[], Awaitable[Answer]]:
        left = await administrator.fetchval(
            "select tries_left from share where id = $1", pending[0][0].share.id
        )
        if not left:
            pending[0] = await new_share(world, tries=5)
        return attempt_at(pending[0][0])

    async def never() -> Callable[[], Awaitable[Answer]]:
        locator = random_bytes(16).hex()[:21] + "A"
        return lambda: opening(app, locator, made.key, WRONG)

    def attempt_at(share: Any) -> Callable[[], Awaitable[Answer]]:
        return lambda: opening(app, share.locator, share.key, WRONG)

    def ended(share: Any) -> Callable[[], Awaitable[Callable[[], Awaitable[Answer]]]]:
        async def prepare() -> Callable[[], Awaitable[Answer]]:
            return attempt_at(share)

        return prepare

    return {
        "never existed": never,
        "used": ended(made),
        "expired": ended(expired),
        "revoked": ended(revoked),
        "destroyed": ended(destroyed),
        "wrong passphrase": wrong,
    }


async def test_same_bytes_statements_and_argon2_work(
    app: Litestar, world: World, administrator: OpenConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T-2, T-3: used, expired, revoked, wrong and unknown links get the same response after the same work."""
    queue = CountingQueue()
    monkeypatch.setattr(world.core, "passwords", PasswordHasher(queue, CHEAP))
    found: dict[str, tuple[Any, ...]] = {}
    for reason, prepare in (await links_without_a_value(app, world, administrator)).items():
        attempt = await prepare()
        counting, before = Counting(world.core.database), queue.computations
        with monkeypatch.context() as patch:
            patch.setattr(world.core, "database", counting)
            answer = await attempt()
        headers = {**answer.headers, "x-request-id": ""}
        body = re.sub(rb"req_[a-z0-9]+", b"", answer.body)
        # An entry about a link that never existed is written and rolled back; all others are kept.
        statements = [_ENTRY_ENDS.sub("end savepoint", each) for each in counting.all_statements]
        work = (counting.begun, statements, queue.computations - before)
        found[reason] = (answer.status, headers, body, work)
    same = found["never existed"]

    assert same[0] == 410
    assert same[3][2] == 1
    assert len(same[3][1]) > 3
    for reason, seen in found.items():
        assert seen == same, reason


@pytest.mark.prove
async def test_failures_take_equally_long(
    app: Litestar, world: World, administrator: OpenConnection
) -> None:
    """T-3: even if Argon2 is so cheap that it hides nothing, no reason takes longer than another.

    Prints the difference from the median for a link that never existed, with its 95% interval.
    """
    await set_limits(world.core, shares_per_day=None)
    reasons = await links_without_a_value(app, world, administrator)
    times: dict[str, list[float]] = {reason: [] for reason in reasons}
    random = Random(1)
    for _ in range(PAIRS):
        for reason in random.sample(list(reasons), len(reasons)):
            attempt = await reasons[reason]()
            started = time.perf_counter()
            answer = await attempt()
            times[reason].append(1000 * (time.perf_counter() - started))
            assert answer.status == 410
    base = times.pop("never existed")
    print(f"\n{PAIRS} rounds; a link that never existed: median {median(base):.3f} ms")
    for reason, spent in times.items():
        apart, low, high = difference(spent, base)
        print(f"{reason}: {apart:+.3f} ms (95% interval {low:+.3f} to {high:+.3f})")

        assert abs(apart) < 0.1 * median(base), reason


async def test_a_thousand_previews_use_nothing_up(app: Litestar, world: World) -> None:
    """T-2: GET, HEAD and OPTIONS requests, as chat and mail programs send them, leave the link unopened."""
    made, value = await new_share(world)
    paths = (
        f"/s/{made.locator}",
        f"/s/{made.locator}?utm_source=mail&fbclid=x",
        f"/s/{made.locator}/open",
    )
    absent = await send(app, "GET", b"/s/" + b"A" * 22, [], address=new_address())
    seen: set[tuple[str, int, bool]] = set()
    for number in range(1000):
        method, path = ("GET", "HEAD", "OPTIONS")[number % 3], paths[number // 3 % 3]
        headers = {"User-Agent": AGENTS[number % len(AGENTS)], "Accept": "*/*"}
        answer = await send(
            app, method, path.encode(), as_pairs(headers.items()), address=new_address()
        )
        same = answer.body == (absent.body if method == "GET" else b"")
        seen.add((method, answer.status, same or path.endswith("/open")))
    opened = await opening(app, made.locator, made.key, made.passphrase)

    assert seen == {
        *(("GET", status, True) for status in (200, 405)),
        *(("HEAD", status, True) for status in (200, 405)),
        ("OPTIONS", 204, True),
    }
    assert opened.json() == {"value": value}


async def test_a_sealed_server_shows_a_page(sealed_core: Any, connect: Any) -> None:
    """E-2, T-5: while the server is sealed, people who open a link get a page, and programs get a problem."""
    from strongroom_api.app import create_app  # noqa: PLC0415 -- only here
    from strongroom_api.process import Process  # noqa: PLC0415 -- the same

    for process in (Process(sealed_core), Process(None)):
        client = await connect(create_app(process))
        for path in ("/s/AAAAAAAAAAAAAAAAAAAAAA", "/d/AAAAAAAAAAAAAAAAAAAAAA"):
            shown = await client.get(path)
            assert shown.status_code == 503
            assert shown.headers["content-type"] == "text/html; charset=utf-8"
            assert shown.headers["retry-after"]
            assert "script-src" not in shown.headers["content-security-policy"]
            assert "style-src 'sha256-" in shown.headers["content-security-policy"]
            assert "<h1>Not available yet</h1>" in shown.text
            assert (await client.head(path)).content == b""
        told = await client.post("/s/AAAAAAAAAAAAAAAAAAAAAA/open", json={})
        assert told.headers["content-type"] == "application/problem+json"
        assert (await client.get("/api/session")).status_code == 503
