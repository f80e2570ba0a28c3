"""Several programs of one machine watch the same secret, and each is told of each change, once (R-7)."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from functools import partial

from .scripted_server import Answer, pass_on, scripted
from .stage import Stage
from .terminal import GENEROUS_SECONDS, POLL_SECONDS, PROGRAMS

STRONGROOM = str(PROGRAMS / "strongroom")
SCRIPT = 'trap "exit 0" TERM; echo "value $API_KEY"; while :; do sleep 0.05; done'
RUN = ("run", "-p", "billing", "--only", "API_KEY", "--watch", "--interval", "1", "--")
INTERVAL_SECONDS = 1.0


async def test_each_watcher_is_told_once_whatever_others_read(stage: Stage) -> None:
    """D-3: three that restart programs, one that prints, and a reader that is first every time."""
    terminal = stage.terminal
    values = [await stage.value("billing/API_KEY")]
    async with AsyncExitStack() as stack:
        runners = [
            await stack.enter_async_context(terminal.running(STRONGROOM, *RUN, "sh", "-c", SCRIPT))
            for _ in range(3)
        ]
        watcher = await stack.enter_async_context(
            terminal.running(STRONGROOM, "watch", "billing/API_KEY", "--interval", "1")
        )
        await watcher.until_said("watching billing/API_KEY")
        for runner in runners:
            await runner.until_said(f"value {values[0]}")
        for times in (1, 2):
            values.append(await stage.change("billing/API_KEY"))
            read = await terminal.strongroom("get", "billing/API_KEY")

            assert values[-1] == read.out
            for runner in runners:
                await runner.until_said(f"value {values[-1]}")
            await watcher.until_said("changed\t", times=times)
        # Whoever told a change twice would do so at the next polls.
        await asyncio.sleep(2.5 * INTERVAL_SECONDS)

        assert 2 == watcher.out.count("\n")
        for runner in runners:
            assert [f"value {value}" for value in values] == runner.out.splitlines()
            assert 2 == runner.err.count("restarting sh")


async def test_watching_reads_nothing(stage: Stage) -> None:
    """R-7: what `watch` tells costs no value, and is on no record."""
    before = len(await stage.world.entries("secret_read"))
    async with stage.terminal.running(
        STRONGROOM, "watch", "billing/API_KEY", "--interval", "1"
    ) as running:
        await running.until_said("watching")
        await stage.change("billing/API_KEY")
        await running.until_said("changed\t")

    assert before == len(await stage.world.entries("secret_read"))


async def test_a_change_that_could_not_be_read_is_not_forgotten(stage: Stage) -> None:
    """D-3: it is told once, so that it is tried again until it is read."""
    refusing = asyncio.Event()

    def script(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if path == "/v1/secrets/export" and refusing.is_set():
            return 503, {"error": "as scripted"}
        return pass_on(stage.port, method, path, headers, body)

    with scripted(script) as between:
        identity = stage.identity / "identity.json"
        identity.write_text(identity.read_text().replace(stage.url, between.url))
        first = await stage.value("billing/API_KEY")
        # With the cache on, what it holds must not pass for the change.
        command = (STRONGROOM, "run", "--offline-cache", "--attempts", "1", *RUN[1:])
        async with stage.terminal.running(*command, "sh", "-c", SCRIPT) as running:
            await running.until_said(f"value {first}")
            refusing.set()
            second = await stage.change("billing/API_KEY")
            await running.until_said("the program goes on as it is")
            exports = between.asked.count("POST /v1/secrets/export")
            async with asyncio.timeout(GENEROUS_SECONDS):
                while between.asked.count("POST /v1/secrets/export") < exports + 2:
                    await asyncio.sleep(POLL_SECONDS)
            refusing.clear()
            await running.until_said(f"value {second}")

            assert 0 == await running.end()
        assert 1 == running.err.count("goes on as it is")
        assert 2 == running.out.count("value ")


async def test_the_relay_of_these_tests_passes_on(stage: Stage) -> None:
    """A signed request is good through it, so that what the tests above see is their script's doing."""
    with scripted(partial(pass_on, stage.port)) as between:
        identity = stage.identity / "identity.json"
        identity.write_text(identity.read_text().replace(stage.url, between.url))
        done = await stage.terminal.strongroom("get", "billing/API_KEY")

        assert await stage.value("billing/API_KEY") == done.out
        assert ["GET /v1/cli/secrets"] == between.asked[:1]
