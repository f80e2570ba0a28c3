"""A cloned repository isn't trusted: its project file can select neither identity nor server (D-3)."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from strongroom import BadIdentity
from strongroom_cli.addresses import resolve_project
from strongroom_cli.choices import Choices
from strongroom_cli.connection import load_identity
from strongroom_cli.failures import Failure
from strongroom_cli.project_file import NAME, find_project_file
from strongroom_cli.settings import settle
from strongroom_cli.work_tree import find_work_tree, is_ignored, is_tracked

from .cli_world import CliWorld
from .scripted_server import pass_on, scripted

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


def plant_identity(cli_world: CliWorld, folder: Path, url: str) -> None:
    """Put an identity in the folder that uses the victim's own key, for the given server."""
    assert cli_world.machine is not None
    folder.mkdir(parents=True)
    content = {
        "machineId": str(cli_world.machine.id),
        "machineName": "web-1",
        "vaultId": folder.name,
        "apiUrl": url,
        "privateKeyPath": str(cli_world.identity / "private.pem"),
    }
    (folder / "identity.json").write_text(json.dumps(content))


@pytest.mark.parametrize(
    "vault", ["evil", "./evil", "evil/identity.json", "../work/evil", "<here>/evil", "~/evil"]
)
async def test_a_project_file_names_no_identity_file(cli_world: CliWorld, vault: str) -> None:
    """D-3: the attacker's server gets no request, and nothing from the real one is printed."""
    here = cli_world.terminal.folder
    value = await cli_world.value("billing/API_KEY")
    with scripted(partial(pass_on, cli_world.port)) as strangers:
        plant_identity(cli_world, here / "evil", strangers.url)
        shutil.copytree(here / "evil", cli_world.terminal.home / "evil")
        text = vault.replace("<here>", str(here))
        (here / "strongroom.toml").write_text(f'vault = "{text}"\nproject = "billing"\n')
        for command in COMMANDS:
            done = await cli_world.terminal.strongroom(*command)

            assert 2 == done.status, command
            assert "is not a vault ID" in done.err, command
            assert value not in done.out, command
        assert [] == strangers.asked


async def test_nor_one_below_the_home_that_is_another_vaults(cli_world: CliWorld) -> None:
    """D-3: an identity below the home folder belongs to its folder's vault, no matter who created it."""
    here = cli_world.terminal.folder
    with scripted(partial(pass_on, cli_world.port)) as strangers:
        plant_identity(cli_world, cli_world.identity.with_name("evil"), strangers.url)
        cli_world.identity.with_name("evil").rename(
            cli_world.identity.with_name("vault_aaaaaaaaaa")
        )
        (here / "strongroom.toml").write_text('vault = "vault_aaaaaaaaaa"\nproject = "billing"\n')
        done = await cli_world.terminal.strongroom("get", "API_KEY")

        assert (3, "") == (done.status, done.out)
        assert [] == strangers.asked


async def test_unknown_members_of_a_project_file(cli_world: CliWorld) -> None:
    """D-3: other members of the project file are rejected by name, regardless of their values."""
    for line in (
        "identity = 'x'",
        "home = 'x'",
        "project_id = 'x'",
        "[vault]\nid = 'x'",
        "vault = []",
    ):
        (cli_world.terminal.folder / "strongroom.toml").write_text(line)
        done = await cli_world.terminal.strongroom("list")

        assert (1, "") == (done.status, done.out), line
        assert line.split(" ")[0].strip("[]").split("]")[0] in done.err, line


async def test_the_address_in_a_written_file_begins_no_member(cli_world: CliWorld) -> None:
    """D-3: `connect` writes the server's text only into a comment."""
    name = 'p\nvault = "x"'
    line_break = {"projectName": name, "applicationName": None, "applicationId": None}

    def script(method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        status, answer = pass_on(cli_world.port, method, path, headers, body)
        assert isinstance(answer, bytes)
        if path != "/v1/cli/projects":
            return status, answer
        projects = json.loads(answer)["projects"]
        return status, json.dumps({"projects": [{**projects[0], **line_break}]}).encode()

    with scripted(script) as changing:
        identity = cli_world.identity / "identity.json"
        identity.write_text(identity.read_text().replace(cli_world.url, changing.url))
        done = await cli_world.terminal.strongroom("connect", name)
    lines = (cli_world.terminal.folder / "strongroom.toml").read_text().splitlines()

    assert 0 == done.status, done.err
    assert 4 == len(lines)
    assert lines[3].endswith('  # p\\x0avault = "x"')


async def test_no_program_is_started_for_a_folder(cli_world: CliWorld) -> None:
    """D-3: a repository's settings can name programs, which git would run as the caller."""
    here, mark = cli_world.terminal.folder, cli_world.terminal.home / "MARK"
    await cli_world.terminal.type("git init -q . && touch tracked && git add tracked")
    helper = here / "helper"
    helper.write_text(f"#!/bin/sh\ntouch {mark}\n")
    helper.chmod(0o755)
    await cli_world.terminal.type(f"git config core.fsmonitor {helper}")
    asked = await cli_world.terminal.type("git ls-files")
    assert mark.exists(), asked.err
    mark.unlink()
    for file, status in (("new.env", 0), ("new.env", 0), ("tracked", 1)):
        (here / "tracked").chmod(0o600)
        done = await cli_world.terminal.strongroom("export", "-p", "billing", "-o", file)

        assert status == done.status, done.err
    assert "tracked is tracked by git" in done.err
    assert not mark.exists()


@pytest.mark.programs
def test_tracked_and_ignored_files(tmp_path: Path) -> None:
    """D-3: we read git's index ourselves and get the same answers as git."""

    def git(*arguments: str) -> str:
        command = ("git", "-C", str(tmp_path), *arguments)
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
        return subprocess.run(
            command, capture_output=True, check=False, text=True, env=environment
        ).stdout

    git("init", "-q")
    tracked = [".env", "a/.env", "a/b/c.env", "é.env", "x" * 200 + ".env", "later"]
    others = ["env", "b/.env", "c.env", "a.env", "b/c.env", "build/x", "keep.tmp", "drop.tmp"]
    for name in (*tracked, *others):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / ".gitignore").write_text("# c.env\nbuild/\n*.tmp\n!keep.tmp\n/a.env\n")
    (tmp_path / "b" / ".gitignore").write_text("c.env\n")
    git("add", "-f", *tracked[:-1])
    git("add", "--intent-to-add", tracked[-1])
    for name in (*tracked, *others):
        path = tmp_path / name

        assert tmp_path == find_work_tree(path)
        assert (name in tracked) is is_tracked(path, tmp_path), name
        if name not in tracked:
            assert bool(git("check-ignore", name)) is is_ignored(path, tmp_path), name
    git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x")
    git("worktree", "add", "-q", "linked", "HEAD")
    linked = tmp_path / "linked"
    assert linked == find_work_tree(linked / "a" / ".env")
    assert is_tracked(linked / "a" / ".env", linked)
    assert not is_tracked(linked / "new", linked)
    (tmp_path / ".git" / "index").unlink()
    os.mkfifo(tmp_path / ".git" / "index")
    assert not is_tracked(tmp_path / ".env", tmp_path)


