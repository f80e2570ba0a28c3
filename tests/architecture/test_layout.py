"""Modules are small and named for what they do."""

import ast
import subprocess
from pathlib import Path

FORBIDDEN = {"service", "utils", "helpers", "manager", "common", "base", "misc", "shared"}
LONGEST = 500
SOURCES = sorted(path for root in ("packages", "apps") for path in Path(root).glob("*/src/**/*.py"))


def test_no_module_has_a_vague_name() -> None:
    """No module has a vague name such as `utils`, because such a module attracts unrelated code."""
    assert [path for path in SOURCES if path.stem in FORBIDDEN] == []
    assert len(SOURCES) > 80


def test_no_module_is_too_long() -> None:
    """A module has at most 500 lines."""
    assert [path for path in SOURCES if len(path.read_text().splitlines()) > LONGEST] == []


def test_packages_re_export_nothing() -> None:
    """Every name is imported from where it is defined, so that the import graph is accurate."""
    wrong = []
    for path in SOURCES:
        # The SDK is a library for others, so its package is its public API.
        if path.name == "__init__.py" and path.parent.name != "strongroom":
            body = ast.parse(path.read_text()).body
            if not (len(body) == 1 and isinstance(body[0], ast.Expr)):
                wrong.append(path)

    assert wrong == []


def test_every_module_has_a_docstring() -> None:
    """Every module starts with a docstring, because newcomers read its first line first."""
    silent = [path for path in SOURCES if not ast.get_docstring(ast.parse(path.read_text()))]

    assert silent == []


def test_a_package_of_core_names_its_modules() -> None:
    """If a package lists its modules, the list is correct."""
    wrong = []
    for init in Path("packages/core/src/strongroom_core").glob("*/__init__.py"):
        text = init.read_text()
        if "| module |" not in text:
            continue
        modules = {p.stem for p in init.parent.glob("*.py")} - {"__init__"}
        unlisted = {name for name in modules if f"`{name}`" not in text}
        wrong += [f"{init.parent.name}: {name}" for name in sorted(unlisted)]

    assert wrong == []


def test_no_private_file_is_tracked() -> None:
    """No key, database or environment file is in the repository."""
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True).stdout
    wrong = [name for name in listed.splitlines() if name.endswith((".pem", ".env", ".key", ".db"))]

    assert wrong == []
