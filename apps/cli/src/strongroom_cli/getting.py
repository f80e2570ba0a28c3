"""Prints a secret, as `strongroom get` does, without its parser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_cli.addresses import resolve_secret
from strongroom_cli.connection import connected, note_age
from strongroom_cli.failures import NOT_FOUND, Failure
from strongroom_cli.output import JSON, at_terminal, kind_of, write, write_json
from strongroom_cli.settings import settle

if TYPE_CHECKING:
    from strongroom import Strongroom
    from strongroom_cli.addresses import Found
    from strongroom_cli.chosen import Choices


def print_secret(choices: Choices, address: str, field: str | None) -> None:
    """Print the secret at an address, or one field of it. Raises `Failure`, and the library's errors."""
    settings = settle(choices)
    with connected(choices, settings) as client:
        found = resolve_secret(client, address, settings.project)
        wanted = field or found.field
        _require_field(found, wanted)
        if kind_of(choices) == JSON:
            _write_json(choices, client, found, wanted)
        else:
            value = client.get_field(found.id, wanted) if wanted else client.get_secret(found.id)
            # This is written before the value, which may not end with a newline.
            note_age(choices, [value])
            write(value.reveal() + ("\n" if at_terminal() else ""))


def _write_json(choices: Choices, client: Strongroom, found: Found, field: str | None) -> None:
    from strongroom import ExportedSecret, NotStructured  # noqa: PLC0415 -- one way of printing

    said: dict[str, object] = {"id": found.id, "address": found.info and found.info.address}
    if field is not None:
        value = client.get_field(found.id, field)
        note_age(choices, [value])
        write_json({**said, "field": field, "value": value.reveal()})
        return
    # Read the secret only once, regardless of its kind, because every read is logged.
    value = client.get_secret(found.id)
    note_age(choices, [value])
    names = found.info.field_names if found.info is not None else ()
    try:
        fields = ExportedSecret(found.id, found.label, names, value).fields
    except NotStructured:
        write_json({**said, "value": value.reveal()})
    else:
        write_json({**said, "fields": {name: each.reveal() for name, each in fields.items()}})


def _require_field(found: Found, field: str | None) -> None:
    """Reject an unknown field before reading. A secret given by ID can't be checked."""
    if field is None or found.info is None:
        return
    names = found.info.field_names
    if names is None:
        raise Failure(
            f"{found.label} is a single value; it has no field {field}",
            f"get the whole secret: `strongroom get {found.label}`",
            exit_code=NOT_FOUND,
        )
    if field not in names:
        raise Failure(
            f"no access to field {field} of {found.label}, or it does not exist",
            f"fields: {', '.join(names)}",
            exit_code=NOT_FOUND,
            for_access=True,
        )
