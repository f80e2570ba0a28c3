"""The import contracts hold, and each of them can fail."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LINT = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]

BREACHES = {
    "products": ("apps/api/src/strongroom_api/health_of.py", "import strongroom_worker"),
    "client-purity": ("apps/cli/src/strongroom_cli/peek.py", "import litestar"),
    "core-layers": (
        "packages/core/src/strongroom_core/kernel/ids_of.py",
        "from strongroom_core.access import decide",
    ),
    "acyclic": (
        "packages/core/src/strongroom_core/projects/keys.py",
        "from strongroom_core.projects import create",
    ),
    "who-may-decrypt": (
        "packages/core/src/strongroom_core/secrets/peek.py",
        "from strongroom_core.crypto import decrypt",
    ),
    "one-crypto": ("packages/core/src/strongroom_core/secrets/peek.py", "import cryptography"),
    "one-audit-log": (
        "packages/core/src/strongroom_core/secrets/peek.py",
        "from strongroom_core.access import log",
    ),
    "one-scope": (
        "packages/core/src/strongroom_core/secrets/peek.py",
        "from strongroom_core.db import scope",
    ),
    "apps-speak-use-cases": (
        "apps/api/src/strongroom_api/peek.py",
        "from strongroom_core.schema import tables",
    ),
    "roots-only": (
        "apps/api/src/strongroom_api/peek.py",
        "from strongroom_core.crypto import keyring",
    ),
    "dashboard-is-blind": (
        "apps/dashboard/src/strongroom_dashboard/peek.py",
        "from strongroom_core.reading import batch",
    ),
    "framework-free-core": (
        "packages/core/src/strongroom_core/secrets/peek.py",
        "import litestar",
    ),
}
"""For each contract, a module and a line that it must reject."""


def _contracts() -> set[str]:
    text = Path("pyproject.toml").read_text()
    return set(re.findall(r'^id = "([a-z-]+)"$', text, re.MULTILINE))


def test_the_contracts_hold() -> None:
    """Imports only go downwards, and only the listed modules decrypt."""
    lint = subprocess.run([*LINT, "--no-cache"], capture_output=True, text=True, check=False)

    assert lint.returncode == 0, lint.stdout


def test_every_contract_has_a_breach() -> None:
    """There is a way to break each contract, because one that can't fail protects nothing."""
    assert set(BREACHES) == _contracts()


@pytest.mark.parametrize("contract", sorted(BREACHES))
def test_a_breach_is_found(contract: str, tmp_path: Path) -> None:
    """The contract fails when it is deliberately broken in a copy."""
    for root in ("packages", "apps"):
        shutil.copytree(root, tmp_path / root)
    shutil.copy("pyproject.toml", tmp_path)
    where, line = BREACHES[contract]
    module = tmp_path / where
    before = module.read_text() if module.exists() else ""
    module.write_text(f"{before}\n{line}\n")
    sources = ":".join(str(path) for path in tmp_path.glob("*/*/src"))
    lint = subprocess.run(
        [*LINT, "--no-cache", "--contract", contract],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={"PYTHONPATH": sources, "PATH": "/usr/bin:/bin"},
    )

    assert lint.returncode != 0, lint.stdout
    assert "BROKEN" in lint.stdout
