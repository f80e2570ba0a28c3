"""Open the client library as the settings say."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from strongroom_cli.exits import NOT_AUTHENTICATED, Failure
from strongroom_cli.output import note, warn
from strongroom_cli.settings import seconds_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from strongroom import Identity, NoIdentity, OfflineCache, Strongroom, Trace, Value
    from strongroom_cli.choices import Choices
    from strongroom_cli.settings import Settings

ATTEMPTS = 2
"""Fewer than a service makes: somebody may be waiting, and a sealed server asks for five seconds each."""


@contextmanager
def connected(
    choices: Choices, settings: Settings, *, cached: bool = True
) -> Generator[Strongroom]:
    """Give the client of this machine. Raises `Failure`, and the library's errors.

    `cached`: use the offline cache if it is switched on.
    """
    from strongroom import Strongroom  # noqa: PLC0415 -- nothing is needed before

    identity = load_identity(choices, settings)
    cache = offline_cache(choices, settings) if cached else None
    trace = tell_request if choices.debug else None
    attempts = choices.attempts or ATTEMPTS
    with Strongroom(identity, cache=cache, attempts=attempts, trace=trace) as client:
        yield client


def load_identity(choices: Choices, settings: Settings) -> Identity:
    """Return the identity that is in effect. Raises `Failure`, and the library's errors."""
    from strongroom import NoIdentity  # noqa: PLC0415 -- nothing is needed before

    # The library warns of caches that cannot be written.
    warnings.showwarning = _tell_warning
    try:
        identity = _resolve(settings)
    except NoIdentity as error:
        raise _no_identity(error, settings) from None
    _require_same_vault(identity, settings)
    if choices.debug:
        note(choices, f"debug: identity {identity.machine_id} of {identity.path}")
    return identity


def offline_cache(choices: Choices, settings: Settings) -> OfflineCache | None:
    """Return the offline cache if it is switched on. Raises `Failure`."""
    if not settings.offline_cache:
        return None
    from strongroom import OfflineCache  # noqa: PLC0415 -- only where it is used

    age = settings.cache_max_age.value
    return OfflineCache(max_age=None if age is None else seconds_of(age), only=choices.offline)


def note_age(choices: Choices, values: Iterable[Value]) -> None:
    """Say so when values came from the offline cache, and how old the oldest is."""
    moments = [each.offline for each in values if each.offline is not None]
    if not moments:
        return
    from strongroom_cli.ages import age_of  # noqa: PLC0415 -- only where it is needed

    why = "as asked" if choices.offline else "the server cannot be reached"
    note(choices, f"from the offline cache, {age_of(min(moments))} old: {why}")


def tell_request(trace: Trace) -> None:
    """Say what was asked and how it went. A trace holds neither body nor signature."""
    answered = trace.error or f"{trace.status} request {trace.request_id or '-'}"
    warn(f"debug: {trace.method} {trace.path} {answered} {trace.milliseconds:.0f} ms")


def _tell_warning(message: Warning | str, *_where: object) -> None:
    warn(str(message))


def _resolve(settings: Settings) -> Identity:
    """Take only --identity and its variable for a path: a vault is looked up below the home."""
    from strongroom.resolution import (  # noqa: PLC0415 -- nothing is needed before
        identity_of_vault,
        resolve_identity,
    )

    if settings.identity.value is not None:
        return resolve_identity(Path(settings.identity.value))
    if settings.vault.value is not None:
        return identity_of_vault(settings.vault.value)
    return resolve_identity()


def _no_identity(error: NoIdentity, settings: Settings) -> Failure:
    what, hint = error.what, error.hint
    if settings.identity.value is None and settings.vault.value is not None:
        what = f"this machine has no identity in {settings.vault.value}, which {settings.vault.source} names"
        hint = "register it there with `strongroom bootstrap`, or choose another with --vault"
    elif "several" in what:
        hint = "name one with --vault or STRONGROOM_VAULT"
    return Failure(what, hint, exit_code=NOT_AUTHENTICATED)


def _require_same_vault(identity: Identity, settings: Settings) -> None:
    """Refuse a project file of another vault, whose project's name may mean another one here."""
    file = settings.file
    if file is None or file.vault is None or settings.project.source != str(file.path):
        return
    if identity.vault_id != file.vault:
        raise Failure(
            f"{file.path} is for vault {file.vault}, and this identity is of {identity.vault_id}",
            "choose a project of this vault with `strongroom connect`, or another identity",
            exit_code=NOT_AUTHENTICATED,
        )
