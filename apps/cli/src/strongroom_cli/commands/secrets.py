"""`strongroom secrets`: lists and changes secrets, as the person who is signed in. It prints no value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from strongroom_cli.choices import (
    Choices,
    changing_options,
    destructive_options,
    output_option,
    pass_choices,
    person_options,
    project_option,
)
from strongroom_cli.failures import USAGE, Failure
from strongroom_cli.groups import Group
from strongroom_cli.output import ALL_KINDS, JSON, note, write_json, write_rows
from strongroom_cli.phrases import counted

if TYPE_CHECKING:
    from strongroom import Value
    from strongroom.admin import Admin, Secret
    from strongroom_cli.person import Place

_MEANT = {
    "ls": "list",
    "get": "run `strongroom get` on a machine: people can't read values",
    "show": "list",
    "view": "list",
    "put": "set",
    "add": "set",
    "new": "set",
    "create": "set",
    "update": "set",
    "replace": "set",
    "write": "set",
    "rotate": "generate",
    "gen": "generate",
    "rm": "delete",
    "remove": "delete",
    "unset": "delete",
    "destroy": "delete",
    "log": "history",
    "versions": "history",
    "metadata": "history",
    "restore": "rollback",
    "revert": "rollback",
    "folders": "run `strongroom projects`",
    "download": "run `strongroom export` on a machine",
    "upload": "set",
}
_NEW_FIELD = click.option(
    "--new-field", is_flag=True, help="Add #FIELD to a secret that doesn't have it yet."
)
_GENERATED = click.Choice(["alphanumeric", "numbers", "symbols", "uuid"])


@click.group(name="secrets", cls=Group, meant=_MEANT, invoke_without_command=True)
@output_option(*ALL_KINDS)
@project_option
@person_options
@click.pass_context
def command(ctx: click.Context) -> None:
    """List and change secrets, as the person who is signed in.

    Values are typed, piped in or written in an editor. They are never arguments, and never printed:
    only machines read them.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_)


@command.command(name="list")
@click.argument("typed", metavar="[PROJECT]", required=False)
@click.option(
    "-s", "--search", metavar="TEXT", help="Only secrets with this text in name, note or tags."
)
@output_option(*ALL_KINDS)
@project_option
@person_options
@pass_choices
def list_(choices: Choices, typed: str | None = None, search: str | None = None) -> None:
    """List a project's secrets, without values."""
    from strongroom_cli.person import acting, facts, moment, resolve_project  # noqa: PLC0415 -- see main

    with acting(choices) as admin:
        found = resolve_project(choices, admin, typed)
        listed = list(admin.each(admin.list_secrets, found.id, q=search))
    if not listed:
        note(choices, f"no secrets in {found.address}")
    write_rows(
        choices,
        ("address", "kind", "version", "changed", "by", "readers", "last read"),
        [
            (
                f"{found.address}/{each.name}",
                each.kind,
                str(each.version),
                moment(each.changed_at),
                each.changed_by,
                str(each.readers),
                moment(each.last_read_at),
            )
            for each in listed
        ],
        [{"address": f"{found.address}/{each.name}", **facts(each)} for each in listed],
    )


@command.command(name="set")
@click.argument("typed", metavar="PATH", nargs=-1, required=True)
@click.option("--file", metavar="FILE", help="Read the value from FILE, or - for standard input.")
@_NEW_FIELD
@output_option(*ALL_KINDS)
@project_option
@changing_options
@pass_choices
def set_(choices: Choices, typed: tuple[str, ...], file: str | None, *, new_field: bool) -> None:
    """Store a value at PATH, as a new secret or as a new version.

    PATH is application/project/NAME, project/NAME, an ID, or NAME in the selected project. #FIELD
    can follow. The value comes from a hidden prompt, from standard input, or from a file.
    """
    from strongroom_cli.person import acting, find_place  # noqa: PLC0415 -- see main
    from strongroom_cli.values import read_value, refuse_values  # noqa: PLC0415 -- the same

    path = refuse_values(typed, "strongroom secrets set")
    with acting(choices) as admin:
        place = find_place(choices, admin, path)
        _require_storable(place, new_field=new_field)
        if not _would_store(choices, place):
            _store(choices, admin, place, read_value(file, "Value"))


