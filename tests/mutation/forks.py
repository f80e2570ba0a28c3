"""Runs pytest in forks of a process that has already imported the libraries, but nothing of ours.

Importing the libraries takes longer than the tests that detect most mutants.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import subprocess
import sys
import traceback
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

_LIBRARIES_OF = """
import sys, pytest
pytest.main(["--collect-only", "-q", "-p", "pytest_asyncio.plugin", *sys.argv[1:]])
for name, module in sorted(sys.modules.items()):
    file = getattr(module, "__file__", None) or ""
    # pytest rewrites plug-ins when it imports them.
    if "site-packages" in file and "pytest_" not in name:
        print("library:", name)
"""
_COLLECTED = ("tests/architecture/test_documented.py", "tests/matrix/test_matrix.py")


class Forks:
    """The process that forks. It runs one pytest at a time, until it is closed."""

    def __init__(self) -> None:
        self._server = _start()

    def run(
        self,
        tree: Path,
        arguments: list[str],
        environment: dict[str, str],
        output: Path,
        patience: float,
    ) -> int:
        """Run pytest with `tree` first on its path, and write what it prints to `output`; return its status.

        Raises `TimeoutError` after `patience` seconds.
        """
        job = [str(tree), arguments, environment, str(output)]
        stdin, stdout = self._server.stdin, self._server.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(job) + "\n")
        stdin.flush()
        if not select.select([stdout], [], [], patience)[0]:
            os.killpg(self._server.pid, 9)
            self._server.wait()
            self._server = _start()
            raise TimeoutError
        return int(stdout.readline())

    def close(self) -> None:
        """End the process."""
        self._server.communicate()


def _start() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.mutation.forks", *_libraries()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        process_group=0,
    )


@cache
def _libraries() -> list[str]:
    """Return the modules of libraries that the tests import."""
    done = subprocess.run(
        [sys.executable, "-c", _LIBRARIES_OF, *_COLLECTED],
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.splitlines()
    return [line.removeprefix("library: ") for line in lines if line.startswith("library: ")]


def main(libraries: list[str]) -> None:
    """Import the libraries; then fork for each line of standard input, and print the child's exit status."""
    for library in libraries:
        try:
            importlib.import_module(library)
        except Exception:  # noqa: BLE001 - A module that can't be imported alone is imported by the child.
            continue
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _run(*json.loads(line))
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(status, flush=True)


def _run(tree: str, arguments: list[str], environment: dict[str, str], output: str) -> NoReturn:
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.environ.update(environment)
    sys.path.insert(0, tree)
    status = 3  # pytest's internal error
    try:
        status = int(pytest.main(arguments))
    except BaseException:  # noqa: BLE001 - The parent's loop must not run in the child.
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    main(sys.argv[1:])
