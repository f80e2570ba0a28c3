"""Dynamically built conditions for a statement.

Each condition is a constant with a placeholder, and user input is always an argument (no SQL injection).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from strongroom_core.kernel.names import require_searchable


@dataclass(slots=True)
class Conditions:
    """Conditions joined by `and`, with their arguments."""

    _texts: list[str] = field(default_factory=list[str])
    arguments: list[object] = field(default_factory=list[object])
    _bound: list[str] = field(default_factory=list[str])

    def add(self, text: str, *arguments: object) -> None:
        """Add a condition, in which `{0}` is the placeholder of its first argument."""
        places = [self.place(argument) for argument in arguments]
        self.add_placed(text.format(*places))

    def add_placed(self, text: str) -> None:
        """Add a condition that already has its placeholders."""
        self._texts.append(f"({text})")

    def add_search(self, table: str, typed: str | None) -> None:
        """Add the condition that a row of the table matches the search text. The table has a `search_text`.

        The rule is in `schema/functions/search.sql`. Raises `Invalid` for text that is too long.
        """
        if typed:
            self.add(FOUND.format(table), require_searchable(typed, field="q"))

    def place(self, argument: object) -> str:
        """Add an argument and return its placeholder, such as `$3`."""
        self.arguments.append(argument)
        return f"${len(self.arguments)}"

    def bind(self, argument: object, sql_type: str) -> str:
        """Add an argument of a type and return its placeholder.

        PostgreSQL must know the type of every argument, even in a statement that doesn't use it, such as the
        count of a list in which only a column uses it.
        """
        place = f"{self.place(argument)}::{sql_type}"
        self._bound.append(f"({place} is null or true)")
        return place

    def copy(self) -> Conditions:
        """Return a copy, to which conditions can be added separately."""
        return Conditions([*self._texts], [*self.arguments], [*self._bound])

    @property
    def text(self) -> str:
        """Return the text after `where`."""
        return " and ".join([*self._texts, *self._bound]) or "true"


# The patterns are built once per statement, not once per row.
FOUND = (
    "{0}.search_text like all ((select search_patterns({{0}}))::text[])"
    " or starts_with({0}.id::text, (select search_id({{0}})))"
)
