"""Several programs on one machine watch the same secret, and each gets every change once (R-7)."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from functools import partial

from strongroom_testkit.problems import FOREIGN, problem

from .cli_world import CliWorld
from .scripted_server import Answer, pass_on, scripted
from .terminal import GENEROUS_SECONDS, POLL_SECONDS, PROGRAMS

STRONGROOM = str(PROGRAMS / "strongroom")
SCRIPT = 'trap "exit 0" TERM; echo "value $API_KEY"; while :; do sleep 0.05; done'
RUN = ("run", "-p", "billing", "--only", "API_KEY", "--watch", "--interval", "1", "--")
INTERVAL_SECONDS = 1.0


async def test_each_watcher_gets_each_change_once(cli_world: CliWorld) -> None:
    """D-3: three watchers restart programs, one prints, and a reader comes first; each gets every change."""
    terminal = cli_world.terminal
    values = [await cli_world.value("billing/API_KEY")]
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
            values.append(await cli_world.change("billing/API_KEY"))
            read = await terminal.strongroom("get", "billing/API_KEY")

            assert values[-1] == read.out
            for runner in runners:
                await runner.until_said(f"value {values[-1]}")
            await watcher.until_said("changed\t", times=times)
        # A watcher that reports a change twice would do so at the next polls.
        await asyncio.sleep(2.5 * INTERVAL_SECONDS)

        assert 2 == watcher.out.count("\n")
        for runner in runners:
            assert [f"value {value}" for value in values] == runner.out.splitlines()
            assert 2 == runner.err.count("restarting sh")


async def test_watching_reads_no_values(cli_world: CliWorld) -> None:
    """R-7: `watch` reads no values and causes no events."""
    before = len(await cli_world.world.entries("secret_read"))
    async with cli_world.terminal.running(
        STRONGROOM, "watch", "billing/API_KEY", "--interval", "1"
    ) as running:
        await running.until_said("watching")
        await cli_world.change("billing/API_KEY")
        await running.until_said("changed\t")

    assert before == len(await cli_world.world.entries("secret_read"))


async def test_a_change_that_could_not_be_read_is_not_forgotten(cli_world: CliWorld) -> None:
    """D-3: a change whose value can't be read is reported once, and the read is retried until it succeeds."""
    refusing = asyncio.Event()

    def script(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if path == "/v1/secrets/export" and refusing.is_set():
            return 503, problem(503, "busy")
        return pass_on(cli_world.port, method, path, headers, body)

    with scripted(script) as between:
        identity = cli_world.identity / "identity.json"
        identity.write_text(identity.read_text().replace(cli_world.url, between.url))
        first = await cli_world.value("billing/API_KEY")
        # With the cache on, a cached value must not be mistaken for the changed one.
        command = (STRONGROOM, "run", "--offline-cache", "--attempts", "1", *RUN[1:])
        async with cli_world.terminal.running(*command, "sh", "-c", SCRIPT) as running:
            await running.until_said(f"value {first}")
            refusing.set()
            second = await cli_world.change("billing/API_KEY")
            await running.until_said("the program keeps running")
            exports = between.asked.count("POST /v1/secrets/export")
            async with asyncio.timeout(GENEROUS_SECONDS):
                while between.asked.count("POST /v1/secrets/export") < exports + 2:
                    await asyncio.sleep(POLL_SECONDS)
            refusing.clear()
            await running.until_said(f"value {second}")

            assert 0 == await running.end()
        assert 1 == running.err.count("the program keeps running")
        assert 2 == running.out.count("value ")


async def test_a_watch_survives_a_proxys_errors(cli_world: CliWorld) -> None:
    """D-3: each failure is reported once, and changes are noticed once the server is back."""
    between_is: list[str] = []

    def script(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if between_is:
            return FOREIGN[between_is[0]]
        return pass_on(cli_world.port, method, path, headers, body)

    with scripted(script) as between:
        identity = cli_world.identity / "identity.json"
        identity.write_text(identity.read_text().replace(cli_world.url, between.url))
        values = [await cli_world.value("billing/API_KEY")]
        watch = ("watch", "billing/API_KEY", "--interval", "1")
        async with (
            cli_world.terminal.running(STRONGROOM, *RUN, "sh", "-c", SCRIPT) as runner,
            cli_world.terminal.running(STRONGROOM, *watch) as watcher,
        ):
            await watcher.until_said("watching billing/API_KEY")
            await runner.until_said(f"value {values[0]}")
            for times, who in enumerate(["a page with 401", "traefik", "a page with 200"], 1):
                between_is[:] = [who]
                for each in (runner, watcher):
                    await each.until_said("still watching", times=times)
                values.append(await cli_world.change("billing/API_KEY"))
                between_is.clear()
                await runner.until_said(f"value {values[-1]}")
                await watcher.until_said("changed\t", times=times)

            assert 0 == await runner.end()


async def test_the_relay_of_these_tests_passes_on(cli_world: CliWorld) -> None:
    """A signed request works through the relay, so the tests above see only the effects of their script."""
    with scripted(partial(pass_on, cli_world.port)) as between:
        identity = cli_world.identity / "identity.json"
        identity.write_text(identity.read_text().replace(cli_world.url, between.url))
        done = await cli_world.terminal.strongroom("get", "billing/API_KEY")

        assert await cli_world.value("billing/API_KEY") == done.out
        assert ["GET /v1/cli/secrets"] == between.asked[:1]
