"""The installed package: light, self-contained, and with a known public API (D-2)."""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import pydoc
import re
import subprocess
import sys
import tomllib
import venv
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

import strongroom
from strongroom import events
from strongroom._internal.exchange import VERSION
from strongroom_testkit.machine import granted_machine
from strongroom_testkit.world import World

GUIDE = Path("docs/clients/python.md")
SOURCES = Path("packages/client/src/strongroom")

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
"""Modules that `import strongroom` must not load: each takes longer to import than the whole package."""

NOT_FOR_READING = {
    "asyncio",
    "cryptography.hazmat.primitives.serialization",
    "cryptography.hazmat.primitives.ciphers.aead",
    "difflib",
    "importlib.metadata",
    "logging",
    "urllib.request",
    "strongroom._internal.async_client",
    "strongroom._internal.cache_entries",
    "strongroom._internal.unsigned",
    "strongroom._internal.watching",
}
"""Modules that a program must not load to read a secret."""


def loaded_by(program: str, *arguments: str) -> set[str]:
    """Return the modules that a program loads, in addition to the interpreter's."""
    listing = "\nimport sys; print(*sys.modules, file=sys.stderr)"
    # Without `site`, because .pth files in a development environment load many modules.
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


@pytest.mark.programs
def test_imports_are_lazy() -> None:
    """D-2, D-3: names are imported on first use."""
    loaded = loaded_by("import strongroom")
    of_typing = loaded_by("import importlib, typing")

    assert {"strongroom"} == loaded - of_typing
    assert set() == HEAVY & loaded


async def test_a_read_imports_only_what_it_needs(world: World, place: Any, does: Any) -> None:
    """D-3: a read at program startup loads no modules for features that it doesn't use."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    place(await granted_machine(world, project, secret))
    program = (
        "import sys\nfrom strongroom import Strongroom\n"
        "with Strongroom() as client:\n    client.get_secret(sys.argv[1])\n"
    )
    loaded = await does(loaded_by, program, secret.id)

    assert {
        "strongroom._internal.client",
        "strongroom._internal.transport",
        "http.client",
    } <= loaded
    assert set() == NOT_FOR_READING & loaded
    assert [] == [each for each in loaded if each.startswith(("strongroom_core", "httpx"))]


def test_the_surface() -> None:
    """D-2: the public names are listed, can be imported, and are complete."""
    assert set(strongroom.__all__) <= set(dir(strongroom))
    assert len(strongroom.__all__) == len(set(strongroom.__all__))
    with pytest.raises(AttributeError, match="no attribute 'Vault'"):
        _ = strongroom.Vault
    namespace: dict[str, Any] = {}
    exec("from strongroom import *", namespace)
    assert set(strongroom.__all__) == namespace.keys() - {"__builtins__"}
    assert {"__init__", "_internal", "admin", "errors", "events"} == {
        path.stem for path in SOURCES.iterdir() if path.name != "py.typed"
    } - {"__pycache__"}


def test_everything_public_has_a_docstring() -> None:
    """D-2: every name, method and property has a handwritten docstring."""
    named: dict[str, Any] = {name: getattr(strongroom, name) for name in strongroom.__all__}
    named |= {f"events.{name}": each for name, each in vars(events).items() if name[0] != "_"}
    for name, each in list(named.items()):
        if inspect.isclass(each):
            named |= {
                f"{name}.{member}": found
                for member, found in vars(each).items()
                if member[0] != "_" and isinstance(found, FunctionType | property | classmethod)
            }
    silent = [
        name
        for name, each in named.items()
        # A dataclass without a docstring gets its signature as its docstring.
        if not each.__doc__ or each.__doc__.startswith(f"{getattr(each, '__name__', name)}(")
    ]

    assert [] == silent
    assert {"Strongroom.get_secret", "Value.offline", "Identity.load", "errors"} <= named.keys()


def test_help_teaches_the_right_use_first() -> None:
    """D-2: `help` starts with how to read a secret, and mentions no private modules."""
    # Terminals print a bold letter as the letter, a backspace and the letter again.
    shown = re.sub(".\b", "", pydoc.TextDoc().document(strongroom))
    before, after = shown.split("PACKAGE CONTENTS")
    listed = after.split("\n    class ")[0]

    assert "get_secret(api_key.id).reveal()" in "".join(before.splitlines(keepends=True)[:15])
    for word in ("AsyncStrongroom", "watch", "OfflineCache", "StrongroomError", "hint"):
        assert word in before
    assert ["_internal (package)"] == re.findall(r"_internal.*", before + listed)


@pytest.mark.programs
def test_only_public_names_are_imported() -> None:
    """D-2: programs, documents and our own command line import only public names."""
    files = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True).stdout
    found: set[tuple[str, str]] = set()
    for name in files.splitlines():
        if name.startswith((f"{SOURCES}/", "tests/client/")) or not name.endswith((".py", ".md")):
            continue
        if Path(name).exists():
            text = Path(name).read_text()
            found |= {
                (name, module)
                for module in re.findall(r"\b(?:from|import) strongroom\.([\w.]+)", text)
            }
            assert "from strongroom import _" not in text, name

    assert {"admin", "errors", "events"} == {module for _, module in found}, found


def test_both_clients_can_do_the_same() -> None:
    """D-2: the blocking and the async client have the same methods with the same parameters."""

    def surface(kind: type) -> dict[str, list[str]]:
        members = inspect.getmembers(kind, inspect.isfunction)
        return {
            name.replace("aclose", "close"): list(inspect.signature(member).parameters)
            for name, member in members
            if not name.startswith("_") or name == "__init__"
        }

    blocking, awaited = surface(strongroom.Strongroom), surface(strongroom.AsyncStrongroom)

    assert blocking == awaited
    assert 17 == len(blocking)


def test_the_version_and_the_modules() -> None:
    """D-2: requests send the package's version; the list of modules is correct."""
    declared = tomllib.loads(Path("packages/client/pyproject.toml").read_text())["project"]
    modules = {file.stem for file in (SOURCES / "_internal").glob("*.py")} - {"__init__"}
    rows = re.findall(r"^\| (`.*?) \|", strongroom._internal.__doc__ or "", re.MULTILINE)
    listed = set(re.findall(r"`([a-z_]+)`", " ".join(rows)))

    assert declared["version"] == VERSION
    assert ["cryptography>=46", "strongroom-wire"] == declared["dependencies"]
    assert modules == listed


async def test_installed_alone(world: World, place: Any, does: Any, tmp_path: Path) -> None:
    """D-2: installed as in the guide into an empty environment, the package can read without the server."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    place(await granted_machine(world, project, secret))
    value = await world.open_value(secret.id)
    inside = tmp_path / "environment"
    venv.create(inside, symlinks=True, with_pip=False)
    # `./run` may have set UV_PYTHON, which would take precedence.
    environment = {name: value for name, value in os.environ.items() if name != "UV_PYTHON"}
    environment["VIRTUAL_ENV"] = str(inside)
    (documented,) = re.findall(
        r"^```sh\nuv (.*?)\n```", GUIDE.read_text(), re.MULTILINE | re.DOTALL
    )
    process = await asyncio.create_subprocess_exec(
        "uv",
        *documented.split(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=environment,
    )
    output, _ = await process.communicate()

    assert 0 == process.returncode, output.decode()
    assert f"environment at: {inside}" in output.decode(), output.decode()

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
