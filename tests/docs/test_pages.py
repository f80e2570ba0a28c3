"""Every command in the README, the quickstart and the operator's guide works as written."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom_testkit.programs import Programs, Running

from .shell_blocks import Block, blocks_of, run_blocks

README = Path("README.md")
QUICKSTART = Path("docs/quickstart.md")
GUIDE = Path("docs/operate/README.md")
START = Path("docs/operate/start.md")
OTHERS = (
    "docs/clients/admin.md",
    "docs/clients/cli.md",
    "docs/clients/python.md",
    "docs/operate/doctor.md",
)
"""Pages whose commands are run by other tests."""

DEV, TEST, SETUP = "./run dev\n", "./run test\n", "./run setup\n"


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programs]:
    """The programs that a page starts."""
    programs = Programs(tmp_path_factory.mktemp("pages"), tmp_path_factory.mktemp("outside"))
    yield programs
    programs.end_all()


@pytest.fixture(scope="module")
def dev(programs: Programs) -> Running:
    """The programs that `./run dev` starts."""
    running = programs.start("dev", "--port", "0")
    running.ready()
    return running


def reader(programs: Programs, home: Path, **more: str) -> dict[str, str]:
    """The environment of a person with the programs on PATH and a separate home folder."""
    path = f"{Path('.venv/bin').absolute()}:{os.environ['PATH']}"
    return {**programs.environment, "HOME": str(home), "PATH": path, **more}


def without(blocks: list[Block], *texts: str) -> list[Block]:
    """Leave out the blocks with these commands. Each command must occur once."""
    for text in texts:
        assert [block.text for block in blocks].count(text) == 1
    return [block for block in blocks if block.text not in texts]


def test_the_readme_is_true(dev: Running, programs: Programs, tmp_path: Path) -> None:
    """H-2, D-2, D-3: the README alone is enough for the demo's machine to read its secrets."""
    ready = dev.ready()
    said = run_blocks(
        # A separate process runs the first block and this test the second, because one shell can't
        # do both.
        without(blocks_of(README, "sh", "python"), DEV, TEST),
        tmp_path,
        reader(programs, tmp_path, STRONGROOM_HOME=ready["home"]),
        instead={},
    )
    value = ready["secrets"]["shop/production/DATABASE_URL"]["value"]

    assert said.count(value) == 2
    assert f"connecting to {value.partition('@')[2]}" in said
    assert "***" in said


def test_dev_prints_the_lines_of_the_readme(dev: Running) -> None:
    """The printed lines make another terminal act as the demo's machine."""
    ready = dev.ready()
    lines = [line.strip() for line in dev.said.read_text().splitlines()]

    assert f"export STRONGROOM_HOME={ready['home']}" in lines
    assert f'export PATH="{Path(".venv/bin").absolute()}:$PATH"' in lines
    assert "strongroom get shop/production/DATABASE_URL" in lines


def test_the_quickstart_is_true(dev: Running, programs: Programs, tmp_path: Path) -> None:
    """V-2, S-2, M-3, M-9, V-4: the quickstart works, from an empty vault to a revoked machine."""
    ready = dev.ready()
    said = run_blocks(
        blocks_of(QUICKSTART, "sh"),
        tmp_path,
        reader(programs, tmp_path),
        instead={"http://localhost:8200": ready["url"]},
        typed=f"{ready['owner']['password']}\n",
    )

    assert "correct horse battery staple" in said
    assert "pending approval" in said
    assert "*** 28" in said
    assert "exit status 7: frozen" in said
    assert "exit status 3: revoked" in said


def test_the_operators_guide_is_true(programs: Programs, tmp_path: Path) -> None:
    """H-2, H-4, A-1, E-2: the guide leads from an empty folder to an unsealed server."""
    port = free_port()
    said = run_blocks(
        without(blocks_of(GUIDE, "sh"), SETUP + PATH_AND_VERSION),
        tmp_path,
        reader(programs, tmp_path, PAGE_ALIVE=f"http://localhost:{port}/health/live"),
        instead={
            "/var/lib/strongroom": str(tmp_path / "data"),
            "http://localhost:8200": f"http://localhost:{port}",
            "strongroom-server serve": f"strongroom-server serve --port {port}",
        },
    )

    assert '"status":"ok"' in said.replace(" ", "")
    assert '"username":"you"' in said.replace(" ", "")
    assert "strongroom_sealed 0" in said


def test_the_page_about_starts_is_true(programs: Programs, tmp_path: Path) -> None:
    """E-2, R-3: `init` prints a root key and a link, once; a restore begins a new incarnation."""
    said = run_blocks(
        blocks_of(START, "sh"),
        tmp_path,
        reader(programs, tmp_path),
        instead={"/var/lib/strongroom": str(tmp_path / "data")},
    )

    assert "skr1-" in said
    assert "https://strongroom.example/setup#srl_" in said
    assert "incarnation 2 of the database in" in said


PATH_AND_VERSION = 'export PATH="$PWD/.venv/bin:$PATH"\nstrongroom-server version\n'


def free_port() -> int:
    """Return a free port on this machine."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return asked.getsockname()[1]


@pytest.mark.parametrize("page", sorted(map(str, [README, *Path("docs").rglob("*.md")])))
def test_a_page_with_commands_is_one_that_is_run(page: str) -> None:
    """Every page with commands is run. When you add commands to a page, add the page here."""
    commands = blocks_of(Path(page), "sh", "python", "bash", "shell", "console")
    run = {str(README), str(QUICKSTART), str(GUIDE), str(START), *OTHERS}

    assert page in run or all(block.reason for block in commands)