NOBODY, SOMEBODY = 65534, 54321


@pytest.fixture
def as_somebody() -> Iterator[Callable[[], None]]:
    """Continue as another user who isn't root; files are opened with that user's permissions."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to switch to another user")

    def become() -> None:
        os.seteuid(SOMEBODY)

    yield become
    os.seteuid(0)


@pytest.fixture
def open_tmp(tmp_path: Path) -> Path:
    """A folder that anyone can enter, with parents that anyone can enter."""
    for folder in (tmp_path, *tmp_path.parents[:-1]):
        if folder.stat().st_uid == os.geteuid():
            folder.chmod(folder.stat().st_mode | 0o055)
    return tmp_path


@pytest.mark.parametrize("theirs", ["file", "folder", "folder above"])
def test_another_users_project_file(
    open_tmp: Path, monkeypatch: pytest.MonkeyPatch, as_somebody: object, theirs: str
) -> None:
    """D-3: the search stops at another user's file or folder; if a project is needed, the error says why."""
    shared, mine = open_tmp / "shared", open_tmp / "shared" / "mine"
    mine.mkdir(parents=True)
    (open_tmp / NAME).write_text('project = "above"\n')
    file = (mine if theirs == "file" else shared) / NAME
    file.write_text('project = "theirs"\n')
    owned = {"file": file, "folder": mine, "folder above": shared}[theirs]
    os.chown(owned, NOBODY, NOBODY)
    monkeypatch.chdir(mine)
    search = find_project_file()
    project = settle(Choices()).project

    assert None is search.file
    assert f"{owned} belongs to another user (uid {NOBODY})" == search.obstacle
    with pytest.raises(Failure, match=f"no project selected: {owned} belongs to another user"):
        resolve_project(None, project)  # type: ignore[arg-type]
    os.chown(owned, os.geteuid(), -1)
    found = find_project_file().file
    assert found is not None
    assert "theirs" == found.project


@pytest.mark.parametrize("closed", ["folder", "folder above", "file", "gone"])
def test_an_inaccessible_folder(
    open_tmp: Path,
    monkeypatch: pytest.MonkeyPatch,
    as_somebody: Callable[[], None],
    closed: str,
) -> None:
    """D-3: in an inaccessible folder, as after `sudo -u app` in root's home, there is no project file."""
    folder = open_tmp / "a" / "b"
    folder.mkdir(parents=True)
    (folder.parent / NAME).write_text('project = "x"\n')
    (folder / NAME).write_text('project = "y"\n')
    (folder / NAME).chmod(0o600)
    monkeypatch.chdir(folder)
    if closed == "gone":
        shutil.rmtree(folder)
    elif closed != "file":
        (folder if closed == "folder" else folder.parent).chmod(0o700)
    as_somebody()
    search = find_project_file()

    assert None is search.file
    assert "can't read " in search.obstacle
    assert None is settle(Choices()).project.value
    assert "z" == settle(Choices(project="z")).project.value


def test_a_user_without_a_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """D-3: a missing home folder matters only where it is needed."""

    def none(_uid: int) -> object:
        raise KeyError

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("STRONGROOM_HOME", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", none)
    monkeypatch.chdir(tmp_path)
    settings = settle(Choices(identity="/identity.json"))

    assert ("/identity.json", None) == (settings.identity.value, settings.home.value)
    assert "this process has no home folder" == settings.home.source
    with pytest.raises(BadIdentity, match=r"can't read .*/identity\.json"):
        load_identity(Choices(), settings)
    for choices in (Choices(), Choices(identity="~/identity.json")):
        with pytest.raises(Failure, match=r"no home folder"):
            load_identity(choices, settle(choices))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'\xef\xbb\xbfproject = "x"\r\n', None),
        ('project = "x"\n'.encode("utf-16"), "it is not UTF-8"),
        (b"project = x\n", "it is not valid TOML"),
    ],
)
def test_byte_order_marks_and_encodings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, said: str | None
) -> None:
    """D-3: a byte order mark is accepted; for a file that isn't UTF-8 text, the error says so."""
    (tmp_path / NAME).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    if said is not None:
        with pytest.raises(Failure, match=said):
            find_project_file()
    else:
        found = find_project_file().file

        assert found is not None
        assert "x" == found.project
