"""The settings. Nothing else reads the environment. `docs/operate/settings.md` lists them.

Every variable's name is `STRONGROOM_` followed by the field's name in capitals. `DATABASE_URL` is also
accepted without the prefix, because many platforms set it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv6Address, ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from strongroom_core.kernel.errors import Invalid
from strongroom_core.kernel.networks import network_of
from strongroom_core.kernel.origin import Network
from strongroom_core.outbound.destination import AllowedHosts

PREFIX = "STRONGROOM_"
LOG_LEVELS = ("debug", "info", "warning", "error")
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
_HIGHEST_PORT = 65535
NOBODY = "none"
"""The value for an empty list of networks. In `metrics_from`, it closes `/metrics` to everyone."""


class SmtpSecurity(StrEnum):
    """How the connection to the mail server is encrypted."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one process.

    `database_url` logs in as `strongroom`, `owner_database_url` as `strongroom_owner` (used only by `init`
    and `migrate`), `jobs_database_url` as `strongroom_jobs`. All three must be set or, for the embedded
    database, none. `public_url` is the origin that people and machines use, without a path. `metrics_from`
    contains the networks that can read `/metrics`; `log_level` is one of `LOG_LEVELS`. `country_file` is a
    file in MaxMind's format. `outbound_hosts` are the private hosts that requests to users' URLs may reach,
    and `outbound_ca_file` contains certificate authorities for them. `heartbeat_url` is requested each minute
    while the server works.
    `privacy_url`, `terms_url`, `support_url` and `feedback_url` are links in the footers of all pages.
    Emails are sent through `smtp_host`, from the address `smtp_from`. Without these, no emails are sent.
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
    country_file: Path | None = None
    outbound_hosts: AllowedHosts = field(default_factory=AllowedHosts)
    outbound_ca_file: Path | None = None
    heartbeat_url: str | None = field(default=None, repr=False)
    privacy_url: str | None = None
    terms_url: str | None = None
    support_url: str | None = None
    feedback_url: str | None = None
    smtp_host: str | None = None
    smtp_port: int = 587
    smtp_security: SmtpSecurity = SmtpSecurity.STARTTLS
    smtp_from: str | None = None
    smtp_username: str | None = None
    smtp_password: str | None = field(default=None, repr=False)
    smtp_ca_file: Path | None = None

    def __post_init__(self) -> None:
        """Raise `Invalid` for mail settings that can't work together."""
        if (self.smtp_host is None) != (self.smtp_from is None):
            raise Invalid("set STRONGROOM_SMTP_HOST and STRONGROOM_SMTP_FROM together, or neither")
        if (self.smtp_username is None) != (self.smtp_password is None):
            raise Invalid(
                "set STRONGROOM_SMTP_USERNAME and STRONGROOM_SMTP_PASSWORD together, or neither"
            )
        plain = self.smtp_security is SmtpSecurity.NONE and self.smtp_username is not None
        if plain and not _is_loopback(self.smtp_host or ""):
            raise Invalid(
                "STRONGROOM_SMTP_SECURITY: none would send the mail server's password unencrypted;"
                " use starttls or tls, unless the mail server is on this machine (127.0.0.1)"
            )

    @property
    def is_local(self) -> bool:
        """Whether people use plain HTTP on this machine. If so, cookies aren't marked `Secure`."""
        return urlsplit(self.public_url).scheme == "http"

    @property
    def smtp_name(self) -> str:
        """The name with which the server introduces itself to the mail server (EHLO)."""
        return urlsplit(self.public_url).hostname or "localhost"

    @property
    def footer_links(self) -> tuple[tuple[str, str], ...]:
        """The labels and URLs of the footer links that the administrator has set (U-5)."""
        links = {
            "Privacy": self.privacy_url,
            "Terms": self.terms_url,
            "Support": self.support_url,
            "Feedback": self.feedback_url,
        }
        return tuple((text, url) for text, url in links.items() if url)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], **overrides: object) -> "Settings":
        """Read the settings. Raises `Invalid`, which names the invalid variable.

        The variables of overridden settings aren't read.
        """
        values: dict[str, object] = {}
        for each in fields(cls):
            if each.name in overrides:
                continue
            variable = variable_of(each.name)
            if variable not in environment and each.name == "database_url":
                variable = "DATABASE_URL"
            text = environment.get(variable)
            if text:
                values[each.name] = _read(variable, each.name, text)
        return cls(**{**values, **overrides})  # pyright: ignore[reportArgumentType]


def variable_of(name: str) -> str:
    """Return a setting's environment variable."""
    return f"{PREFIX}{name.upper()}"


def known_variables() -> list[str]:
    """Return all settings' environment variables."""
    return [variable_of(each.name) for each in fields(Settings)]


def _read(variable: str, name: str, text: str) -> object:
    try:
        return _READERS.get(name, str)(text)
    except ValueError as error:
        raise Invalid(f"{variable}: {error}") from None