@command.command()
@click.argument("typed", metavar="PATH", nargs=-1, required=True)
@_NEW_FIELD
@output_option(*ALL_KINDS)
@project_option
@changing_options
@pass_choices
def edit(choices: Choices, typed: tuple[str, ...], *, new_field: bool) -> None:
    """Write a value in your editor, and store it at PATH.

    The file is in memory (/dev/shm), and it starts empty: people can't read stored values. Nothing is
    stored if it stays empty. The editor is VISUAL, EDITOR, or vi.
    """
    from strongroom_cli.person import acting, find_place  # noqa: PLC0415 -- see main
    from strongroom_cli.values import edit_value, refuse_values  # noqa: PLC0415 -- the same

    path = refuse_values(typed, "strongroom secrets edit")
    with acting(choices) as admin:
        place = find_place(choices, admin, path)
        _require_storable(place, new_field=new_field)
        if _would_store(choices, place):
            return
        value = edit_value()
        if value is None:
            note(choices, "the file is empty; nothing was stored")
            return
        _store(choices, admin, place, value)


@command.command()
@click.argument("path")
@click.option("--length", type=int, metavar="N", help="Number of characters (default 32).")
@click.option("--charset", type=_GENERATED, help="Kind of characters (default symbols).")
@output_option(*ALL_KINDS)
@project_option
@changing_options
@pass_choices
def generate(choices: Choices, path: str, length: int | None, charset: str | None) -> None:
    """Have the server generate a value at PATH, as a new secret or as a new version."""
    from strongroom.admin import Generate  # noqa: PLC0415 -- not needed at startup
    from strongroom_cli.person import acting, find_place  # noqa: PLC0415 -- see main
    from strongroom_cli.values import refuse_values  # noqa: PLC0415 -- the same

    refuse_values([path], "strongroom secrets set")
    with acting(choices) as admin:
        place = find_place(choices, admin, path)
        _require_storable(place)
        if _would_store(choices, place, "a generated value"):
            return
        if place.found is None:
            recipe = Generate(**_given(length=length, charset=charset))
            made = admin.set_secret(place.address, generate=recipe)
        else:
            fields = None if place.field is None else [place.field]
            made = admin.rotate_secret(
                place.found.id, **_given(length=length, charset=charset, fields=fields)
            )
        _tell_stored(choices, place, made)


@command.command()
@click.argument("path")
@project_option
@destructive_options
@pass_choices
def delete(choices: Choices, path: str) -> None:
    """Move the secret at PATH to the trash, for 30 days."""
    from strongroom_cli.consent import confirm, would  # noqa: PLC0415 -- see main
    from strongroom_cli.person import acting, find_place  # noqa: PLC0415 -- the same

    with acting(choices) as admin:
        place = find_place(choices, admin, path)
        found = place.required_whole()
        if would(choices, f"move {place.address} to the trash; {_readers(found)}"):
            return
        confirm(choices, f"move {place.address} to the trash", f"{_readers(found)}.")
        admin.delete_secret(found.id)
    note(choices, f"moved {place.address} to the trash, where it stays for 30 days")


@command.command()
@click.argument("path")
@output_option(*ALL_KINDS)
@project_option
@person_options
@pass_choices
def history(choices: Choices, path: str) -> None:
    """List the versions of the secret at PATH, newest first, without values."""
    from strongroom_cli.person import acting, facts, find_place, moment  # noqa: PLC0415 -- see main

    with acting(choices) as admin:
        found = find_place(choices, admin, path).required_whole()
        listed = list(admin.each(admin.list_versions, found.id))
    write_rows(
        choices,
        ("version", "created", "by", "how"),
        [
            (
                f"{each.number}{' (current)' if each.current else ''}",
                moment(each.created_at),
                each.actor_name,
                each.origin if each.restored is None else f"{each.origin} to {each.restored}",
            )
            for each in listed
        ],
        [facts(each) for each in listed],
    )


