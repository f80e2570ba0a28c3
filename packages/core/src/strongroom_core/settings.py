"""What an operator can set: the only reader of the environment. `docs/operate/settings.md` lists it.

Every variable is `STRONGROOM_` and the field's name in capitals; `DATABASE_URL` alone is also taken
without the prefix, because so many platforms set it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from ipaddress import ip_network
from urllib.parse import urlsplit

from strongroom_core.kernel.errors import Invalid
from strongroom_core.kernel.origin import Network

PREFIX = "STRONGROOM_"
LOG_LEVELS = ("debug", "info", "warning", "error")
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
NOBODY = "none"
"""What a list of networks says that has none: `metrics_from` then closes `/metrics` to everyone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one process.

    `database_url` logs in as `strongroom`, `owner_database_url` as `strongroom_owner` (only `init`
    and `migrate` use it), `jobs_database_url` as `strongroom_jobs`. All three or, for the embedded
    database, none. `public_url` is the origin people and machines use, without a path.
    `metrics_from` are the networks that may read `/metrics`; `log_level` is one of `LOG_LEVELS`.
    """

    database_url: str | None = field(default=None, repr=False)
    owner_database_url: str | None = field(default=None, repr=False)
    jobs_database_url: str | None = field(default=None, repr=False)
    public_url: str = "http://localhost:8200"
    trusted_proxies: tuple[Network, ...] = ()
    cors_origins: tuple[str, ...] = ()
    session_idle: timedelta = timedelta(minutes=30)
    session_absolute: timedelta = timedelta(hours=12)
    database_connections: int = 20
    log_level: str = "info"
    metrics_from: tuple[Network, ...] = LOOPBACK

    @property
    def is_local(self) -> bool:
        """Whether people come over plain HTTP on this machine; cookies then go without `Secure`."""
        return urlsplit(self.public_url).scheme == "http"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], **overrides: object) -> "Settings":
        """Read the settings. Raises `Invalid` naming the variable that cannot be understood."""
        values: dict[str, object] = {}
        for each in fields(cls):
            variable = variable_of(each.name)
            text = environment.get(variable)
            if text is None and each.name == "database_url":
                text = environment.get("DATABASE_URL")
            if text:
                values[each.name] = _read(variable, each.name, text)
        return cls(**{**values, **overrides})  # pyright: ignore[reportArgumentType]


def variable_of(name: str) -> str:
    """Return the environment variable of a setting."""
    return f"{PREFIX}{name.upper()}"


def known_variables() -> list[str]:
    """Return the environment variable of every setting."""
    return [variable_of(each.name) for each in fields(Settings)]


def _read(variable: str, name: str, text: str) -> object:
    try:
        return _READERS.get(name, str)(text)
    except ValueError as error:
        raise Invalid(f"{variable}: {error}") from None


def _networks(text: str) -> tuple[Network, ...]:
    if text.strip() == NOBODY:
        return ()
    return tuple(ip_network(part.strip()) for part in text.split(","))


def _origins(text: str) -> tuple[str, ...]:
    return tuple(require_origin(part.strip()) for part in text.split(","))


def _minutes(text: str) -> timedelta:
    return timedelta(minutes=_positive(text))


def _level(text: str) -> str:
    level = text.strip().lower()
    if level not in LOG_LEVELS:
        raise ValueError(f"one of {', '.join(LOG_LEVELS)} is wanted")
    return level


def _positive(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise ValueError("a whole number above zero is wanted")
    return number


def require_origin(text: str) -> str:
    """Return `scheme://host[:port]` as browsers send it in `Origin`; raise `ValueError` otherwise."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("a URL such as https://strongroom.example is wanted")
    if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username:
        raise ValueError("a URL without path, query or user is wanted")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default = {"http": 80, "https": 443}[parts.scheme]
    port = "" if parts.port in (None, default) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


_READERS: Mapping[str, Callable[[str], object]] = {
    "public_url": require_origin,
    "trusted_proxies": _networks,
    "cors_origins": _origins,
    "session_idle": _minutes,
    "session_absolute": _minutes,
    "database_connections": _positive,
    "log_level": _level,
    "metrics_from": _networks,
}
"""How the text of a variable becomes a setting; any other setting is the text itself."""
