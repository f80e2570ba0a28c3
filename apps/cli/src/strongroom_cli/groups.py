"""A group of commands that says which of them was meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from strongroom_cli.exits import USAGE, Failure

if TYPE_CHECKING:
    from collections.abc import Mapping


class Group(click.Group):
    """Refuses a command there is not, with those near to it.

    `meant` holds what people type who know other programs, and the command that does it here.
    """

    def __init__(self, *arguments: Any, meant: Mapping[str, str], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._meant = meant

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the first argument names. Raises `Failure`."""
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            raise Failure(
                f"there is no command {args[0]}", self._hint(ctx, args[0], known), exit_code=USAGE
            )
        return super().resolve_command(ctx, args)

    def _hint(self, ctx: click.Context, typed: str, known: list[str]) -> str:
        from strongroom_cli.near_names import near  # noqa: PLC0415 -- something went wrong

        if typed in self._meant:
            return f"did you mean {self._meant[typed]}?"
        return near(typed, known, otherwise=f"see `{ctx.command_path} --help`")
