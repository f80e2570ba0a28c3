"""The address of a server as it was typed."""

from __future__ import annotations

from strongroom_cli.exits import USAGE, Failure


def require_server_address(typed: str) -> str:
    """Return the address without a trailing slash. Raises `Failure`: one that is none is wrong usage."""
    from strongroom import BadIdentity  # noqa: PLC0415 -- kept out of the start
    from strongroom.identity import require_server_url  # noqa: PLC0415 -- the same

    try:
        return require_server_url(typed)
    except BadIdentity as error:
        raise Failure(error.what, error.hint, exit_code=USAGE) from None
