"""Finds the program for `run`, and replaces this process with it."""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from strongroom_cli.core_dumps import allow_core_dumps_again
from strongroom_cli.failures import NO_SUCH_PROGRAM, NOT_EXECUTABLE, Failure

if TYPE_CHECKING:
    from collections.abc import Mapping


def find_program(name: str) -> str:
    """Return the path of a program, searching this process's PATH as a shell does.

    Raises `Failure` with 127 if there is no program and 126 if it can't be executed.
    """
    places = [name] if "/" in name else [f"{each}/{name}" for each in os.get_exec_path()]
    there = [path for path in places if Path(path).is_file()]
    for path in there:
        if os.access(path, os.X_OK):
            return path
    if there or ("/" in name and Path(name).exists()):
        raise Failure(
            f"{name} is not executable",
            f"run `chmod +x {there[0]}`, or run it through its interpreter (such as `python {there[0]}`)"
            if there
            else "pass a program",
            exit_code=NOT_EXECUTABLE,
        )
    raise Failure(
        f"program not found: {name}",
        "check the spelling, and that its folder is in PATH",
        exit_code=NO_SUCH_PROGRAM,
    )


def become(path: str, arguments: tuple[str, ...], environment: Mapping[str, str]) -> NoReturn:
    """Replace this process with the program, which then gets every signal directly.

    Raises `Failure` if the operating system refuses.
    """
    # Python ignores SIGPIPE, and ignored signals stay ignored across exec.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    allow_core_dumps_again()
    try:
        os.execve(path, arguments, environment)  # noqa: S606 -- a shell must not be involved
    except OSError as error:
        raise refused(path, error) from None


def refused(path: str, error: OSError) -> Failure:
    """Return the failure for a program that couldn't be started."""
    if error.errno == errno.E2BIG:
        return Failure(
            f"the environment is too large for {path}",
            "select fewer secrets with --only, or have the program use `strongroom get`",
            exit_code=NOT_EXECUTABLE,
        )
    reason = (error.strerror or type(error).__name__).lower()
    return Failure(
        f"can't run {path}: {reason}",
        "a script needs a first line such as #!/bin/sh",
        exit_code=NOT_EXECUTABLE,
    )
