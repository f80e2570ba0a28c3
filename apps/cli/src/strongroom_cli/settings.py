"""The settings in effect. Their sources, in this order, are flag, environment, project file and default."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from strongroom_cli.failures import USAGE, Failure
from strongroom_cli.output import note
from strongroom_cli.project_file import Search, find_project_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from strongroom_cli.choices import Choices
    from strongroom_cli.project_file import ProjectFile

_VAULT_ID = re.compile(r"vault_[a-z0-9]+")
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"", "0", "false", "no", "off"})
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `value` is None if the setting isn't set; `source` says where the value comes from."""

    value: str | None
    source: str

    def __bool__(self) -> bool:
        return self.value is not None


@dataclass(frozen=True, slots=True)
class Settings:
    """This machine's identity, its server, project and cache."""

    identity: Setting
    vault: Setting
    home: Setting
    project: Setting
    offline_cache: Setting
    cache_max_age: Setting
    file: ProjectFile | None

    def named(self) -> dict[str, Setting]:
        """Return the settings by the names shown to people."""
        return {
            "identity": self.identity,
            "vault": self.vault,
            "home": self.home,
            "project": self.project,
            "offline cache": self.offline_cache,
            "cache max age": self.cache_max_age,
        }


def settle(choices: Choices, *, use_file: bool = True) -> Settings:
    """Return the settings in effect in the working folder. Raises `Failure`.

    Without `use_file`, the project file is ignored.
    """
    environment = os.environ
    search = find_project_file() if use_file else Search()
    if search.obstacle and choices.debug:
        note(choices, f"debug: no project file: {search.obstacle}")
    of_file = _OfFile(search)
    cache = "yes" if choices.offline_cache or choices.offline else None
    cache_flag = "--offline" if choices.offline else "--offline-cache"
    return Settings(
        identity=_first(choices.identity, "--identity", environment, "STRONGROOM_IDENTITY"),
        vault=_vault_id(
            _first(
                choices.vault, "--vault", environment, "STRONGROOM_VAULT", of_file.setting("vault")
            )
        ),
        home=_first(None, "", environment, "STRONGROOM_HOME", _default_home()),
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
        file=search.file,
    )


def _default_home() -> Setting:
    """Return the default identities folder, or None for a user without a home directory."""
    from strongroom import NoIdentity, strongroom_home  # noqa: PLC0415 -- every command imports this module

    try:
        return Setting(str(strongroom_home()), "default")
    except NoIdentity as error:
        return Setting(None, error.what)


def seconds_of(duration: str) -> float:
    """Parse a duration such as 90s, 15m, 12h, 7d, or a number of seconds. Raises `Failure`."""
    number, unit = (duration[:-1], duration[-1:]) if duration[-1:] in _UNITS else (duration, "s")
    if not number.isascii() or not number.isdigit():
        raise Failure(f"invalid duration: {duration}", "write 90s, 15m, 12h or 7d", exit_code=USAGE)
    return float(int(number) * _UNITS[unit])


@dataclass(frozen=True, slots=True)
class _OfFile:
    """The settings from the project file."""

    search: Search

    def setting(self, key: str) -> Setting:
        """Return the setting from the file, or the reason why there is none."""
        file = self.search.file
        text: str | None = getattr(file, key, None)
        if file is not None and text:
            return Setting(text, str(file.path))
        return Setting(None, self.search.obstacle) if self.search.obstacle else UNSAID


UNSAID = Setting(None, "not set")


def _first(
    given: str | None,
    flag: str,
    environment: Mapping[str, str],
    variable: str,
    otherwise: Setting = UNSAID,
) -> Setting:
    if given is not None:
        if not given:
            raise Failure(f"{flag} is empty", "pass a value, or leave it out", exit_code=USAGE)
        return Setting(given, flag)
    # Shells and unit files unset a variable by making it empty.
    if environment.get(variable):
        return Setting(environment[variable], variable)
    return otherwise


def _vault_id(setting: Setting) -> Setting:
    """Reject anything that could be a path: a project file must not choose an identity file."""
    if setting.value is not None and not _VAULT_ID.fullmatch(setting.value):
        raise Failure(
            f"{setting.source}: {setting.value} is not a vault ID",
            "an ID looks like vault_abc123; use --identity or STRONGROOM_IDENTITY for a path",
            exit_code=USAGE,
        )
    return setting


def _cache_switch(setting: Setting) -> Setting:
    said = (setting.value or "").lower()
    if said in _TRUE:
        return Setting("yes", setting.source)
    if said in _FALSE:
        return Setting(None, setting.source)
    raise Failure(f"{setting.source}: invalid boolean", "write 1 or 0", exit_code=USAGE)
