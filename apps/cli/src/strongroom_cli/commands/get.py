"""`strongroom get`: prints a secret."""

from __future__ import annotations

import click

from strongroom_cli.choices import Choices, output_option, pass_choices, reading_options


@click.command(name="get")
@click.argument("address", metavar="PATH")
@click.option("--field", metavar="FIELD", help="One field of a structured secret.")
@output_option("plain", "json")
@reading_options
@pass_choices
def command(choices: Choices, address: str, field: str | None) -> None:
    """Print the secret at PATH, unmodified.

    PATH is application/project/NAME, project/NAME, a NAME in this folder's project, or an ID.
    Append #FIELD to get one field. On a terminal a newline is added. A structured secret is printed as JSON.
    """
    from strongroom_cli.getting import print_secret  # noqa: PLC0415 -- not needed at startup

    print_secret(choices, address, field)
