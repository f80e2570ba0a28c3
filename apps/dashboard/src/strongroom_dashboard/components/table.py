"""Tables. Names are links, numbers are right-aligned, columns have fixed widths, rows are 36 px high."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import reflex as rx

from strongroom_dashboard.components import skeleton
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.custom import DayElement, attributes, styled
from strongroom_dashboard.components.kinds import Child, Flag, Text, joined, picked
from strongroom_dashboard.components.selection import pick_head

Sort = Literal["ascending", "descending", "none"]

FEW = 2
"""How many buttons fit beside a row's name on a phone."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `width` is a CSS length; `sort` and `href` make it sortable; `label=""` hides its header.

    `wide_only` and `widest_only` columns are shown only if the table is wider than 820 or 1240 px.
    """

    label: str
    width: str | None = None
    numeric: bool = False
    sort: Sort | rx.Var[str] | None = None
    href: Text | None = None
    gutter: bool = False
    wide_only: bool = False
    widest_only: bool = False

    @property
    def class_name(self) -> str:
        """The classes for its cells."""
        words = ("num" if self.numeric else "", "gutter" if self.gutter else "")
        return " ".join(word for word in (*words, self.room) if word)

    @property
    def room(self) -> str:
        """The class that hides the column in narrower tables."""
        return "widest-only" if self.widest_only else "wide-only" if self.wide_only else ""


def _head(column: Column) -> rx.Component:
    label: Child = column.label
    if not column.label:
        label = rx.el.span("Actions", class_name="sr-only")
    elif column.href is not None:
        label = rx.el.a(column.label, href=column.href, custom_attrs={"data-replace": ""})
    return rx.el.th(
        label,
        scope="col",
        class_name=column.class_name,
        custom_attrs=attributes({"aria-sort": column.sort}),
    )


def _width(column: Column) -> rx.Component:
    style = {} if column.width is None else styled(width=column.width)
    return rx.el.col(custom_attrs=style, class_name=column.room)


def table(
    *columns: Column,
    rows: rx.Var[Any] | Sequence[rx.Component],
    row: Callable[[Any], rx.Component] | None = None,
    caption: Text,
    foot: Child | None = None,
    loading: Flag = False,
    empty: rx.Component | None = None,
    two_line: bool = False,
    picks: bool = False,
    collapses: bool = False,
    class_name: str = "",
) -> rx.Component:
    """Return a table in its frame.

    Args:
        columns: The columns, in order.
        rows: A list in state that `row` renders, or finished rows.
        row: A function that returns an item's `row_of`. It runs at compile time.
        caption: What the table lists, for screen readers.
        foot: `foot(...)`.
        loading: Whether to show a skeleton instead of rows.
        empty: Shown instead of the table when there are no rows.
        two_line: Whether `sub` gets a separate line if the person has chosen comfortable rows.
        picks: Whether the first cell of each row is a `pick_cell`, in a `selection`.
        collapses: Whether rows become a name and a line on a phone, instead of scrolling sideways.
        class_name: More classes.
    """
    words = ("ledger", "two-line" if two_line else "", "collapses" if collapses else "", class_name)
    body = _body(columns, rows, row)
    shown = body if loading is False else rx.cond(loading, _waiting(columns, picks=picks), body)
    whole = rx.el.div(
        rx.el.table(
            rx.el.caption(caption, class_name="sr-only"),
            rx.el.colgroup(
                *([rx.el.col(class_name="pick")] if picks else []),
                *(_width(column) for column in columns),
            ),
            rx.el.thead(
                rx.el.tr(*([pick_head()] if picks else []), *(_head(column) for column in columns))
            ),
            shown,
            class_name=" ".join(word for word in words if word),
        ),
        class_name="ledger-scroll",
        role="region",
        aria_label=caption,
        tab_index=0,
    )
    below = rx.fragment() if foot is None else foot
    # The counts in the footer are known only after loading.
    footed = rx.fragment(
        whole, below if loading is False else rx.cond(loading, rx.fragment(), below)
    )
    if empty is None:
        return rx.el.div(footed, class_name="ledger-wrap")
    nothing = rows.length() == 0 if isinstance(rows, rx.Var) else not rows
    if isinstance(nothing, bool):
        return rx.el.div(empty if nothing else footed, class_name="ledger-wrap")
    waiting = rx.Var.create(loading) if isinstance(loading, bool) else loading
    return rx.el.div(rx.cond(nothing & ~waiting, empty, footed), class_name="ledger-wrap")


def _body(
    columns: Sequence[Column],
    rows: rx.Var[Any] | Sequence[rx.Component],
    row: Callable[[Any], rx.Component] | None,
) -> rx.Component:
    if row is None:
        if isinstance(rows, rx.Var):
            raise TypeError(f"a table of {len(columns)} columns needs `row`")
        return rx.el.tbody(*rows)
    return rx.el.tbody(rx.foreach(rows, row))


def _waiting(columns: Sequence[Column], *, picks: bool) -> rx.Component:
    return rx.el.tbody(*skeleton.rows(len(columns) + picks))


def row_of(
    *cells: rx.Component,
    key: Text | None = None,
    selected: Flag = False,
    new: Flag = False,
    unsealed: Flag = False,
) -> rx.Component:
    """Return a row that links to the same place as its `name_cell`."""
    classes = joined(
        picked(selected, "is-selected"), picked(new, "is-new"), picked(unsealed, "is-unsealed")
    )
    given = {} if key is None else {"key": key}
    return rx.el.tr(*cells, class_name=classes, custom_attrs={"data-row": ""}, **given)


def cell(
    *children: Child,
    numeric: bool = False,
    gutter: bool = False,
    sub: Child | None = None,
    wide_only: bool = False,
    widest_only: bool = False,
    class_name: Text = "",
) -> rx.Component:
    """Return a cell; `sub` follows in small print. Use `nothing()` for an empty cell."""
    room = "widest-only" if widest_only else "wide-only" if wide_only else ""
    words = ("num" if numeric else "", "gutter" if gutter else "", room)
    second = rx.fragment() if sub is None else rx.el.span(sub, class_name="sub")
    classes = joined(" ".join(word for word in words if word), class_name)
    return rx.el.td(*children, second, class_name=classes)


def unit(text: Text) -> rx.Component:
    """Return a number's unit or a time's name, shown on phones, where tables have no column heads."""
    return rx.el.span(text, class_name="unit")


def nothing() -> rx.Component:
    """Return the content of an empty cell."""
    return rx.el.span("–", rx.el.span("none", class_name="sr-only"), class_name="none")


def name_cell(
    text: Text, href: Text, *, sub: Child | None = None, mono: bool = True, aside: Child = ""
) -> rx.Component:
    """Return the cell with the row's name, which links to `href`."""
    return rx.el.td(
        rx.el.a(
            text,
            href=href,
            class_name="name mono" if mono else "name",
            custom_attrs={"data-opens": ""},
        ),
        aside,
        rx.fragment() if sub is None else rx.el.span(sub, class_name="sub"),
    )


