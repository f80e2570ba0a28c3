"""`strongroom-server init`: creates an installation and shows its root key once."""

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
from strongroom_core.crypto.root import encode_root, new_root
from strongroom_core.crypto.shares import split
from strongroom_core.install import roles
from strongroom_core.install.administer import RolesMissing, require_roles
from strongroom_core.install.initialise import Initialised, initialise
from strongroom_core.kernel.errors import Conflict, Invalid
from strongroom_core.settings import Settings, require_origin
from strongroom_server import databases, root_check
from strongroom_server.data_folder import DataFolder

if TYPE_CHECKING:
    from pathlib import Path

    from strongroom_core.crypto.passphrase import PassphraseParameters
    from strongroom_core.crypto.root import RootKey

_SHARES = re.compile(r"(\d{1,2})-of-(\d{1,2})")


@dataclass(frozen=True, slots=True)
class InitOptions:
    """The options of `init`. `shares` is `K-of-N`."""

    folder: DataFolder
    shares: str | None = None
    passphrase: bool = False
    url: str | None = None
    binaries: Path | None = None


@dataclass(frozen=True, slots=True)
class _Root:
    """A new root key, and the lines that show it."""

    key: RootKey
    lines: list[str] = field(repr=False)
    parameters: PassphraseParameters | None = None


async def make_installation(options: InitOptions) -> None:
    """Create the installation and print its root key and setup link, once, on stdout.

    Raises `Conflict` if it already exists, `RolesMissing` after printing the SQL for an administrator, and
    `Invalid` for invalid options. In each of these cases, nothing is changed.
    """
    settings = Settings.from_environment(os.environ)
    url = _url(options, settings)
    urls = databases.named(settings)
    if urls is None and root_check.read(options.folder) is not None:
        raise Conflict(f"{options.folder.path} is already initialized; nothing was changed")
    if urls is not None:
        await _require_roles(urls)
        await databases.require_logins(urls)
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
        folder, binaries=options.binaries, report=_report
    )
    try:
        made = await initialise(
            urls.owner, urls.into(settings), root.key, passphrase=root.parameters
        )
    finally:
        await postgres.stop()
    # This comes last, because a server that waits for this file may take the database immediately.
    kdf = root.parameters.to_text() if root.parameters is not None else None
    root_check.write_new(folder, root.key, made.deployment, kdf)
    return made


async def _require_roles(urls: databases.Urls) -> None:
    try:
        await require_roles(urls.owner)
    except RolesMissing:
        click.echo(roles.for_administrators())
        raise


def _new_root(options: InitOptions) -> _Root:
    if options.shares is not None and options.passphrase:
        raise Invalid("use either --shares or --passphrase")
    if options.passphrase:
        words, parameters = generate_passphrase(), new_parameters()
        _report(
            "deriving the root key from a new passphrase, which needs 1 GB of memory for a moment"
        )
        lines = ["The root key's passphrase, shown only once:", "", f"  {words}"]
        return _Root(root_from_passphrase(words, parameters), lines, parameters)
    root = new_root()
    if options.shares is None:
        return _Root(root, ["The root key, shown only once:", "", f"  {encode_root(root)}"])
    needed, total = _numbers(options.shares)
    shares = split(root, needed=needed, total=total)
    lines = [
        f"The root key in {total} shares, shown only once; any {needed} of them unseal the server:"
    ]
    for number, share in enumerate(shares, start=1):
        lines += ["", f"  Share {number} of {total}:", f"  {share}"]
    return _Root(root, lines)


def _numbers(shares: str) -> tuple[int, int]:
    match = _SHARES.fullmatch(shares)
    if match is None:
        raise Invalid("--shares must be K-of-N, such as 2-of-3")
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
                "Store it separately from this machine's backups. If you lose it, your secrets cannot be",
                "recovered.",
                "",
                "Start `strongroom-server serve`, then unseal it with `strongroom-server unseal`.",
                "Then create the administrator account with this link. It works once and expires in",
                "24 hours. The part after # is not sent until you submit the form:",
                "",
                f"  {address_of(url, made.setup_token)}",
            ]
        )
    )


def _report(line: str) -> None:
    click.echo(line, err=True)
