"""What is in effect and where it comes from: flag, then environment, then project file, then default."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from strongroom_cli.exits import USAGE, Failure
from strongroom_cli.project_file import find_project_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from strongroom_cli.choices import Choices
    from strongroom_cli.project_file import ProjectFile

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"", "0", "false", "no", "off"})
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `value` is None where nothing was said; `source` says who said it."""

    value: str | None
    source: str

    def __bool__(self) -> bool:
        return self.value is not None


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that decides who this machine is, where it asks and what for."""

    identity: Setting
    vault: Setting
    home: Setting
    project: Setting
    offline_cache: Setting
    cache_max_age: Setting
    file: ProjectFile | None

    def named(self) -> dict[str, Setting]:
        """Return the settings by the names which people know."""
        return {
            "identity": self.identity,
            "vault": self.vault,
            "home": self.home,
            "project": self.project,
            "offline cache": self.offline_cache,
            "cache max age": self.cache_max_age,
        }


def settle(choices: Choices, *, heed_file: bool = True) -> Settings:
    """Return what is in effect in the working folder. Raises `Failure`.

    Without `heed_file` the project file is not looked for.
    """
    from strongroom.resolution import strongroom_home  # noqa: PLC0415 -- every command with settings asks

    environment = os.environ
    file = find_project_file(Path.cwd()) if heed_file else None
    of_file = _OfFile(file)
    cache = "yes" if choices.offline_cache or choices.offline else None
    cache_flag = "--offline" if choices.offline else "--offline-cache"
    return Settings(
        identity=_first(choices.identity, "--identity", environment, "STRONGROOM_IDENTITY"),
        vault=_vault_id(
            _first(
                choices.vault, "--vault", environment, "STRONGROOM_VAULT", of_file.setting("vault")
            )
        ),
        home=_first(
            None, "", environment, "STRONGROOM_HOME", Setting(str(strongroom_home()), "default")
        ),
        project=_first(
            choices.project,
            "--project",
            environment,
            "STRONGROOM_PROJECT",
            of_file.setting("project"),
        ),
        offline_cache=_cache_switch(
            _first(cache, cache_flag, environment, "STRONGROOM_OFFLINE_CACHE")
        ),
        cache_max_age=_first(
            choices.cache_max_age, "--cache-max-age", environment, "STRONGROOM_CACHE_MAX_AGE"
        ),
        file=file,
    )


def seconds_of(duration: str) -> float:
    """Read a duration such as 90s, 15m, 12h, 7d, or a number of seconds. Raises `Failure`."""
    number, unit = (duration[:-1], duration[-1:]) if duration[-1:] in _UNITS else (duration, "s")
    if not number.isascii() or not number.isdigit():
        raise Failure(f"{duration} is no duration", "write 90s, 15m, 12h or 7d", exit_code=USAGE)
    return float(int(number) * _UNITS[unit])


@dataclass(frozen=True, slots=True)
class _OfFile:
    """What the project file adds."""

    file: ProjectFile | None

    def setting(self, key: str) -> Setting:
        """Return what the file says."""
        text: str | None = getattr(self.file, key, None)
        return Setting(text, str(self.file.path)) if self.file is not None and text else _UNSAID


_UNSAID = Setting(None, "not set")


def _first(
    given: str | None,
    flag: str,
    environment: Mapping[str, str],
    variable: str,
    otherwise: Setting = _UNSAID,
) -> Setting:
    if given is not None:
        if not given:
            raise Failure(f"{flag} is empty", "give a value, or leave it away", exit_code=USAGE)
        return Setting(given, flag)
    # An empty variable is how shells and unit files unset one.
    if environment.get(variable):
        return Setting(environment[variable], variable)
    return otherwise


def _vault_id(setting: Setting) -> Setting:
    """Refuse what could be taken for a path: whoever writes a project file chooses no identity file."""
    from strongroom.resolution import is_vault_id  # noqa: PLC0415 -- loaded already

    if setting.value is not None and not is_vault_id(setting.value):
        raise Failure(
            f"{setting.source} says {setting.value}, which is no vault's id",
            "an id looks like vault_abc123; a path goes to --identity or STRONGROOM_IDENTITY",
            exit_code=USAGE,
        )
    return setting


def _cache_switch(setting: Setting) -> Setting:
    said = (setting.value or "").lower()
    if said in _TRUE:
        return Setting("yes", setting.source)
    if said in _FALSE:
        return Setting(None, setting.source)
    raise Failure(f"{setting.source} is neither yes nor no", "write 1 or 0", exit_code=USAGE)
