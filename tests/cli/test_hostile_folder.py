"""A cloned repository is a stranger's: its project file chooses neither identity nor server (D-3)."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path

import pytest

from .scripted_server import pass_on, scripted
from .stage import Stage

COMMANDS = [
    ("get", "API_KEY"),
    ("list",),
    ("run", "--", "true"),
    ("export",),
    ("watch", "API_KEY"),
    ("whoami",),
    ("status",),
    ("doctor",),
    ("cache", "fill"),
]


def plant_identity(stage: Stage, folder: Path, url: str) -> None:
    """Put an identity into the folder that signs with the victim's own key, for the given server."""
    assert stage.machine is not None
    folder.mkdir(parents=True)
    content = {
        "machineId": str(stage.machine.id),
        "machineName": "web-1",
        "vaultId": folder.name,
        "apiUrl": url,
        "privateKeyPath": str(stage.identity / "private.pem"),
    }
    (folder / "identity.json").write_text(json.dumps(content))


@pytest.mark.parametrize(
    "vault", ["evil", "./evil", "evil/identity.json", "../work/evil", "<here>/evil", "~/evil"]
)
async def test_a_project_file_names_no_identity_file(stage: Stage, vault: str) -> None:
    """D-3: the stranger's server is asked nothing, and prints nothing of the real one's."""
    here = stage.terminal.folder
    value = await stage.value("billing/API_KEY")
    with scripted(partial(pass_on, stage.port)) as strangers:
        plant_identity(stage, here / "evil", strangers.url)
        shutil.copytree(here / "evil", stage.terminal.home / "evil")
        text = vault.replace("<here>", str(here))
        (here / "strongroom.toml").write_text(f'vault = "{text}"\nproject = "billing"\n')
        for command in COMMANDS:
            done = await stage.terminal.strongroom(*command)

            assert 2 == done.status, command
            assert "which is no vault's id" in done.err, command
            assert value not in done.out, command
        assert [] == strangers.asked


async def test_nor_one_below_the_home_that_is_another_vaults(stage: Stage) -> None:
    """D-3: an identity below the home is the one of its folder's vault, whoever put it there."""
    here = stage.terminal.folder
    with scripted(partial(pass_on, stage.port)) as strangers:
        plant_identity(stage, stage.identity.with_name("evil"), strangers.url)
        stage.identity.with_name("evil").rename(stage.identity.with_name("vault_aaaaaaaaaa"))
        (here / "strongroom.toml").write_text('vault = "vault_aaaaaaaaaa"\nproject = "billing"\n')
        done = await stage.terminal.strongroom("get", "API_KEY")

        assert (3, "") == (done.status, done.out)
        assert [] == strangers.asked


async def test_a_project_file_says_nothing_else(stage: Stage) -> None:
    """D-3: members that it may not have are refused by name, whatever they hold."""
    for line in (
        "identity = 'x'",
        "home = 'x'",
        "project_id = 'x'",
        "[vault]\nid = 'x'",
        "vault = []",
    ):
        (stage.terminal.folder / "strongroom.toml").write_text(line)
        done = await stage.terminal.strongroom("list")

        assert (1, "") == (done.status, done.out), line
        assert line.split(" ")[0].strip("[]").split("]")[0] in done.err, line


async def test_the_address_in_a_written_file_begins_no_member(stage: Stage) -> None:
    """D-3: `connect` writes the server's text into a comment only."""
    line_break = {"projectName": 'p\nvault = "x"', "applicationName": None, "applicationId": None}

    def script(method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        status, answer = pass_on(stage.port, method, path, headers, body)
        assert isinstance(answer, bytes)
        if path != "/v1/cli/projects":
            return status, answer
        projects = json.loads(answer)["projects"]
        return status, json.dumps({"projects": [{**projects[0], **line_break}]}).encode()

    with scripted(script) as changing:
        identity = stage.identity / "identity.json"
        identity.write_text(identity.read_text().replace(stage.url, changing.url))
        done = await stage.terminal.strongroom("connect")
    lines = (stage.terminal.folder / "strongroom.toml").read_text().splitlines()

    assert 0 == done.status, done.err
    assert 4 == len(lines)
    assert lines[3].endswith('  # p\\x0avault = "x"')
