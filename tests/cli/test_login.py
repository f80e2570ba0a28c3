"""`login`, `logout` and `profiles`: a key for a person, approved in the browser with a code (D-5)."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.keys.approve import deny_key_request, find_key_request
from strongroom_core.keys.manage import list_keys
from strongroom_testkit.person_key import session_of

from .person import approve, log_in
from .terminal import PROGRAMS

if TYPE_CHECKING:
    from strongroom_core.keys.views import KeyView

    from .cli_world import CliWorld

STRONGROOM = str(PROGRAMS / "strongroom")
CODE = re.compile(r"^code: +(\S+)$", re.MULTILINE)


def people(cli_world: CliWorld) -> Path:
    """Return the folder of profiles."""
    return cli_world.terminal.home / ".strongroom" / "people"


async def keys_of(cli_world: CliWorld) -> list[KeyView]:
    """Return the person's keys that work."""
    world = cli_world.world
    person = await session_of(world.core, world.person, world.markers)
    return list((await list_keys(world.core, person)).items)


async def logged_in(cli_world: CliWorld, *options: str) -> tuple[str, str]:
    """Sign in with the command, and approve the code that it shows. Returns stdout and stderr."""
    command = (STRONGROOM, "login", cli_world.url, "--no-browser", *options)
    async with cli_world.terminal.running(*command) as running:
        await running.until_said("waiting for the approval")
        (code,) = CODE.findall(running.err)
        await approve(cli_world, code)

        assert 0 == await running.ended(), running.err
        return running.out, running.err


async def test_an_unusable_profile_is_no_obstacle(cli_world: CliWorld) -> None:
    """D-5: the profile of another vault that can't be read doesn't lose a key that was just approved."""
    broken = people(cli_world) / "broken"
    broken.mkdir(parents=True, mode=0o700)
    (broken / "profile.json").write_text("{")
    out, _ = await logged_in(cli_world, "-f", "json")

    assert "ada-s-vault" == json.loads(out)["profile"]


async def test_logging_in_and_out(cli_world: CliWorld) -> None:
    """D-5: the code is approved in the browser, the key works, and after `logout` it doesn't."""
    terminal, world = cli_world.terminal, cli_world.world
    out, err = await logged_in(cli_world, "-f", "json")
    told = json.loads(out)

    assert f"open:        {cli_world.url}/connect?code=" in err
    assert (False, None) == (told["only_reading"], told["projects"])
    assert ("ada", "ada's vault", "file") == (told["user"], told["vault"], told["key_kept_in"])
    assert "ada-s-vault" == told["profile"]
    folder = people(cli_world) / told["profile"]
    assert {"profile.json": 0o600, "private.pem": 0o600} == {
        each.name: stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()
    }
    (key,) = await keys_of(cli_world)
    fingerprint = re.findall(r"^fingerprint: (.*)$", err, re.MULTILINE)
    assert [key.fingerprint] == fingerprint
    assert key.client.startswith("strongroom ")
    shown = json.loads(
        (await terminal.strongroom("whoami", "--profile", told["profile"], "--json")).out
    )
    assert (True, "ada", False) == (shown["accepted"], shown["person"], shown["only_reading"])
    listed = await terminal.strongroom("profiles")
    assert listed.out.startswith("ada-s-vault\tyes\tada\tada's vault\t")

    done = await terminal.strongroom("logout")
    assert (0, "") == (done.status, done.out)
    assert "the key was revoked and removed" in done.err
    assert [] == await keys_of(cli_world)
    assert [] == list(people(cli_world).iterdir())
    after = await terminal.strongroom("projects")
    assert (3, True) == (after.status, "strongroom login" in after.err)
    assert "key_end" in {str(each["action"]) for each in await world.entries()}


async def test_logging_in_again_replaces_the_key(cli_world: CliWorld) -> None:
    """D-5: the earlier key for the same vault is revoked, and the profile keeps its name."""
    await log_in(cli_world, "mine")
    (before,) = await keys_of(cli_world)
    await logged_in(cli_world)
    (after,) = await keys_of(cli_world)

    assert before.id != after.id
    assert ["mine"] == [each.name for each in people(cli_world).iterdir()]
    assert 0 == (await cli_world.terminal.strongroom("projects")).status


