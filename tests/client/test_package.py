"""The package as it is installed: light, alone, and with a surface that is known (D-2)."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import strongroom
from strongroom.version import VERSION
from strongroom_testkit.machine import granted_machine
from strongroom_testkit.world import World

GUIDE = Path("docs/clients/python.md")

HEAVY = {
    "asyncio",
    "cryptography",
    "email",
    "http",
    "logging",
    "socket",
    "ssl",
    "urllib",
    "json",
    "dataclasses",
    "importlib.metadata",
}
"""What `import strongroom` must not load: each costs more than all of it."""

NOT_FOR_READING = {
    "asyncio",
    "cryptography.hazmat.primitives.serialization",
    "cryptography.hazmat.primitives.ciphers.aead",
    "difflib",
    "importlib.metadata",
    "logging",
    "urllib.request",
    "strongroom.async_client",
    "strongroom.cache_entries",
    "strongroom.enrolment",
    "strongroom.watching",
}
"""What a program that reads a secret must not load."""


def loaded_by(program: str, *arguments: str) -> set[str]:
    """Return the modules that a program loads, beyond those of the interpreter itself."""
    listing = "\nimport sys; print(*sys.modules, file=sys.stderr)"
    # Without `site`, whose .pth files of a development environment load much by themselves.
    path = os.pathsep.join(each for each in sys.path if each)
    modules = [
        set(
            subprocess.run(
                [sys.executable, "-S", "-c", each + listing, *arguments],
                capture_output=True,
                text=True,
                check=True,
                env={**os.environ, "PYTHONPATH": path},
            ).stderr.split()
        )
        for each in ("", program)
    ]
    return modules[1] - modules[0]


def test_importing_it_loads_next_to_nothing() -> None:
    """D-2, D-3: names are made when they are first used."""
    loaded = loaded_by("import strongroom")
    of_typing = loaded_by("import importlib, typing")

    assert {"strongroom"} == loaded - of_typing
    assert set() == HEAVY & loaded


async def test_reading_loads_only_what_it_needs(world: World, place: Any, does: Any) -> None:
    """D-3: a read that ends in a program's start must not pay for what it does not use."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    place(await granted_machine(world, project, secret))
    program = (
        "import sys\nfrom strongroom import Strongroom\n"
        "with Strongroom() as client:\n    client.get_secret(sys.argv[1])\n"
    )
    loaded = await does(loaded_by, program, secret.id)

    assert {"strongroom.client", "strongroom.transport", "http.client"} <= loaded
    assert set() == NOT_FOR_READING & loaded
    assert [] == [each for each in loaded if each.startswith(("strongroom_core", "httpx"))]


def test_the_surface() -> None:
    """D-2: what is public is listed, can be had, says what it is, and is all there is."""
    for name in strongroom.__all__:
        assert getattr(strongroom, name).__doc__, name

    assert set(strongroom.__all__) <= set(dir(strongroom))
    assert len(strongroom.__all__) == len(set(strongroom.__all__))
    with pytest.raises(AttributeError, match="no attribute 'Vault'"):
        _ = strongroom.Vault
    namespace: dict[str, Any] = {}
    exec("from strongroom import *", namespace)
    assert set(strongroom.__all__) == namespace.keys() - {"__builtins__"}


def test_both_clients_can_do_the_same() -> None:
    """D-2: the same methods with the same parameters, blocking and awaited."""
    import inspect  # noqa: PLC0415 -- only here

    def surface(kind: type) -> dict[str, list[str]]:
        members = inspect.getmembers(kind, inspect.isfunction)
        return {
            name.replace("aclose", "close"): list(inspect.signature(member).parameters)
            for name, member in members
            if not name.startswith("_") or name == "__init__"
        }

    blocking, awaited = surface(strongroom.Strongroom), surface(strongroom.AsyncStrongroom)

    assert blocking == awaited
    assert 15 == len(blocking)


def test_the_version_and_the_modules() -> None:
    """D-2: the version that requests name is the package's; the list of modules is the truth."""
    folder = Path("packages/client")
    declared = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    modules = {file.stem for file in (folder / "src/strongroom").glob("*.py")} - {"__init__"}
    listed = set(re.findall(r"`([a-z_]+)`", (strongroom.__doc__ or "").split("|---|---|")[1]))

    assert declared["version"] == VERSION
    assert ["cryptography>=46", "strongroom-wire"] == declared["dependencies"]
    assert set() == modules - listed - {"version"}


async def test_installed_alone(world: World, place: Any, does: Any, tmp_path: Path) -> None:
    """D-2: installed as the guide says into an empty environment, it reads; no server comes along."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    place(await granted_machine(world, project, secret))
    value = await world.open_value(secret.id)
    environment = {name: each for name, each in os.environ.items() if name != "VIRTUAL_ENV"}
    inside = tmp_path / "environment"

    async def uv(*arguments: str | Path) -> None:
        process = await asyncio.create_subprocess_exec(
            "uv",
            *map(str, arguments),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=environment,
        )
        output, _ = await process.communicate()
        assert 0 == process.returncode, output.decode()

    await uv("venv", "--python", sys.executable, inside)
    environment["VIRTUAL_ENV"] = str(inside)
    (documented,) = re.findall(
        r"^```sh\nuv (.*?)\n```", GUIDE.read_text(), re.MULTILINE | re.DOTALL
    )
    await uv(*documented.split())
    program = """
import importlib.metadata, json, sys
from strongroom import Strongroom
with Strongroom() as client:
    value = client.get_secret(sys.argv[1])
print(json.dumps([value.reveal(), sorted(d.name for d in importlib.metadata.distributions())]))
"""
    process = await asyncio.create_subprocess_exec(
        inside / "bin" / "python",
        "-I",
        "-c",
        program,
        secret.id,
        stdout=asyncio.subprocess.PIPE,
        cwd=tmp_path,
        env=environment,
    )
    output, _ = await process.communicate()
    read, installed = json.loads(output)

    assert value == read
    assert {"strongroom", "strongroom-wire", "cryptography"} <= set(installed)
    assert set() == set(installed) - {
        "strongroom",
        "strongroom-wire",
        "cryptography",
        "cffi",
        "pycparser",
        "typing_extensions",
    }
