"""Opens the client library with the settings in effect."""

from __future__ import annotations

import shlex
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from strongroom_cli.failures import NOT_AUTHENTICATED, Failure
from strongroom_cli.output import note, warn
from strongroom_cli.settings import seconds_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from strongroom import (
        ExportedSecret,
        Identity,
        NoIdentity,
        OfflineCache,
        Strongroom,
        Trace,
        Value,
    )
    from strongroom_cli.choices import Choices
    from strongroom_cli.settings import Settings
    from strongroom_cli.variables import Rules

ATTEMPTS = 2
"""Fewer attempts than a service makes: a person may be waiting, and a sealed server asks for 5 s pauses."""


@contextmanager
def connected(
    choices: Choices, settings: Settings, *, cached: bool = True
) -> Generator[Strongroom]:
    """Open this machine's client. Raises `Failure`, and the library's errors.

    With `cached`, the client uses the offline cache if that is enabled.
    """
    from strongroom import Strongroom  # noqa: PLC0415 -- not needed until here

    identity = load_identity(choices, settings)
    cache = offline_cache(choices, settings) if cached else None
    trace = tell_request if choices.debug else None
    attempts = choices.attempts or ATTEMPTS
    with Strongroom(identity, cache=cache, attempts=attempts, trace=trace) as client:
        yield client


def load_identity(choices: Choices, settings: Settings) -> Identity:
    """Return the identity in effect. Raises `Failure`, and the library's errors."""
    from strongroom import NoIdentity  # noqa: PLC0415 -- not needed until here

    # The library warns about caches it can't write.
    warnings.showwarning = _tell_warning
    try:
        identity = _resolve(settings)
    except NoIdentity as error:
        raise _no_identity(error, settings) from None
    choices.server = identity.api_url
    _require_same_vault(identity, settings)
    if choices.debug:
        note(choices, f"debug: identity {identity.machine_id} from {identity.path}")
    return identity


def server_url(choices: Choices) -> str | None:
    """Return the server of the identity in effect, or None if there is no usable identity."""
    from strongroom import StrongroomError  # noqa: PLC0415 -- not needed until here
    from strongroom_cli.settings import settle  # noqa: PLC0415 -- the same

    try:
        return load_identity(choices, settle(choices)).api_url
    except (Failure, StrongroomError):
        return None


def facts_of(identity: Identity) -> dict[str, object]:
    """Return the facts to show about an identity, by label."""
    return {
        "machine": identity.machine_name,
        "machine id": identity.machine_id,
        "vault": identity.vault_id,
        "server": identity.api_url,
        "fingerprint": identity.fingerprint,
        "identity": str(identity.path),
    }


def offline_cache(choices: Choices, settings: Settings) -> OfflineCache | None:
    """Return the offline cache if it is enabled. Raises `Failure`."""
    if not settings.offline_cache:
        return None
    from strongroom import OfflineCache  # noqa: PLC0415 -- only where it is used

    age = settings.cache_max_age.value
    return OfflineCache(max_age=None if age is None else seconds_of(age), only=choices.offline)


def note_age(choices: Choices, values: Iterable[Value]) -> None:
    """Print a note if values came from the offline cache, with the age of the oldest one."""
    moments = [each.offline for each in values if each.offline is not None]
    if not moments:
        return
    from strongroom_cli.phrases import age_of  # noqa: PLC0415 -- only where it is needed

    why = "--offline" if choices.offline else "the server is unavailable"
    note(choices, f"from the offline cache, {age_of(min(moments))} old: {why}")


def note_left_out(
    choices: Choices,
    client: Strongroom,
    project_id: str,
    exported: Sequence[ExportedSecret],
    rules: Rules,
) -> None:
    """Print a note with the wanted secrets that an export left out, such as those denied by a policy.

    An export contains only what can be read now. Without the note, the program would be the first to
    notice that a variable is missing.
    """
    if choices.quiet or any(each.value.offline is not None for each in exported):
        return
    from strongroom import StrongroomError  # noqa: PLC0415 -- already loaded
    from strongroom_cli.phrases import some_of  # noqa: PLC0415 -- only where it is needed
    from strongroom_cli.variables import wanted_secrets  # noqa: PLC0415 -- already loaded

    try:
        listed = wanted_secrets(client.list_secrets(project_id), rules)
    except StrongroomError:
        # The values are there. Not being able to check them must not stop the program.
        return
    ids = {each.id for each in exported}
    missing = [each for each in listed if each.id not in ids]
    if missing:
        note(
            choices,
            f"left out (read denied): {some_of([each.name for each in missing])};"
            f" see `strongroom explain {shlex.quote(missing[0].address)}`",
        )


def tell_request(trace: Trace) -> None:
    """Log a request and its result. A trace contains no body or signature."""
    answered = trace.error or f"{trace.status} request {trace.request_id or '-'}"
    warn(f"debug: {trace.method} {trace.path} {answered} {trace.milliseconds:.0f} ms")


def _tell_warning(message: Warning | str, *_where: object) -> None:
    warn(str(message))


def _resolve(settings: Settings) -> Identity:
    """Return the identity: from the path in --identity or its variable, otherwise from the home folder."""
    from strongroom import Identity  # noqa: PLC0415 -- not needed until here

    if settings.identity.value is not None:
        return Identity.load(settings.identity.value)
    return Identity.find(settings.vault.value)


def _no_identity(error: NoIdentity, settings: Settings) -> Failure:
    from strongroom_cli.joining import profile_without_machine  # noqa: PLC0415 -- for this error only

    what, hint = error.what, error.hint
    if settings.identity.value is None and settings.vault.value is not None:
        what = f"no identity for {settings.vault.value} on this machine (vault from {settings.vault.source})"
        hint = "register with `strongroom bootstrap`, or choose another vault with --vault"
    elif "several" in what:
        hint = "choose one with --vault or STRONGROOM_VAULT"
    elif profile_without_machine(settings) is not None:
        hint = "only machines read values; `strongroom run` in a terminal offers to register this computer"
    return Failure(what, hint, exit_code=NOT_AUTHENTICATED)


def _require_same_vault(identity: Identity, settings: Settings) -> None:
    """Reject another vault's project file, whose project name could refer to a different project here."""
    file = settings.file
    if file is None or file.vault is None or settings.project.source != str(file.path):
        return
    if identity.vault_id != file.vault:
        raise Failure(
            f"{file.path} is for vault {file.vault}, but this identity is for {identity.vault_id}",
            "select a project in this vault with `strongroom connect`, or use another identity",
            exit_code=NOT_AUTHENTICATED,
        )
