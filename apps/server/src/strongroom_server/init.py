"""`strongroom-server init`: make an installation, and show its root once."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from strongroom_core.accounts.setup_link import address_of
from strongroom_core.crypto.passphrase import (
    generate_passphrase,
    new_parameters,
    root_from_passphrase,
)
from strongroom_core.crypto.root import encode_root, key_check_value, new_root
from strongroom_core.crypto.shares import split
from strongroom_core.kernel.errors import Conflict, Invalid
from strongroom_core.operate import roles
from strongroom_core.operate.administer import RolesMissing, require_roles
from strongroom_core.operate.initialise import FIRST_VERSION, Initialised, initialise
from strongroom_core.operate.root_facts import RootFacts
from strongroom_core.settings import Settings, require_origin
from strongroom_server import databases, root_check
from strongroom_server.data_folder import DataFolder, cache_folder

if TYPE_CHECKING:
    from pathlib import Path

    from strongroom_core.crypto.passphrase import PassphraseParameters
    from strongroom_core.crypto.root import RootKey

_SHARES = re.compile(r"(\d{1,2})-of-(\d{1,2})")


@dataclass(frozen=True, slots=True)
class InitOptions:
    """What the command line of `init` said. `shares` is `K-of-N`."""

    folder: DataFolder
    shares: str | None = None
    passphrase: bool = False
    url: str | None = None
    binaries: Path | None = None


@dataclass(frozen=True, slots=True)
class _Root:
    """A new root, and the lines that show it to the operator."""

    key: RootKey
    lines: list[str] = field(repr=False)
    parameters: PassphraseParameters | None = None


async def init(options: InitOptions) -> None:
    """Make the installation and print its root and the operator's token, once, on stdout.

    Raises `Conflict` when it is there already, `RolesMissing` after printing what an administrator
    has to do, and `Invalid` for the options; nothing is changed then.
    """
    settings = Settings.from_environment(os.environ)
    url = _url(options, settings)
    urls = databases.named(settings)
    if urls is None and root_check.read(options.folder) is not None:
        raise Conflict(f"{options.folder.path} is initialised already; nothing was changed")
    if urls is not None:
        await _require_roles(urls)
    root = _new_root(options)
    if urls is not None:
        await databases.bring_up_to_date(urls, _report)
        made = await initialise(urls.owner, settings, root.key, passphrase=root.parameters)
    else:
        made = await _embedded(options, settings, root)
    _show(root, made, url)


async def _embedded(options: InitOptions, settings: Settings, root: _Root) -> Initialised:
    folder = options.folder
    folder.make()
    postgres, urls = await databases.start_embedded(
        folder, cache=cache_folder(), binaries=options.binaries, report=_report
    )
    try:
        made = await initialise(
            urls.owner, urls.into(settings), root.key, passphrase=root.parameters
        )
    finally:
        await postgres.stop()
    # Only now: a server that waits for this file may have the database.
    root_check.write(
        folder,
        RootFacts(
            made.deployment,
            FIRST_VERSION,
            key_check_value(root.key, made.deployment, FIRST_VERSION),
            root.parameters.to_text() if root.parameters is not None else None,
        ),
    )
    return made


async def _require_roles(urls: databases.Urls) -> None:
    try:
        await require_roles(urls.owner)
    except RolesMissing:
        click.echo(roles.for_administrators())
        raise


def _new_root(options: InitOptions) -> _Root:
    if options.shares is not None and options.passphrase:
        raise Invalid("choose --shares or --passphrase")
    if options.passphrase:
        words, parameters = generate_passphrase(), new_parameters()
        _report("deriving the root from a new passphrase, which takes a gigabyte for a moment")
        lines = ["The passphrase of the root, shown this once:", "", f"  {words}"]
        return _Root(root_from_passphrase(words, parameters), lines, parameters)
    root = new_root()
    if options.shares is None:
        return _Root(root, ["The root, shown this once:", "", f"  {encode_root(root)}"])
    needed, total = _numbers(options.shares)
    shares = split(root, needed=needed, total=total)
    lines = [f"The root in {total} shares, shown this once; any {needed} of them unseal:"]
    for number, share in enumerate(shares, start=1):
        lines += ["", f"  Share {number} of {total}:", f"  {share}"]
    return _Root(root, lines)


def _numbers(shares: str) -> tuple[int, int]:
    match = _SHARES.fullmatch(shares)
    if match is None:
        raise Invalid("--shares is K-of-N, such as 2-of-3")
    return int(match[1]), int(match[2])


def _url(options: InitOptions, settings: Settings) -> str:
    if options.url is None:
        return settings.public_url
    try:
        return require_origin(options.url)
    except ValueError as error:
        raise Invalid(f"--url: {error}") from None


def _show(root: _Root, made: Initialised, url: str) -> None:
    click.echo(
        "\n".join(
            [
                *root.lines,
                "",
                "Keep it where this machine's backups do not reach. Who loses it loses all secrets:",
                "nobody can make it again.",
                "",
                "Start `strongroom-server serve` and give it with `strongroom-server unseal`.",
                "Then make the operator's account with this link. It works once, for 24 hours; what is",
                "behind the # is never sent to a server before you press the button:",
                "",
                f"  {address_of(url, made.setup_token)}",
            ]
        )
    )


def _report(line: str) -> None:
    click.echo(line, err=True)