@command.command()
@click.argument("path")
@click.argument("version", type=click.IntRange(1), required=False)
@output_option(*ALL_KINDS)
@project_option
@destructive_options
@pass_choices
def rollback(choices: Choices, path: str, version: int | None) -> None:
    """Store an earlier VERSION's value as the newest version. The default is the one before the current."""
    from strongroom_cli.consent import confirm, would  # noqa: PLC0415 -- see main
    from strongroom_cli.person import acting, find_place  # noqa: PLC0415 -- the same

    with acting(choices) as admin:
        place = find_place(choices, admin, path)
        found = place.required_whole()
        earlier = version or found.version - 1
        if not 1 <= earlier < found.version:
            raise Failure(
                f"{place.address} can't be rolled back from version {found.version} to {earlier}",
                f"see `strongroom secrets history {place.address}`",
                exit_code=USAGE,
            )
        if would(choices, f"roll {place.address} back to version {earlier}; {_readers(found)}"):
            return
        confirm(choices, f"roll {place.address} back to version {earlier}", f"{_readers(found)}.")
        _tell_stored(choices, place, admin.roll_back_secret(found.id, earlier))


def _require_storable(place: Place, *, new_field: bool | None = None) -> None:
    """Raise `Failure` if no value can be stored here, such as for a structured secret without a field.

    A field that the secret doesn't have is usually a typo, so `new_field` must say that it is meant. It is
    None for commands that can't add one.
    """
    found = place.found
    if place.field is not None:
        secret = place.required()
        if secret.kind == "structured" and new_field and place.field not in secret.field_names:
            return
        if new_field is None:
            place.required_field()
        else:
            place.required_field("name one of them as #FIELD, or add one with --new-field")
        return
    if new_field:
        raise Failure(
            "--new-field needs a field", f"add one: {place.address}#FIELD", exit_code=USAGE
        )
    if found is None:
        if "/" not in place.address:
            place.required()
    elif found.kind == "structured":
        names = ", ".join(found.field_names)
        raise Failure(
            f"{place.address} has fields: {names}",
            f"add one as #FIELD, such as {place.address}#{found.field_names[0]}",
            exit_code=USAGE,
        )


def _would_store(choices: Choices, place: Place, what: str = "a value") -> bool:
    from strongroom_cli.consent import would  # noqa: PLC0415 -- see main

    if place.found is None:
        return would(choices, f"create {place.address} with {what}")
    label = f"{place.address}{f'#{place.field}' if place.field else ''}"
    return would(
        choices,
        f"store {what} as version {place.found.version + 1} of {label}; {_readers(place.found)}",
    )


def _store(choices: Choices, admin: Admin, place: Place, value: Value) -> None:
    if place.found is None:
        made = admin.set_secret(place.address, value=value)
    elif place.field is None:
        made = admin.replace_secret(place.found.id, value=value)
    else:
        made = admin.replace_secret(place.found.id, fields={place.field: value})
    _tell_stored(choices, place, made)


def _tell_stored(choices: Choices, place: Place, made: Secret) -> None:
    from strongroom_cli.person import facts  # noqa: PLC0415 -- see main

    if choices.output == JSON:
        write_json(facts(made))
    told = "created" if made.version == 1 else f"stored version {made.version} of"
    note(choices, f"{told} {place.address}; {_readers(made)}")


def _readers(secret: Secret) -> str:
    return f"{counted(secret.readers, 'machine')} can read it"


def _given(**options: Any) -> dict[str, Any]:
    """Return the options that were given."""
    return {name: each for name, each in options.items() if each is not None}
