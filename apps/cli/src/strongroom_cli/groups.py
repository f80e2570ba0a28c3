"""A command group that suggests similar commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from strongroom_cli.failures import USAGE, Failure

if TYPE_CHECKING:
    from collections.abc import Mapping


_SENTENCES = ("run ", "there ")


class Group(click.Group):
    """Rejects an unknown command and suggests similar ones.

    `meant` maps commands of other programs to the corresponding commands here, or to a sentence that begins
    with `run` or `there`.
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
            # What follows an = may be a value, which must not be repeated.
            name, equals, _ = args[0].partition("=")
            typed = f"{name}=…" if equals else name
            raise Failure(
                f'unknown command "{typed}"', self.hint(ctx, typed, known), exit_code=USAGE
            )
        return super().resolve_command(ctx, args)

    def hint(self, ctx: click.Context, typed: str, known: list[str]) -> str:
        """Return a hint about what to do instead of the unknown command."""
        from strongroom_cli.phrases import near  # noqa: PLC0415 -- only for errors

        if typed in self._meant:
            meant = self._meant[typed]
            return meant if meant.startswith(_SENTENCES) else f"did you mean {meant}?"
        if typed.endswith("=…"):
            return "to store a value, run `strongroom secrets set PATH` and type it, or pipe it in"
        return near(typed, known, otherwise=f"see `{ctx.command_path} --help`")
