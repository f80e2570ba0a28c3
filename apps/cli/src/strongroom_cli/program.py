"""Find the program that `run` is asked for, and become it."""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from strongroom_cli.core_dumps import allow_core_dumps_again
from strongroom_cli.exits import NO_SUCH_PROGRAM, NOT_EXECUTABLE, Failure

if TYPE_CHECKING:
    from collections.abc import Mapping


def find_program(name: str) -> str:
    """Return the path of a program, as a shell would find it on this process's own PATH.

    Raises `Failure` with 127 when there is none and 126 when it may not be run.
    """
    places = [name] if "/" in name else [f"{each}/{name}" for each in os.get_exec_path()]
    there = [path for path in places if Path(path).is_file()]
    for path in there:
        if os.access(path, os.X_OK):
            return path
    if there or ("/" in name and Path(name).exists()):
        raise Failure(
            f"{name} is not executable",
            f"run `chmod +x {there[0]}`, or name the program that runs it"
            if there
            else "name a program",
            exit_code=NOT_EXECUTABLE,
        )
    raise Failure(
        f"there is no program {name}",
        "check the spelling, and that its folder is on PATH",
        exit_code=NO_SUCH_PROGRAM,
    )


def become(path: str, arguments: tuple[str, ...], environment: Mapping[str, str]) -> NoReturn:
    """Replace this process by the program, which then gets every signal and answers for itself.

    Raises `Failure` when the operating system refuses.
    """
    # Python ignores SIGPIPE, and what is ignored stays ignored over an exec.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    allow_core_dumps_again()
    try:
        os.execve(path, arguments, environment)  # noqa: S606 -- no shell is the point
    except OSError as error:
        raise refused(path, error) from None


def refused(path: str, error: OSError) -> Failure:
    """Return the failure of a program that could not be started."""
    if error.errno == errno.E2BIG:
        return Failure(
            f"the environment is too large for {path}",
            "give fewer secrets with --only, or let the program use `strongroom get`",
            exit_code=NOT_EXECUTABLE,
        )
    reason = (error.strerror or type(error).__name__).lower()
    return Failure(
        f"{path} cannot be run: {reason}",
        "a script needs a first line such as #!/bin/sh",
        exit_code=NOT_EXECUTABLE,
    )
