"""A command group that suggests similar commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from strongroom_cli.failures import USAGE, Failure

if TYPE_CHECKING:
    from collections.abc import Mapping


class Group(click.Group):
    """Rejects an unknown command and suggests similar ones.

    `meant` maps commands of other programs to the corresponding commands here.
    """

    def __init__(self, *arguments: Any, meant: Mapping[str, str], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._meant = meant

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command for the first argument. Raises `Failure`."""
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            raise Failure(
                f'unknown command "{args[0]}"', self.hint(ctx, args[0], known), exit_code=USAGE
            )
        return super().resolve_command(ctx, args)

    def hint(self, ctx: click.Context, typed: str, known: list[str]) -> str:
        """Return a hint about what to do instead of the unknown command."""
        from strongroom_cli.phrases import near  # noqa: PLC0415 -- only for errors

        if typed in self._meant:
            return f"did you mean {self._meant[typed]}?"
        return near(typed, known, otherwise=f"see `{ctx.command_path} --help`")
