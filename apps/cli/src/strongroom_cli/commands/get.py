"""`strongroom get`: print a secret."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from strongroom_cli.choices import Choices, output_option, pass_choices, reading_options
from strongroom_cli.output import JSON, kind_of, write, write_json

if TYPE_CHECKING:
    from strongroom import Strongroom, Value
    from strongroom_cli.addresses import Found


@click.command(name="get")
@click.argument("address")
@click.option("--field", metavar="FIELD", help="One field of a structured secret.")
@output_option("plain", "json")
@reading_options
@pass_choices
def command(choices: Choices, address: str, field: str | None) -> None:
    """Print the secret at ADDRESS, exactly as it is.

    ADDRESS is application/environment/NAME, project/NAME, a NAME inside the project of this folder,
    or an id; #FIELD may follow. At a terminal a newline is added. A structured secret is printed as
    JSON.
    """
    from strongroom_cli.addresses import resolve_secret  # noqa: PLC0415 -- kept out of the start
    from strongroom_cli.connection import connected, note_age  # noqa: PLC0415 -- the same
    from strongroom_cli.settings import settle  # noqa: PLC0415 -- the same

    settings = settle(choices)
    with connected(choices, settings) as client:
        found = resolve_secret(client, address, settings.project)
        wanted = field or found.field
        if kind_of(choices) == JSON:
            age = _write_json(client, found, wanted)
        else:
            age = client.get_field(found.id, wanted) if wanted else client.get_secret(found.id)
            write(age.reveal() + ("\n" if sys.stdout.isatty() else ""))
        note_age(choices, [age])


def _write_json(client: Strongroom, found: Found, field: str | None) -> Value:
    from strongroom import NotStructured  # noqa: PLC0415 -- one way of printing

    said: dict[str, object] = {"id": found.id, "address": found.info and found.info.address}
    if field is not None:
        value = client.get_field(found.id, field)
        write_json({**said, "field": field, "value": value.reveal()})
        return value
    if found.info is None or found.info.field_names is not None:
        try:
            fields = client.get_fields(found.id)
        except NotStructured:
            pass
        else:
            write_json({**said, "fields": {name: each.reveal() for name, each in fields.items()}})
            return next(iter(fields.values()))
    value = client.get_secret(found.id)
    write_json({**said, "value": value.reveal()})
    return value
