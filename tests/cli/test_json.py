"""`-f json` prints data: booleans are booleans, several items are a list, unknown facts are null (D-3)."""

from __future__ import annotations

import json
from typing import Any

from .cli_world import CliWorld
from .terminal import PROGRAMS


async def data_of(cli_world: CliWorld, *command: str, status: int = 0) -> Any:
    """Run a command with -f json and parse its output."""
    done = await cli_world.terminal.strongroom(*command, "-f", "json")

    assert status == done.status, done.err
    return json.loads(done.out)


async def test_whoami(cli_world: CliWorld) -> None:
    """D-3: `whoami` prints data; unknown facts about a denied machine are null."""
    told = await data_of(cli_world, "whoami")

    assert told["accepted"] is True
    assert ["billing", "shop/production"] == told["projects"]
    await cli_world.apply("disable")
    told = await data_of(cli_world, "whoami", status=4)

    assert told["accepted"] is False
    assert told["projects"] is None
    assert {"machine", "machine_id", "vault", "server", "fingerprint", "identity"} < set(told)


async def test_doctor(cli_world: CliWorld) -> None:
    """D-3: `doctor` prints data; settings are shown with their values, even invalid ones."""
    told = await data_of(cli_world, "doctor", "--cache-max-age", "15m", "-p", "billing")
    settings = told["settings"]

    assert told["healthy"] is True
    assert {"ok"} == {each["state"] for each in told["findings"]}
    assert {None} == {each["hint"] for each in told["findings"]}
    assert settings["offline_cache"] == {"value": False, "source": "not set"}
    assert settings["cache_max_age"] == {"value": 900, "source": "--cache-max-age"}
    assert settings["identity"] == {"value": None, "source": "not set"}
    assert settings["project"] == {"value": "billing", "source": "--project"}
    told = await data_of(
        cli_world, "doctor", "--offline-cache", "--cache-max-age", "soon", status=1
    )

    assert told["healthy"] is False
    assert told["settings"]["offline_cache"]["value"] is True
    assert "soon" == told["settings"]["cache_max_age"]["value"]
    assert all(each["hint"] for each in told["findings"] if each["state"] == "problem")


async def test_cache_show(cli_world: CliWorld) -> None:
    """D-3: `cache show` prints data; ages are numbers, and an unknown name is null."""
    assert [] == await data_of(cli_world, "cache", "show")
    secret = cli_world.secrets["billing/API_KEY"].id
    await cli_world.terminal.strongroom("get", secret, "--offline-cache")
    (kept,) = await data_of(cli_world, "cache", "show")

    assert (secret, None) == (kept["id"], kept["name"])
    assert type(kept["age_seconds"]) is int
    assert kept["cached_at"].endswith("Z")


async def test_the_others(cli_world: CliWorld) -> None:
    """D-3: `list`, `get`, `status`, `version` and `bootstrap` print data, too."""
    listed = await data_of(cli_world, "list")

    assert [None, ["host", "password"], None] == [each["fields"] for each in listed]
    assert {"status": "ok", "server": cli_world.url} == await data_of(cli_world, "status")
    assert ["version"] == list(await data_of(cli_world, "version"))
    got = await data_of(cli_world, "get", "billing/DATABASE")
    assert {"host", "password"} == set(got["fields"])
    made = await data_of(
        cli_world,
        "bootstrap",
        f"{cli_world.url}/v1/bootstrap/{await cli_world.token()}",
        "--replace",
    )
    assert {str} == {type(each) for each in made.values()}


async def test_watch(cli_world: CliWorld) -> None:
    """D-3: `watch` prints one object per line."""
    secret = cli_world.secrets["billing/API_KEY"].id
    command = (str(PROGRAMS / "strongroom"), "watch", secret, "--interval", "1", "-f", "json")
    async with cli_world.terminal.running(*command) as running:
        await running.until_said("watching")
        await cli_world.change("billing/API_KEY")
        await running.until_said("}\n")
        told = json.loads(running.out)

    assert {"event": "changed", "id": secret, "address": "billing/API_KEY"} == {
        name: told[name] for name in ("event", "id", "address")
    }
