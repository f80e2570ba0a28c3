"""The ledger: every table there is. Names are links, numbers stand right, columns keep their width."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import reflex as rx

from strongroom_dashboard.components import skeleton
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.custom import attributes, styled
from strongroom_dashboard.components.kinds import Child, Flag, Text, joined, picked

Sort = Literal["ascending", "descending", "none"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `width` is CSS; `sort` and `href` make the head sort; `label=""` needs no head."""

    label: str
    width: str | None = None
    numeric: bool = False
    sort: Sort | rx.Var[str] | None = None
    href: Text | None = None
    gutter: bool = False
    wide_only: bool = False

    @property
    def class_name(self) -> str:
        """The classes of its cells."""
        words = ("num" if self.numeric else "", "gutter" if self.gutter else "")
        return " ".join(word for word in (*words, "wide-only" if self.wide_only else "") if word)


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
    return rx.el.col(custom_attrs=style, class_name="wide-only" if column.wide_only else "")


def table(
    *columns: Column,
    rows: rx.Var[Any] | Sequence[rx.Component],
    row: Callable[[Any], rx.Component] | None = None,
    caption: Text,
    foot: Child | None = None,
    loading: Flag = False,
    empty: rx.Component | None = None,
    two_line: bool = False,
    collapses: bool = False,
    class_name: str = "",
) -> rx.Component:
    """Return a table in its frame.

    Args:
        columns: The columns, in order.
        rows: A list known in the browser, drawn by `row`; or rows that are there already.
        row: Returns the `row_of` an item. Raises nothing; it runs when the page is compiled.
        caption: What the table is, for people who do not see it.
        foot: `foot(...)`.
        loading: Bars instead of rows.
        empty: Shown inside the frame when there is no row.
        two_line: Rows of 54 px whose cells have a second line.
        collapses: On a phone rows become a name and a line instead of scrolling sideways.
        class_name: Classes besides.
    """
    words = ("ledger", "two-line" if two_line else "", "collapses" if collapses else "", class_name)
    body = _body(columns, rows, row)
    shown = body if loading is False else rx.cond(loading, _waiting(columns), body)
    whole = rx.el.div(
        rx.el.table(
            rx.el.caption(caption, class_name="sr-only"),
            rx.el.colgroup(*(_width(column) for column in columns)),
            rx.el.thead(rx.el.tr(*(_head(column) for column in columns))),
            shown,
            class_name=" ".join(word for word in words if word),
        ),
        class_name="ledger-scroll",
        role="region",
        aria_label=caption,
        tab_index=0,
    )
    footed = rx.fragment(whole, rx.fragment() if foot is None else foot)
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
            raise TypeError(f"a table of {len(columns)} columns needs to know how to draw a row")
        return rx.el.tbody(*rows)
    return rx.el.tbody(rx.foreach(rows, row))


def _waiting(columns: Sequence[Column]) -> rx.Component:
    return rx.el.tbody(*skeleton.rows(len(columns)))


def row_of(
    *cells: rx.Component,
    key: Text | None = None,
    selected: Flag = False,
    new: Flag = False,
    unsealed: Flag = False,
) -> rx.Component:
    """Return a row. The link of its `name_cell` is the row's link."""
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
    class_name: Text = "",
) -> rx.Component:
    """Return a cell; `sub` is its second line. Nothing to show is `nothing()`."""
    words = ("num" if numeric else "", "gutter" if gutter else "", "wide-only" if wide_only else "")
    second = rx.fragment() if sub is None else rx.el.span(sub, class_name="sub")
    classes = joined(" ".join(word for word in words if word), class_name)
    return rx.el.td(*children, second, class_name=classes)


def nothing() -> rx.Component:
    """Return what stands in a cell that has nothing to say."""
    return rx.el.span("–", rx.el.span("none", class_name="sr-only"), class_name="none")


def name_cell(
    text: Text, href: Text, *, sub: Child | None = None, mono: bool = True, aside: Child = ""
) -> rx.Component:
    """Return the cell with the row's name, which is its link."""
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
    """Return the last cell, with what one can do."""
    return rx.el.td(*children, class_name="acts")


def group_row(text: Child, span: int) -> rx.Component:
    """Return the head of a group of rows."""
    return rx.el.tr(rx.el.td(text, col_span=span), class_name="group")


def foot(
    shown: Child,
    *,
    of: Child | None = None,
    noun: Text = "entries",
    extra: Child | None = None,
    older: Text | None = None,
    newer: Text | None = None,
    older_text: Text = "Older",
    newer_text: Text = "Newer",
) -> rx.Component:
    """Return the foot: how many at the left, paging at the right. An address of "" shows no button."""
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
    return made if isinstance(href, str) else rx.fragment(rx.cond(href, made, rx.fragment()))