def actions_cell(*children: Child) -> rx.Component:
    """Return the last cell, with buttons. On a phone, more than `FEW` of them get a separate line."""
    return rx.el.td(*children, class_name="acts many" if len(children) > FEW else "acts")


def group_row(text: Child, span: int) -> rx.Component:
    """Return the head of a group of rows."""
    return rx.el.tr(rx.el.td(text, col_span=span), class_name="group")


def day_row(at: Text, span: int) -> rx.Component:
    """Return the heading of a row's day, shown only where a new day begins in the person's time zone."""
    return rx.el.tr(
        rx.el.td(DayElement.create(custom_attrs={"datetime": at}), col_span=span),
        class_name="group",
        hidden=True,
    )


def foot(
    shown: Child,
    *,
    of: Child | None = None,
    noun: Text = "events",
    extra: Child | None = None,
    older: Text | None = None,
    newer: Text | None = None,
    older_text: Text = "Older",
    newer_text: Text = "Newer",
) -> rx.Component:
    """Return the footer: the count on the left, paging on the right. There is no button for an empty URL."""
    words = [rx.el.b(shown), " "] if of is None else [rx.el.b(shown), " of ", of, " "]
    return rx.el.div(
        rx.el.span(*words, noun),
        rx.fragment() if extra is None else rx.el.span(extra),
        rx.el.nav(
            _page(newer, newer_text, leading="chevron-left"),
            _page(older, older_text, trailing="chevron-right"),
            class_name="paging",
            aria_label="Pages of " + noun,
        ),
        class_name="ledger-foot",
    )


def _page(
    href: Text | None, text: Text, *, leading: str | None = None, trailing: str | None = None
) -> rx.Component:
    if href is None or (isinstance(href, str) and not href):
        return rx.fragment()
    made = button(text, icon=leading, trailing=trailing, size="sm", href=href)
    return made if isinstance(href, str) else rx.fragment(rx.cond(href, made))
