"""`strongroom export`: writes a project's secrets in a format that other programs read."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import click

from strongroom_cli.choices import (
    Choices,
    pass_choices,
    reading_options,
    rules_of,
    selection_options,
)
from strongroom_cli.export_formats import FORMATS, kubernetes_name
from strongroom_cli.failures import USAGE, Failure
from strongroom_cli.output import at_terminal, note, write
from strongroom_cli.phrases import counted
from strongroom_cli.work_tree import find_work_tree, is_ignored, is_tracked

if TYPE_CHECKING:
    from strongroom_cli.variables import Rules

_STDOUT = Path("-")
_OTHERS = stat.S_IRGRP | stat.S_IWGRP | stat.S_IROTH | stat.S_IWOTH


@click.command(name="export")
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    default="dotenv",
    show_default=True,
    help="Format.",
)
@click.option(
    "-o",
    "--output",
    "output_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write to FILE; - is standard output, even a terminal.",
)
@click.option(
    "--force", is_flag=True, help="Write to FILE even if others can read it or git tracks it."
)
@click.option("--name", metavar="NAME", help="Name of the Kubernetes secret.")
@selection_options
@reading_options
@pass_choices
def command(
    choices: Choices,
    form: str,
    output_file: Path | None,
    name: str | None,
    *,
    force: bool,
    **selection: tuple[str, ...],
) -> None:
    """Write the project's secrets in a format that other programs read.

    Variables are named as in `strongroom run`. If the format can't represent a value, the error
    names the secret, and nothing is written. Values are printed in a terminal only with -o -.
    """
    from strongroom_cli.addresses import resolve_project  # noqa: PLC0415 -- the same
    from strongroom_cli.connection import (  # noqa: PLC0415 -- see main
        connected,
        note_age,
        note_left_out,
    )
    from strongroom_cli.settings import settle  # noqa: PLC0415 -- the same
    from strongroom_cli.variables import make_variables  # noqa: PLC0415 -- the same

    if output_file is None and at_terminal():
        raise Failure(
            "export prints values, and standard output is a terminal",
            "write them to a file with -o FILE, or print them anyway with -o -",
            exit_code=USAGE,
        )
    if output_file == _STDOUT:
        output_file = None
    rules: Rules = rules_of(**selection)  # pyright: ignore[reportArgumentType]
    if output_file is not None:
        # Check this before reading anything: if the file can't be written, the audit log must not
        # show a read.
        _require_writable(output_file, force=force)
    settings = settle(choices)
    with connected(choices, settings) as client:
        project = resolve_project(client, settings.project)
        exported = client.export(project.id)
        note_left_out(choices, client, project.id, exported, rules)
    note_age(choices, [each.value for each in exported])
    variables = make_variables(exported, rules)
    text = FORMATS[form](variables, name or kubernetes_name(project.label))
    if output_file is None:
        write(text)
        return
    _write_guarded(output_file, text.encode())
    note(
        choices,
        f"{counted(len(variables), 'variable')} written to {output_file} (mode 0600)",
    )
    tree = find_work_tree(output_file)
    if tree is not None and not is_ignored(output_file, tree):
        note(
            choices,
            f"{output_file} is in a git repository and not ignored; add it to .gitignore",
        )


def _require_writable(path: Path, *, force: bool) -> None:
    """Raise `Failure` if secrets shouldn't be written here.

    Folders and devices are rejected and, without `force`, so are files that others can read or that git
    tracks.
    """
    try:
        found = path.lstat()
    except FileNotFoundError:
        found = None
    except OSError as error:
        raise _cannot(path, error) from None
    if found is not None and not stat.S_ISREG(found.st_mode):
        raise Failure(f"{path} is not a regular file", "choose another file with -o")
    if force:
        return
    if found is not None and found.st_mode & _OTHERS:
        raise Failure(
            f"{path} can be read or written by others",
            f"run `chmod 600 {path}` first, or use --force",
        )
    tree = find_work_tree(path)
    if tree is not None and is_tracked(path, tree):
        raise Failure(
            f"{path} is tracked by git",
            "choose another file with -o, or use --force",
        )


def _write_guarded(path: Path, content: bytes) -> None:
    """Atomically replace the file with `content`, with mode 0600. Raises `Failure`."""
    import tempfile  # noqa: PLC0415 -- heavy, and only for files

    try:
        handle, part = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(part).replace(path)
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise _cannot(path, error) from None


def _cannot(path: Path, error: OSError) -> Failure:
    reason = (error.strerror or type(error).__name__).lower()
    return Failure(f"can't write {path}: {reason}", "choose another file with -o")
