"""`-o json` is data: truths are truths, several things are a list, and nothing is null (D-3)."""

from __future__ import annotations

import json
from typing import Any

from .stage import Stage
from .terminal import PROGRAMS


async def data_of(stage: Stage, *command: str, status: int = 0) -> Any:
    """Run a command with -o json and read what it prints."""
    done = await stage.terminal.strongroom(*command, "-o", "json")

    assert status == done.status, done.err
    return json.loads(done.out)


async def test_who_this_is(stage: Stage) -> None:
    """D-3: `whoami`; what nobody knows of a machine that is refused is null."""
    told = await data_of(stage, "whoami")

    assert told["accepted"] is True
    assert ["billing", "shop/production"] == told["projects"]
    await stage.befall("disable")
    told = await data_of(stage, "whoami", status=4)

    assert told["accepted"] is False
    assert told["projects"] is None
    assert {"machine", "machine_id", "vault", "server", "fingerprint", "identity"} < set(told)


async def test_what_is_found(stage: Stage) -> None:
    """D-3: `doctor`; settings are what they are, also where they are none."""
    told = await data_of(stage, "doctor", "--cache-max-age", "15m", "-p", "billing")
    settings = told["settings"]

    assert told["healthy"] is True
    assert {"ok"} == {each["state"] for each in told["findings"]}
    assert {None} == {each["hint"] for each in told["findings"]}
    assert settings["offline_cache"] == {"value": False, "source": "not set"}
    assert settings["cache_max_age"] == {"value": 900, "source": "--cache-max-age"}
    assert settings["identity"] == {"value": None, "source": "not set"}
    assert settings["project"] == {"value": "billing", "source": "--project"}
    told = await data_of(stage, "doctor", "--offline-cache", "--cache-max-age", "soon", status=1)

    assert told["healthy"] is False
    assert told["settings"]["offline_cache"]["value"] is True
    assert "soon" == told["settings"]["cache_max_age"]["value"]
    assert all(each["hint"] for each in told["findings"] if each["state"] == "problem")


async def test_what_is_kept(stage: Stage) -> None:
    """D-3: `cache show`; ages are numbers, and a name that is not known is null."""
    assert [] == await data_of(stage, "cache", "show")
    secret = stage.secrets["billing/API_KEY"].id
    await stage.terminal.strongroom("get", secret, "--offline-cache")
    (kept,) = await data_of(stage, "cache", "show")

    assert (secret, None) == (kept["id"], kept["name"])
    assert type(kept["age_seconds"]) is int
    assert kept["cached_at"].endswith("Z")


async def test_the_others(stage: Stage) -> None:
    """D-3: `list`, `get`, `status`, `version`, `bootstrap`."""
    listed = await data_of(stage, "list")

    assert [None, ["host", "password"], None] == [each["fields"] for each in listed]
    assert {"status": "ok", "server": stage.url} == await data_of(stage, "status")
    assert ["version"] == list(await data_of(stage, "version"))
    got = await data_of(stage, "get", "billing/DATABASE")
    assert {"host", "password"} == set(got["fields"])
    made = await data_of(
        stage, "bootstrap", f"{stage.url}/v1/bootstrap/{await stage.token()}", "--replace"
    )
    assert {str} == {type(each) for each in made.values()}


async def test_what_happens(stage: Stage) -> None:
    """D-3: `watch` prints an object per line."""
    secret = stage.secrets["billing/API_KEY"].id
    command = (str(PROGRAMS / "strongroom"), "watch", secret, "--interval", "1", "-o", "json")
    async with stage.terminal.running(*command) as running:
        await running.until_said("watching")
        await stage.change("billing/API_KEY")
        await running.until_said("}\n")
        told = json.loads(running.out)

    assert {"event": "changed", "id": secret, "address": "billing/API_KEY"} == {
        name: told[name] for name in ("event", "id", "address")
    }
