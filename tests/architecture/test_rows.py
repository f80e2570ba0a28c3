"""Rows are read by column name, so reordering a select list changes nothing."""

import ast
import re
from pathlib import Path

import pytest

SOURCES = [path for root in ("packages", "apps") for path in Path(root).glob("*/src/**/*.py")]
ONE, MANY = re.compile(r"await .*\.fetchrow\("), re.compile(r"await .*\.fetch\(")


def by_position(source: str) -> list[str]:
    """Return the places where a function unpacks a row by position."""
    return [
        found
        for function in ast.walk(ast.parse(source))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for found in _taken_apart(function, *_names(function))
    ]


def _names(function: ast.AST) -> tuple[set[str], set[str]]:
    """Return the names that hold one row, and those that hold several."""
    one, many = set[str](), set[str]()
    for node in ast.walk(function):
        if isinstance(node, ast.arg) and node.annotation is not None:
            declared = ast.unparse(node.annotation)
            (many if "[Row]" in declared else one if "Row" in declared else set[str]()).add(
                node.arg
            )
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            made = ast.unparse(node.value)
            (one if ONE.match(made) else many if MANY.match(made) else set[str]()).add(
                node.targets[0].id
            )
    loops = [n for n in ast.walk(function) if isinstance(n, ast.For | ast.comprehension)]
    one |= {ast.unparse(n.target) for n in loops if _holds(n.iter, many, MANY)}
    return one, many


def _holds(node: ast.expr, names: set[str], made: re.Pattern[str]) -> bool:
    return ast.unparse(node) in names or made.match(ast.unparse(node)) is not None


def _taken_apart(function: ast.AST, one: set[str], many: set[str]) -> list[str]:
    rows = one | {f"{name}[0]" for name in many} | {f"{name}[-1]" for name in many}
    found: list[ast.AST] = []
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Attribute(value=row, attr="values")):
                found += [node] * _holds(row, rows, ONE)
            case ast.Call(func=ast.Name(id="list" | "tuple" | "iter"), args=[row]):
                found += [node] * _holds(row, rows, ONE)
            case ast.Starred(value=row):
                found += [node] * _holds(row, rows, ONE)
            case ast.Subscript(value=row, slice=ast.Constant(value=int()) | ast.Slice()):
                found += [node] * _holds(row, rows, ONE)
            case ast.Assign(targets=[ast.Tuple()], value=row):
                found += [node] * _holds(row, rows, ONE)
            case (
                ast.For(target=ast.Tuple(), iter=many_rows)
                | ast.comprehension(target=ast.Tuple(), iter=many_rows)
            ):
                found += [node] * _holds(many_rows, many, MANY)
            case _:
                pass
    return [ast.unparse(node) for node in found]


def test_rows_are_read_by_name() -> None:
    """Rows are read with `View.of_row`, `X(**row)` or `row["name"]`, which name the columns."""
    found = {str(path): wrong for path in SOURCES if (wrong := by_position(path.read_text()))}

    assert found == {}
    assert sum("fetchrow(" in path.read_text() for path in SOURCES) > 20


@pytest.mark.parametrize(
    "line",
    [
        "return View(*row.values())",
        "return [View(*list(each.values())[:-1]) for each in rows]",
        "return View(*row)",
        "return row[0]",
        "return row[1:]",
        "return rows[0][1]",
        "return tuple(row)",
        "name, kind = row",
        "name, kind = await connection.fetchrow(SQL)",
        "for name, kind in rows: print(name)",
        "return {name: kind for name, kind in await connection.fetch(SQL)}",
        "return [each[2] for each in given]",
    ],
)
def test_each_way_to_do_so_is_found(line: str) -> None:
    """The rule detects every way to unpack a row by position."""
    source = f"""
async def f(connection, given: list[Row]):
    row = await connection.fetchrow(SQL)
    rows = await connection.fetch(SQL)
    print(rows[0], row["name"], View(**row), [each["name"] for each in given])
    {line}
"""

    assert len(by_position(source)) >= 1
    assert by_position(source.replace(line, "")) == []
