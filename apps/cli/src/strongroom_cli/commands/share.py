"""`strongroom share`: creates a one-time share, as the person who is signed in."""

from __future__ import annotations

from typing import Any

import click

from strongroom_cli.choices import (
    Choices,
    changing_options,
    output_option,
    pass_choices,
    project_option,
)
from strongroom_cli.failures import USAGE, Failure
from strongroom_cli.output import ALL_KINDS, JSON, note, write_facts, write_json

MOST_BYTES = 100 * 1024
_SHORTEST, _LONGEST = 60, 86_400


@click.command(name="share")
@click.argument("typed", metavar="", nargs=-1)
@click.option("--file", metavar="FILE", help="Share this file, with its name.")
@click.option("--label", metavar="TEXT", help="Description, shown in your list of shares.")
@click.option("--expires", metavar="AGE", default="1h", help="10m, 1h (default), up to 24h.")
@click.option(
    "--tries", type=click.IntRange(1), metavar="N", help="How often the passphrase can be tried."
)
@output_option(*ALL_KINDS)
@project_option
@changing_options
@pass_choices
def command(
    choices: Choices,
    typed: tuple[str, ...],
    file: str | None,
    label: str | None,
    expires: str,
    tries: int | None,
) -> None:
    """Share a text or a file of at most 100 KB, which one person can open once.

    The text comes from a hidden prompt or from standard input. Prints a link and a passphrase; the
    recipient needs both.
    """
    from strongroom_cli.consent import would  # noqa: PLC0415 -- see main
    from strongroom_cli.person import acting, facts, find_project  # noqa: PLC0415 -- the same
    from strongroom_cli.settings import seconds_of  # noqa: PLC0415 -- the same
    from strongroom_cli.values import read_value  # noqa: PLC0415 -- the same

    if typed:
        raise Failure(
            "what you share must not be an argument: other users can see it, and your shell keeps it",
            "run `strongroom share` and type it, or pipe it in; for a file, use --file",
            exit_code=USAGE,
        )
    lifetime = int(seconds_of(expires))
    if not _SHORTEST <= lifetime <= _LONGEST:
        raise Failure(
            "a share expires after 1 minute to 24 hours", "use --expires 1m to 24h", exit_code=USAGE
        )
    with acting(choices) as admin:
        project = None if choices.project is None else find_project(admin, choices.project)
        where = f" in {project.address}" if project is not None else ""
        if would(choices, f"create a share{where} that expires after {expires}"):
            return
        options: dict[str, Any] = {"label": label, "lifetime_seconds": lifetime, "tries": tries}
        if file is not None:
            name, content = _file(file)
            options |= {"file_name": name, "file_content": content}
        else:
            value = read_value(None, "Text to share")
            if len(value.reveal().encode()) > MOST_BYTES:
                raise _too_large()
            options["value"] = value
        if project is None:
            made = admin.create_share(**options)
        else:
            made = admin.create_project_share(project.id, **options)
    told = {"link": made.url.reveal(), "passphrase": made.passphrase.reveal()}
    if choices.output == JSON:
        write_json({**told, **facts(made.share)})
    else:
        write_facts(choices, told)
    note(
        choices,
        f"works once, for {expires}. Send the link one way and the passphrase another, such as by phone:"
        " anyone who has both can open it",
    )


def _file(path: str) -> tuple[str, str]:
    """Return a file's name and its content in base64. Raises `Failure`."""
    from base64 import b64encode  # noqa: PLC0415 -- only here
    from pathlib import Path  # noqa: PLC0415 -- the same

    try:
        with open(path, "rb") as opened:  # noqa: PTH123 -- it may be a /dev/fd
            content = opened.read(MOST_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise Failure(f"can't read {path}: {reason}", "pass a file") from None
    if len(content) > MOST_BYTES:
        raise _too_large()
    return Path(path).name, b64encode(content).decode()


def _too_large() -> Failure:
    return Failure(
        "a share is at most 100 KB", "share less, or split it into several shares", exit_code=USAGE
    )
