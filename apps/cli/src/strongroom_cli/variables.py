"""From secrets to environment variables: which, under which names, and which are refused."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from strongroom_cli.dangerous_names import danger_of
from strongroom_cli.exits import NOT_FOUND, Failure
from strongroom_cli.near_names import near

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from strongroom import ExportedSecret

_OTHER = re.compile(r"[^A-Z0-9_]")


class HasFields(Protocol):
    """A listed or an exported secret. `field_names` is None for a single value."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def field_names(self) -> tuple[str, ...] | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Rules:
    """Which secrets become variables. `only` and `without` name secrets or variables."""

    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    prefix: str = ""
    allowed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Source:
    """The secret, and the field of it, that a variable is made of."""

    id: str
    secret: str
    field: str | None

    def __str__(self) -> str:
        return self.secret if self.field is None else f"{self.secret}#{self.field}"


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable with its value, which no repr shows."""

    name: str
    source: Source
    value: str = field(repr=False)


def variable_name(*parts: str) -> str:
    """Return the variable of a secret, or of a secret and a field: upper case, A–Z, 0–9 and _."""
    name = _OTHER.sub("_", "_".join(parts).upper())
    # A digit at the front is no name to any shell.
    return f"_{name}" if name[:1].isdigit() else name


def name_variables(secrets: Iterable[HasFields], rules: Rules) -> dict[str, Source]:
    """Return variables and what they are made of, sorted by name.

    Raises `Failure` for two of one name, for dangerous names, and when `only` or `without` names
    nothing that is there.
    """
    sources = [source for secret in secrets for source in _sources(secret)]
    _require_known(sources, rules)
    named: dict[str, Source] = {}
    for source in sources:
        if not _wanted(source, rules):
            continue
        name = _named(source, rules.prefix)
        if name in named:
            raise Failure(
                f"two secrets would both be {name}: {_told(named[name], source)}",
                "leave one out with --except, or rename it",
            )
        named[name] = source
    _require_harmless(named, rules.allowed)
    return dict(sorted(named.items()))


def make_variables(secrets: Sequence[ExportedSecret], rules: Rules) -> list[Variable]:
    """Return variables with their values, sorted by name. Raises as `name_variables` does."""
    by_id = {secret.id: secret for secret in secrets}
    made: list[Variable] = []
    for name, source in name_variables(secrets, rules).items():
        secret = by_id[source.id]
        value = secret.value if source.field is None else secret.fields[source.field]
        made.append(Variable(name, source, value.reveal()))
    return made


def require_no_nul(variables: Iterable[Variable]) -> None:
    """Raise `Failure` for a value with a NUL, which ends a string to the operating system."""
    for variable in variables:
        if "\0" in variable.value:
            raise Failure(
                f"{variable.name} (from {variable.source}) holds a NUL character,"
                " which no environment variable can",
                f"leave it out with --except {variable.name}, and let the program use `get`",
            )


def _sources(secret: HasFields) -> list[Source]:
    if secret.field_names is None:
        return [Source(secret.id, secret.name, None)]
    return [Source(secret.id, secret.name, each) for each in secret.field_names]


def _named(source: Source, prefix: str) -> str:
    field_name = () if source.field is None else (source.field,)
    return variable_name(f"{prefix}{source.secret}", *field_name)


def _names_of(source: Source, prefix: str) -> set[str]:
    """Every name by which an option may mean this source."""
    return {source.secret, source.id, str(source), _named(source, ""), _named(source, prefix)}


def _wanted(source: Source, rules: Rules) -> bool:
    names = _names_of(source, rules.prefix)
    return (not rules.only or not names.isdisjoint(rules.only)) and names.isdisjoint(rules.without)


def _require_known(sources: list[Source], rules: Rules) -> None:
    known = {name for source in sources for name in _names_of(source, rules.prefix)}
    for option, names in (("--only", rules.only), ("--except", rules.without)):
        for name in names:
            if name not in known:
                raise Failure(
                    f"{option} names {name}, which is no secret granted here",
                    near(name, {source.secret for source in sources}),
                    exit_code=NOT_FOUND,
                )


def _require_harmless(named: dict[str, Source], allowed: frozenset[str]) -> None:
    reasons = {name: danger_of(name) for name in sorted(named) if name not in allowed}
    dangers = {name: reason for name, reason in reasons.items() if reason is not None}
    if not dangers:
        return
    names = ",".join(dangers)
    hint = f"with --except {names}, or allow %s with --allow-dangerous {names}"
    if len(dangers) == 1:
        ((name, reason),) = dangers.items()
        raise Failure(
            f"{name} (from {named[name]}) is a dangerous variable: {reason}",
            f"leave it out {hint % 'it'}",
        )
    told = "; ".join(f"{name} (from {named[name]}): {why}" for name, why in dangers.items())
    raise Failure(f"dangerous variables: {told}", f"leave them out {hint % 'them'}")


def _told(one: Source, other: Source) -> str:
    if str(one) == str(other):
        return f"{one} ({one.id}) and {other} ({other.id})"
    return " and ".join(sorted((str(one), str(other))))