async def test_a_profile_belongs_to_one_person_and_vault(cli_world: CliWorld) -> None:
    """D-5: signing in never replaces another person's key, or that of another vault or server."""
    terminal = cli_world.terminal
    await log_in(cli_world, "mine")
    file = people(cli_world) / "mine" / "profile.json"
    mine = json.loads(file.read_text())
    (before,) = await keys_of(cli_world)
    for change, named in (
        ({"server": "https://elsewhere.example"}, "mine"),
        ({"vaultId": "vault_elsewhere22", "vaultName": "Elsewhere"}, "mine"),
    ):
        file.write_text(json.dumps(mine | change))
        vault = ("--vault", mine["vaultId"])
        done = await terminal.strongroom("login", cli_world.url, "--profile", named, *vault)

        assert (2, True) == (done.status, "profile mine is ada in " in done.err), done.err
        assert "code:" not in done.err
    # A person is known only once the key is approved.
    eve = json.dumps(mine | {"username": "eve"})
    file.write_text(eve)
    command = (STRONGROOM, "login", cli_world.url, "--no-browser", "--profile", "mine")
    async with terminal.running(*command) as running:
        await running.until_said("waiting for the approval")
        await approve(cli_world, CODE.findall(running.err)[0])

        assert 3 == await running.ended()
        assert "profile mine is eve in ada's vault at" in running.err
        assert "the new key was revoked" in running.err
    assert [before.id] == [each.id for each in await keys_of(cli_world)]
    await logged_in(cli_world)

    assert {"mine", "ada-s-vault"} == {each.name for each in people(cli_world).iterdir()}
    assert eve == file.read_text()
    assert before.id in {each.id for each in await keys_of(cli_world)}


async def test_a_key_that_cannot_be_kept(cli_world: CliWorld) -> None:
    """D-5: nothing is asked if the folder isn't writable; a key that can't be saved later is revoked."""
    terminal = cli_world.terminal
    await log_in(cli_world, "mine")
    (before,) = await keys_of(cli_world)
    file = people(cli_world) / "mine" / "profile.json"
    written = file.read_text()
    terminal.variables["STRONGROOM_HOME"] = f"{file}/home"
    done = await terminal.strongroom("login", cli_world.url, "--no-browser")

    assert (3, True) == (done.status, "can't write " in done.err), done.err
    assert "code:" not in done.err
    terminal.variables.clear()
    command = (STRONGROOM, "login", cli_world.url, "--no-browser", "--no-keyring")
    async with terminal.running(*command, "--profile", "other") as running:
        await running.until_said("waiting for the approval")
        (people(cli_world) / "other").write_text("in the way")
        await approve(cli_world, CODE.findall(running.err)[0])

        assert 3 == await running.ended()
        assert "the new key was revoked" in running.err
    assert [before.id] == [each.id for each in await keys_of(cli_world)]
    assert written == file.read_text()


async def test_what_login_suggests(cli_world: CliWorld) -> None:
    """D-5: the options fill in the form of the person who approves, and decide nothing."""
    world, wanted = cli_world.world, ("-p", "billing", "--project", "none")
    command = (STRONGROOM, "login", cli_world.url, "--no-browser", "--name", "ci", "--look-only")
    more = ("--lifetime", "14d", "--vault", "elsewhere", *wanted)
    async with cli_world.terminal.running(*command, *more) as running:
        await running.until_said("waiting for the approval")
        person = await session_of(world.core, world.person, world.markers)
        (code,) = CODE.findall(running.err)
        found = (await find_key_request(world.core, person, code)).suggested
        await approve(cli_world, code)

        assert 0 == await running.ended(), running.err
    (key,) = await keys_of(cli_world)
    year = await cli_world.terminal.strongroom("login", cli_world.url, "--lifetime", "365d")

    assert ("ci", 14 * 86_400, True) == (found.name, found.lifetime_seconds, found.looking)
    assert (["billing", "none"], True) == (found.unknown_projects, found.unknown_vault)
    assert "approved in another vault: ada's vault" in running.err
    assert (False, None) == (key.looking, key.projects)
    assert (2, True) == (year.status, "a key works for 8 hours to 90 days" in year.err)


@pytest.mark.parametrize("how", ["denied", "interrupted", "expired"])
async def test_nothing_is_stored_without_an_approval(cli_world: CliWorld, how: str) -> None:
    """D-5: if the code is denied or expires, or someone presses Ctrl+C, no key is kept."""
    world = cli_world.world
    command = (STRONGROOM, "login", cli_world.url, "--no-browser")
    async with cli_world.terminal.running(*command) as running:
        await running.until_said("waiting for the approval")
        if how == "interrupted":
            await running.end(signal.SIGINT)
        elif how == "denied":
            person = await session_of(world.core, world.person, world.markers)
            code = CODE.findall(running.err)[0]
            found = await find_key_request(world.core, person, code)
            await deny_key_request(world.core, person, found.id, code=code)
        else:
            async with world.core.database.transaction(INSTALLATION) as connection:
                await connection.execute("update login_request set expires_at = created_at")
        status = await running.ended()

    assert {"denied": 4, "interrupted": 130, "expired": 5}[how] == status
    assert "Traceback" not in running.err
    assert "" == running.out
    assert not people(cli_world).exists()
    assert [] == await keys_of(cli_world)


