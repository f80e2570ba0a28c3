"""`strongroom version`."""

from __future__ import annotations

import click

from strongroom_cli.choices import Choices, common_options, output_option, pass_choices
from strongroom_cli.output import JSON, kind_of, write_json, write_line


@click.command(name="version")
@output_option("plain", "json")
@common_options
@pass_choices
def command(choices: Choices) -> None:
    """Print the version."""
    if kind_of(choices) == JSON:
        write_json({"version": _version()})
    else:
        write_line(version_line())


def version_line() -> str:
    """Return the output of `strongroom --version`."""
    return f"strongroom {_version()}"


def _version() -> str:
    from importlib.metadata import version  # noqa: PLC0415 -- heavy

    return version("strongroom-cli")