def _networks(text: str) -> tuple[Network, ...]:
    if text.strip() == NOBODY:
        return ()
    return tuple(network_of(part.strip()) for part in text.split(","))


def _origins(text: str) -> tuple[str, ...]:
    return tuple(require_origin(part.strip()) for part in text.split(","))


def _minutes(text: str) -> timedelta:
    return timedelta(minutes=_positive(text))


def _file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise ValueError("must be a readable file")
    return path


def _level(text: str) -> str:
    level = text.strip().lower()
    if level not in LOG_LEVELS:
        raise ValueError(f"must be one of {', '.join(LOG_LEVELS)}")
    return level


def _positive(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise ValueError("must be a whole number above zero")
    return number


def _port(text: str) -> int:
    port = _positive(text)
    if port > _HIGHEST_PORT:
        raise ValueError(f"must be a port from 1 to {_HIGHEST_PORT}")
    return port


def _security(text: str) -> SmtpSecurity:
    try:
        return SmtpSecurity(text.strip().lower())
    except ValueError:
        raise ValueError("must be starttls, tls or none") from None


def _mail_host(text: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z._:-]{1,253}", text):
        raise ValueError("must be a hostname or address, without a port")
    return text


def _mail_address(text: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z.!#$%&'*+/=?^_`{|}~-]{1,64}@[0-9A-Za-z.-]{1,185}", text):
        raise ValueError("must be an address such as strongroom@example.org")
    return text


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _link(text: str) -> str:
    if not re.fullmatch(r"(?:https?://|mailto:)[!-~]+", text):
        raise ValueError(
            "must be a URL such as https://strongroom.example/privacy, or a mailto: link"
        )
    return text


def _heartbeat(text: str) -> str:
    """Return the URL. It is often a credential, so errors never contain it."""
    if not re.fullmatch(r"https://[!-~]+", text):
        raise ValueError("must be a URL that begins with https://")
    return text


def require_origin(text: str) -> str:
    """Return `scheme://host[:port]` as in browsers' `Origin`; raise `ValueError` otherwise."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be a URL such as https://strongroom.example")
    if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username:
        raise ValueError("must be a URL without a path, query or user")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default = {"http": 80, "https": 443}[parts.scheme]
    port = "" if parts.port in (None, default) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


_TEXT = r"(?:[^\s\x00-\x1f\x7f/#?@\[\]%{}]|%[0-9A-Fa-f]{{2}})"
"""One character in a part of a URL. Characters that would end that part must be percent-encoded."""
_HOST = rf"(?:\[[0-9A-Za-z:.%]+\]|{_TEXT.format(':,')}*)(?::[0-9]{{1,5}})?"
_BRACKETED = re.compile(r"\[([^\]]*)\]")
_DATABASE_URL = re.compile(
    rf"postgres(?:ql)?://(?:{_TEXT.format(':')}*(?::{_TEXT.format('')}*)?@)?{_HOST}(?:,{_HOST})*"
    rf"(?:/{_TEXT.format('')}*)?"
    rf"(?:\?(?:[a-zA-Z_.]+=(?:/|{_TEXT.format('&')})*(?:&|\Z))*)?"
)


def _hosts_are_addresses(text: str) -> bool:
    """Whether each host in brackets is an IPv6 address, as the drivers expect."""
    try:
        for host in _BRACKETED.finditer(text):
            IPv6Address(host[1].partition("%")[0])
    except ValueError:
        return False
    return True


def _database_url(text: str) -> str:
    """Return a URL that both drivers parse in the same way. Errors never contain the URL."""
    if _DATABASE_URL.fullmatch(text) is None or not _hosts_are_addresses(text):
        raise ValueError(
            "must be a PostgreSQL URL such as postgresql://USER:PASSWORD@HOST:5432/DATABASE; in the"
            " password write / # ? @ [ ] % and space as %2F %23 %3F %40 %5B %5D %25 %20"
        )
    return text


_READERS: Mapping[str, Callable[[str], object]] = {
    "database_url": _database_url,
    "owner_database_url": _database_url,
    "jobs_database_url": _database_url,
    "public_url": require_origin,
    "trusted_proxies": _networks,
    "cors_origins": _origins,
    "session_idle": _minutes,
    "session_absolute": _minutes,
    "database_connections": _positive,
    "log_level": _level,
    "metrics_from": _networks,
    "country_file": Path,
    "outbound_hosts": AllowedHosts.parse,
    "outbound_ca_file": _file,
    "heartbeat_url": _heartbeat,
    "privacy_url": _link,
    "terms_url": _link,
    "support_url": _link,
    "feedback_url": _link,
    "smtp_host": _mail_host,
    "smtp_port": _port,
    "smtp_security": _security,
    "smtp_from": _mail_address,
    "smtp_ca_file": _file,
}
"""How to parse these settings. The others stay text."""