async def test_login_survives_a_restart_of_the_server(cli_world: CliWorld) -> None:
    """D-5: if the server is unreachable while someone approves, the request is repeated."""
    command = (STRONGROOM, "login", cli_world.url, "--no-browser")
    async with cli_world.terminal.running(*command) as running:
        await running.until_said("waiting for the approval")
        await cli_world.stop()
        await approve(cli_world, CODE.findall(running.err)[0])
        await asyncio.sleep(1)
        await cli_world.start()

        assert 0 == await running.ended(), running.err


async def test_which_server(cli_world: CliWorld) -> None:
    """D-5: the server of an earlier profile, or of this machine, needn't be typed; others must be valid."""
    terminal = cli_world.terminal
    for typed, hint in (
        ("http://elsewhere.example", "use https://"),
        (f"http://127.0.0.1:{cli_world.port}", f"use {cli_world.url}"),
        (f"localhost:{cli_world.port}", f"use {cli_world.url}"),
        ("127.0.0.1", "use http://localhost, or https://127.0.0.1"),
        (f"{cli_world.url}/projects", "use https://"),
    ):
        done = await terminal.strongroom("login", typed)

        assert (2, True) == (done.status, hint in done.err), done.err
    async with terminal.running(STRONGROOM, "login", "--no-browser") as running:
        await running.until_said("waiting for the approval")
    await cli_world.apply("unregistered")
    done = await terminal.strongroom("login")

    assert (2, True) == (done.status, "strongroom login https://" in done.err)
    done = await terminal.strongroom("login", cli_world.url, "--profile", "../x")

    assert (2, True) == (done.status, "isn't a valid profile name" in done.err)


async def test_logging_out_when_it_is_not_that_simple(cli_world: CliWorld) -> None:
    """D-5: a key that was revoked elsewhere is removed; without the server, only --local removes it."""
    terminal, world = cli_world.terminal, cli_world.world
    await log_in(cli_world)
    await cli_world.stop()
    away = await terminal.strongroom("logout")
    local = await terminal.strongroom("logout", "--local")

    assert (6, True) == (away.status, "--local" in away.err)
    assert (0, True) == (local.status, "the key was removed" in local.err)
    await cli_world.start()
    approved = await log_in(cli_world)
    async with world.core.database.transaction(INSTALLATION) as connection:
        await connection.execute(
            "update person_key set ended_at = created_at, ended_by = 'revoked' where id = $1",
            approved.id,
        )
    refused = await terminal.strongroom("projects")
    done = await terminal.strongroom("logout")

    assert (3, True) == (refused.status, "strongroom login" in refused.err)
    assert (0, True) == (done.status, "the key was removed" in done.err)
    assert [] == list(people(cli_world).iterdir())


async def test_limits_of_a_key(cli_world: CliWorld) -> None:
    """D-5: a read-only key can't change anything, and a key for one project can't see any other."""
    terminal = cli_world.terminal
    await log_in(cli_world, "looking", looking=True)
    await log_in(cli_world, "narrow", projects=[cli_world.projects["billing"].id])
    looked = await terminal.strongroom("secrets", "list", "billing", "--profile", "looking")
    refused = await terminal.strongroom(
        *("set", "billing/API_KEY", "--profile", "looking"), given="x"
    )
    seen = await terminal.strongroom("projects", "--profile", "narrow")
    hidden = await terminal.strongroom("secrets", "list", "shop/production", "--profile", "narrow")
    nobody = await terminal.strongroom("projects")

    whole = await terminal.strongroom("whoami", "--profile", "looking")
    part = await terminal.strongroom("whoami", "--profile", "narrow")

    assert re.search(r"^only reading: +yes\nprojects: +all$", whole.out, re.MULTILINE), whole.out
    assert re.search(r"^only reading: +no\nprojects: +billing$", part.out, re.MULTILINE), part.out
    assert (0, 2) == (looked.status, looked.out.count("\n")), looked.err
    assert (4, True) == (refused.status, "can only read" in refused.err)
    assert ["billing"] == [line.split("\t")[0] for line in seen.out.splitlines()]
    assert 5 == hidden.status
    assert (3, True) == (
        nobody.status,
        "signed in to several vaults: looking, narrow" in nobody.err,
    )
    chosen = await terminal.strongroom("profiles", "use", "narrow")

    assert 0 == chosen.status
    assert 0 == (await terminal.strongroom("projects")).status
    terminal.variables["STRONGROOM_PROFILE"] = "none"
    assert 3 == (await terminal.strongroom("projects")).status
