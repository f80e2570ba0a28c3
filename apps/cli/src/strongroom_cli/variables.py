"""Turns secrets into environment variables: selects them, names them, and rejects dangerous ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from strongroom_cli.failures import NOT_FOUND, Failure
from strongroom_cli.phrases import near
from strongroom_wire.dangerous_names import danger_of
from strongroom_wire.variables import variable_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from strongroom import ExportedSecret, SecretInfo


class HasFields(Protocol):
    """A listed or exported secret. `field_names` is None for a single value."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def field_names(self) -> tuple[str, ...] | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Rules:
    """Which secrets become variables. `only` and `without` match secrets or variables."""

    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    prefix: str = ""
    allowed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Source:
    """The secret, and the field, that a variable is made from."""

    id: str
    secret: str
    field: str | None

    def __str__(self) -> str:
        return self.secret if self.field is None else f"{self.secret}#{self.field}"


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable with its value, which its repr hides."""

    name: str
    source: Source
    value: str = field(repr=False)


def name_variables(secrets: Iterable[HasFields], rules: Rules) -> dict[str, Source]:
    """Return variables and their sources, sorted by name.

    Raises `Failure` for duplicate names, for dangerous names, and if `only` or `without` matches
    nothing.
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
                f"two secrets map to {name}: {_told(named[name], source)}",
                "exclude one with --except, or rename it",
            )
        named[name] = source
    _require_harmless(named, rules.allowed)
    return dict(sorted(named.items()))


def make_variables(secrets: Sequence[ExportedSecret], rules: Rules) -> list[Variable]:
    """Return variables with their values, sorted by name. Raises what `name_variables` raises."""
    by_id = {secret.id: secret for secret in secrets}
    made: list[Variable] = []
    for name, source in name_variables(secrets, rules).items():
        secret = by_id[source.id]
        value = secret.value if source.field is None else secret.fields[source.field]
        made.append(Variable(name, source, value.reveal()))
    return made


def wanted_secrets(secrets: Iterable[SecretInfo], rules: Rules) -> list[SecretInfo]:
    """Return the secrets of which at least one variable is selected."""
    return [each for each in secrets if any(_wanted(source, rules) for source in _sources(each))]


def require_no_nul(variables: Iterable[Variable]) -> None:
    """Raise `Failure` for a value that contains NUL, which would end the string."""
    for variable in variables:
        if "\0" in variable.value:
            raise Failure(
                f"{variable.name} (from {variable.source}) contains a NUL character,"
                " which environment variables can't contain",
                f"exclude it with --except {variable.name}, and have the program use `strongroom get`",
            )


def _sources(secret: HasFields) -> list[Source]:
    if secret.field_names is None:
        return [Source(secret.id, secret.name, None)]
    return [Source(secret.id, secret.name, each) for each in secret.field_names]


def _named(source: Source, prefix: str) -> str:
    field_name = () if source.field is None else (source.field,)
    return variable_name(f"{prefix}{source.secret}", *field_name)


def _names_of(source: Source, prefix: str) -> set[str]:
    """Return every name an option can use for this source."""
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
                    f"{option}: no access to {name}, or it does not exist",
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
            f"exclude it {hint % 'it'}",
        )
    told = "; ".join(f"{name} (from {named[name]}): {why}" for name, why in dangers.items())
    raise Failure(f"dangerous variables: {told}", f"exclude them {hint % 'them'}")


def _told(one: Source, other: Source) -> str:
    if str(one) == str(other):
        return f"{one} ({one.id}) and {other} ({other.id})"
    return " and ".join(sorted((str(one), str(other))))
