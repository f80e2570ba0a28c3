"""Every way to remove one thing from a module, or to invert it.

Each mutant is the module with one change: without a statement; with a condition negated or without
one of its parts; with a comparison that includes or excludes its boundary; or without an entry of a
table, a keyword argument, a branch of a `match`, a line of SQL or an SQL condition.
"""

from __future__ import annotations

import ast
import pickle
import re
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from typing import Any

EDGES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}

_VERB = re.compile(r"\s*(?:select|insert|update|delete|with)\b")
_CONDITION = re.compile(r" and (?:(?! and |\n).)+| where (?:(?! and |\n).)+(?= and )")

NEVER_RUN = (ast.Import, ast.ImportFrom, ast.Pass, ast.AnnAssign)
"""Imports and type declarations: without them, a module that needs them doesn't even load."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module with one change, on lines `line` to `last`.

    `module` is its path in `access/`; `what` describes the change in words.
    """

    module: str
    line: int
    last: int
    what: str
    source: str = field(repr=False)

    def is_on(self, lines: Container[int]) -> bool:
        """Whether the change is on one of these lines."""
        return any(line in lines for line in range(self.line, self.last + 1))

    def __str__(self) -> str:
        return f"{self.module}:{self.line}: {self.what}"


def mutants_of(module: str, source: str) -> Iterator[Mutant]:
    """Yield every mutant of a module once."""
    tree = ast.parse(source)
    seen = {ast.unparse(tree)}
    copied = pickle.dumps(tree)  # Loading it is several times faster than copying the tree.
    for number, node in enumerate(ast.walk(tree)):
        for what, change, where in _changes(node):
            mutated = pickle.loads(copied)
            change(_nth(mutated, number))
            text = ast.unparse(ast.fix_missing_locations(mutated))
            if text not in seen:
                seen.add(text)
                yield Mutant(module, *_span(where), what, text)


Change = tuple[str, Callable[[Any], None], ast.AST | int]
"""What is changed, how, and where: a node or a line."""


def _span(where: ast.AST | int) -> tuple[int, int]:
    """Return the first and last line of a node; for a block, only those of its head."""
    if isinstance(where, int):
        return where, where
    node: Any = where
    first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
    if isinstance(where, ast.stmt) and hasattr(where, "body"):
        return first, max(node.lineno, node.body[0].lineno - 1)
    return first, node.end_lineno


def _changes(node: ast.AST) -> Iterator[Change]:
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list):
            yield from _statements(name, block)
    yield from _OF_KIND.get(type(node), lambda _node: iter(()))(node)


def _condition(node: ast.If | ast.IfExp) -> Iterator[Change]:
    yield f"not: {_short(node.test)}", _negate, node.test


def _filters(node: ast.comprehension) -> Iterator[Change]:
    for position, test in enumerate(node.ifs):
        yield f"without filter: {_short(test)}", _drop("ifs", position), test


def _operands(node: ast.BoolOp) -> Iterator[Change]:
    for position, part in enumerate(node.values):
        yield f"without operand: {_short(part)}", _drop("values", position), part


def _edge(node: ast.Compare) -> Iterator[Change]:
    if type(node.ops[0]) in EDGES:
        yield f"edge: {_short(node)}", _shift, node


def _arguments(node: ast.Call) -> Iterator[Change]:
    for position, keyword in enumerate(node.keywords):
        if keyword.arg is not None:
            yield f"without argument: {_short(keyword)}", _drop("keywords", position), keyword


def _entries(node: ast.Dict) -> Iterator[Change]:
    for position, (key, value) in enumerate(zip(node.keys, node.values, strict=True)):
        yield f"without entry: {_short(key)}", _drop_entry(position), value
        if isinstance(value, ast.Constant) and value.value and isinstance(value.value, str):
            yield f"empty entry: {_short(key)}", _empty_entry(position), value


def _cases(node: ast.Match) -> Iterator[Change]:
    for position, case in enumerate(node.cases if len(node.cases) > 1 else []):
        yield f"without case: {_short(case.pattern)}", _drop("cases", position), case.pattern


def _sql(node: ast.Constant) -> Iterator[Change]:
    text = node.value
    if isinstance(text, str) and text.startswith("\n") and text.count("\n") > 1:
        for position, line in enumerate(text.splitlines()):
            if line.strip():
                yield f"without SQL: {line.strip()}", _drop_line(position), node.lineno + position
    if isinstance(text, str) and _VERB.match(text):
        for condition in _CONDITION.finditer(text):
            line = node.lineno + text.count("\n", 0, condition.start())
            yield f"without condition: {condition[0].strip()}", _cut(*condition.span()), line


_OF_KIND: dict[type[ast.AST], Callable[[Any], Iterator[Change]]] = {
    ast.If: _condition,
    ast.IfExp: _condition,
    ast.comprehension: _filters,
    ast.BoolOp: _operands,
    ast.Compare: _edge,
    ast.Call: _arguments,
    ast.Dict: _entries,
    ast.Match: _cases,
    ast.Constant: _sql,
}


def _statements(name: str, block: list[ast.stmt]) -> Iterator[Change]:
    for position, statement in enumerate(block):
        documents = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if not documents and not isinstance(statement, NEVER_RUN):
            yield f"without: {_short(statement)}", _blank(name, position), statement


def _nth(tree: ast.AST, number: int) -> ast.AST:
    return next(node for at, node in enumerate(ast.walk(tree)) if at == number)


def _short(node: ast.AST | None) -> str:
    text = ast.unparse(node).splitlines()[0] if node is not None else "**"
    return text if len(text) <= 70 else f"{text[:69]}…"


def _blank(name: str, position: int) -> Callable[[Any], None]:
    def change(node: Any) -> None:
        getattr(node, name)[position] = ast.Pass()

    return change


def _drop(name: str, position: int) -> Callable[[Any], None]:
    def change(node: Any) -> None:
        del getattr(node, name)[position]

    return change


def _drop_entry(position: int) -> Callable[[Any], None]:
    def change(node: Any) -> None:
        del node.keys[position], node.values[position]

    return change


def _drop_line(position: int) -> Callable[[Any], None]:
    def change(node: Any) -> None:
        lines = node.value.splitlines()
        node.value = "\n".join([*lines[:position], *lines[position + 1 :], ""])

    return change


def _cut(begin: int, end: int) -> Callable[[Any], None]:
    def change(node: Any) -> None:
        node.value = node.value[:begin] + node.value[end:]

    return change


def _empty_entry(position: int) -> Callable[[Any], None]:
    def change(node: Any) -> None:
        node.values[position] = ast.Constant("")

    return change


def _negate(node: Any) -> None:
    node.test = ast.UnaryOp(ast.Not(), node.test)


def _shift(node: Any) -> None:
    node.ops[0] = EDGES[type(node.ops[0])]()
