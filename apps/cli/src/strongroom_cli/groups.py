"""A group of commands that says which of them was meant."""

from __future__ import annotations

import click

from strongroom_cli.exits import USAGE, Failure


class Group(click.Group):
    """Refuses a command there is not, with those near to it."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the first argument names. Raises `Failure`."""
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            from strongroom_cli.near_names import near  # noqa: PLC0415 -- something went wrong

            hint = near(args[0], known, otherwise=f"see `{ctx.command_path} --help`")
            raise Failure(f"there is no command {args[0]}", hint, exit_code=USAGE)
        return super().resolve_command(ctx, args)
