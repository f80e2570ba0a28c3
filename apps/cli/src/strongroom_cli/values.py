"""Reads a value from where it leaves no trace: standard input, a hidden prompt, a file, or an editor.

Never from an argument: other users can see a process's arguments, and shells keep them in their history.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from strongroom_cli.failures import FAILURE, USAGE, Failure
from strongroom_cli.output import can_ask

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from strongroom import Value

MOST_BYTES = 256 * 1024
"""More than the server accepts in any request."""

_IN_MEMORY = "/dev/shm"  # noqa: S108 -- that it isn't a disk is the point
_FOLDER = "strongroom-edit-"
_MEMORY_TYPES = frozenset({"tmpfs", "ramfs"})
_VIM = ("vim", "nvim", "gvim")
_LEAVES_NO_FILES = ("-n", "-i", "NONE", "-c", "set noundofile nobackup nowritebackup")
"""Without these, vim writes swap and undo files, and its registers into a history file."""


def refuse_values(typed: Sequence[str], command: str) -> str:
    """Return the one argument, a path. Raises `Failure`, without repeating it, if there is a value.

    `command` is what to run instead.
    """
    name, equals, _ = typed[0].partition("=")
    if equals or len(typed) > 1:
        shown = name if name.isprintable() and (equals or len(typed) > 1) else "NAME"
        raise Failure(
            "a value must not be an argument: other users can see it, and your shell keeps it",
            f"run `{command} {shown}` and type the value, or pipe it in;"
            " if the value is in use, replace it, and remove this line from your shell's history",
            exit_code=USAGE,
        )
    return typed[0]


def read_value(file: str | None, what: str) -> Value:
    """Return a value from a file, from standard input (`-`, or no terminal), or from a hidden prompt.

    A file is stored exactly as it is. Otherwise, one final line break is removed. Raises `Failure`.
    """
    if file is not None and file != "-":
        return _value(_read_file(file))
    if file is None and can_ask():
        hint = "for a multi-line value, use `strongroom secrets edit` or pipe it in"
        click.echo(hint, err=True)
        return _value(
            click.prompt(
                f"{what} (hidden)", hide_input=True, confirmation_prompt=True, err=True
            ).encode()
        )
    if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison]
        raise Failure("standard input is closed", "pipe the value in", exit_code=USAGE)
    read = sys.stdin.buffer.read(MOST_BYTES + 1)
    return _value(read.removesuffix(b"\n").removesuffix(b"\r") if read.endswith(b"\n") else read)


def edit_value() -> Value | None:
    """Return what someone wrote in an editor, in a file that exists only in memory. None for nothing.

    The file starts empty. Raises `Failure` if there is no editor, or no folder in memory.
    """
    import shlex  # noqa: PLC0415 -- only here
    import subprocess  # noqa: PLC0415 -- the same

    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with _memory_folder() as folder:
        file = folder / "value"
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        command = [*shlex.split(editor), str(file)]
        if _is_vim(command[0]):
            command[1:1] = _LEAVES_NO_FILES
        # An editor's other files, such as backups, must also stay in memory.
        environment = {**os.environ, "TMPDIR": str(folder)}
        try:
            ended = subprocess.run(command, env=environment, check=False)  # noqa: S603 -- the user's own choice
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            raise Failure(
                f"can't run the editor {command[0]}: {reason}", "set EDITOR", exit_code=USAGE
            ) from None
        if ended.returncode != 0:
            raise Failure(f"the editor exited with status {ended.returncode}; nothing was stored")
        try:
            read = file.read_bytes()
        except OSError:
            return None
    # Editors end the last line.
    read = read.removesuffix(b"\n")
    return _value(read) if read else None


def _value(read: bytes) -> Value:
    from strongroom import Value  # noqa: PLC0415 -- not needed at startup

    if len(read) > MOST_BYTES:
        raise Failure(f"the value is larger than {MOST_BYTES >> 10} KiB", "store less")
    if not read:
        raise Failure("the value is empty", "type it, or pipe it in", exit_code=USAGE)
    try:
        text = read.decode()
    except UnicodeDecodeError:
        text = None
    if text is None:
        raise Failure("the value isn't text in UTF-8", "encode it, for example as base64")
    return Value(text)


def _read_file(file: str) -> bytes:
    try:
        with open(file, "rb") as opened:  # noqa: PTH123 -- it may be a /dev/fd
            return opened.read(MOST_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise Failure(
            f"can't read {file}: {reason}",
            "pass a file, or - for standard input",
            exit_code=FAILURE,
        ) from None


def _is_vim(editor: str) -> bool:
    from shutil import which  # noqa: PLC0415 -- only here

    found = which(editor)
    return found is not None and os.path.realpath(found).rpartition("/")[2].split(".")[0] in _VIM


@contextmanager
def _memory_folder() -> Generator[Path]:
    """Make a private folder in memory, and remove it with everything in it. Raises `Failure`."""
    import shutil  # noqa: PLC0415 -- only here
    import signal  # noqa: PLC0415 -- the same
    import tempfile  # noqa: PLC0415 -- the same

    if not _is_in_memory():
        raise Failure(
            "this system has no in-memory folder (/dev/shm), and values must not be written to disk",
            "use `strongroom secrets set` and type the value, or pipe it in",
        )
    _remove_abandoned()
    # Without handlers, these signals would end this process and leave the folder.
    ending = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
    before = {each: signal.signal(each, _interrupt) for each in ending}
    folder = Path(tempfile.mkdtemp(prefix=f"{_FOLDER}{os.getpid()}-", dir=_IN_MEMORY))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        for each, handler in before.items():
            signal.signal(each, handler)


def _remove_abandoned() -> None:
    """Remove this user's folders whose process was killed, because nothing else would until the next boot."""
    import shutil  # noqa: PLC0415 -- only here

    for folder in Path(_IN_MEMORY).glob(f"{_FOLDER}*"):
        process = folder.name.removeprefix(_FOLDER).partition("-")[0]
        with suppress(OSError):
            if folder.lstat().st_uid == os.getuid() and not Path(f"/proc/{process}").exists():
                shutil.rmtree(folder, ignore_errors=True)


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _is_in_memory() -> bool:
    with suppress(OSError), open("/proc/mounts", encoding="utf-8", errors="replace") as mounts:  # noqa: PTH123 -- text
        for line in mounts:
            _, place, kind, *_ = line.split()
            if place == _IN_MEMORY and kind in _MEMORY_TYPES:
                return os.access(_IN_MEMORY, os.W_OK)
    return False
