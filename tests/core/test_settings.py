"""The settings, and the errors for invalid ones."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network

import pytest

from strongroom_core.kernel.errors import Invalid
from strongroom_core.settings import Settings, require_origin


def read(**environment: str) -> Settings:
    return Settings.from_environment(environment)


def test_defaults() -> None:
    """A-4: sessions last 30 minutes and 12 hours by default; there are no trusted proxies and no database."""
    settings = read()

    assert settings.session_idle == timedelta(minutes=30)
    assert settings.session_absolute == timedelta(hours=12)
    assert settings.trusted_proxies == ()
    assert settings.cors_origins == ()
    assert settings.database_url is None
    assert settings.is_local


def test_every_variable_is_read() -> None:
    """A-4, A-10, H-6: a variable is the field's name in capitals with our prefix."""
    settings = read(
        DATABASE_URL="postgresql://a",
        STRONGROOM_OWNER_DATABASE_URL="postgresql://b",
        STRONGROOM_PUBLIC_URL="https://Secrets.Example/",
        STRONGROOM_TRUSTED_PROXIES="10.0.0.0/8, fd00::/8,192.0.2.1",
        STRONGROOM_CORS_ORIGINS="https://a.example, http://b.example:8080",
        STRONGROOM_SESSION_IDLE="5",
        STRONGROOM_SESSION_ABSOLUTE="60",
        STRONGROOM_DATABASE_CONNECTIONS="7",
    )

    assert settings.database_url == "postgresql://a"
    assert settings.owner_database_url == "postgresql://b"
    assert settings.public_url == "https://secrets.example"
    assert not settings.is_local
    assert settings.trusted_proxies == (
        ip_network("10.0.0.0/8"),
        ip_network("fd00::/8"),
        ip_network("192.0.2.1/32"),
    )
    assert settings.cors_origins == ("https://a.example", "http://b.example:8080")
    assert (settings.session_idle, settings.session_absolute) == (
        timedelta(minutes=5),
        timedelta(minutes=60),
    )
    assert settings.database_connections == 7


def test_the_prefixed_name_wins() -> None:
    """H-1: our own variable takes precedence over the common one that a platform may set."""
    settings = read(DATABASE_URL="postgresql://a", STRONGROOM_DATABASE_URL="postgresql://b")

    assert settings.database_url == "postgresql://b"


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("STRONGROOM_TRUSTED_PROXIES", "nonsense"),
        ("STRONGROOM_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("STRONGROOM_CORS_ORIGINS", "*"),
        ("STRONGROOM_CORS_ORIGINS", "https://a.example/path"),
        ("STRONGROOM_PUBLIC_URL", "secrets.example"),
        ("STRONGROOM_PUBLIC_URL", "ftp://secrets.example"),
        ("STRONGROOM_PUBLIC_URL", "https://user@secrets.example"),
        ("STRONGROOM_PUBLIC_URL", "https://secrets.example:notaport"),
        ("STRONGROOM_SESSION_IDLE", "0"),
        ("STRONGROOM_SESSION_IDLE", "-5"),
        ("STRONGROOM_SESSION_IDLE", "soon"),
        ("STRONGROOM_SESSION_ABSOLUTE", "1.5"),
        ("STRONGROOM_DATABASE_CONNECTIONS", "0"),
    ],
)
def test_the_error_names_the_invalid_variable(variable: str, text: str) -> None:
    """H-1: the error for an invalid setting names the variable."""
    with pytest.raises(Invalid, match=variable):
        read(**{variable: text})


def test_urls_with_passwords_do_not_print() -> None:
    """E-5: settings can be logged, because their repr contains no password."""
    settings = Settings(
        database_url="postgresql://x:MARKERpassword@h/d",
        owner_database_url="postgresql://x:MARKERpassword@h/d",
        jobs_database_url="postgresql://x:MARKERpassword@h/d",
    )

    assert "MARKERpassword" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://a.example", "https://a.example"),
        ("https://a.example/", "https://a.example"),
        ("HTTPS://A.Example:443", "https://a.example"),
        ("http://a.example:80", "http://a.example"),
        ("http://a.example:443", "http://a.example:443"),
        ("http://[::1]:8200", "http://[::1]:8200"),
    ],
)
def test_origins_are_as_browsers_send_them(text: str, origin: str) -> None:
    """A-10: origins are compared character by character, so only one spelling is allowed."""
    assert require_origin(text) == origin


def test_networks_of_mapped_addresses_are_ipv4_networks() -> None:
    """H-6: a network written as IPv4 in IPv6 matches the same addresses, instead of none."""
    settings = Settings.from_environment(
        {
            "STRONGROOM_TRUSTED_PROXIES": "::ffff:10.0.0.0/104",
            "STRONGROOM_METRICS_FROM": "::ffff:10.1.2.3",
        }
    )

    assert ["10.0.0.0/8"] == [str(each) for each in settings.trusted_proxies]
    assert ["10.1.2.3/32"] == [str(each) for each in settings.metrics_from]
