"""The country of an address, from a file that is replaced while it is in use."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from mmdb_writer import MMDBWriter  # pyright: ignore[reportMissingTypeStubs]
from netaddr import IPSet

from strongroom_core.kernel.country import Countries, CountryFileUnusable

GERMANY, FRANCE = {"country_code": "DE"}, {"country": {"iso_code": "FR"}}


def write(path: Path, **records: Any) -> None:
    """Replace the file with one that has these records, by renaming, as the documentation recommends."""
    writer = MMDBWriter(6, "Test-Country", ipv4_compatible=True)
    for network, record in records.items():
        writer.insert_network(IPSet([network]), record)
    new = path.with_suffix(".new")
    writer.to_db_file(str(new))
    new.replace(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "country.mmdb"
    write(path, **{"203.0.113.0/24": GERMANY, "2001:db8::/32": FRANCE, "198.51.100.0/24": {"x": 1}})
    return path


@pytest.mark.parametrize(
    ("address", "country"),
    [
        ("203.0.113.7", "DE"),
        ("::ffff:203.0.113.7", "DE"),
        ("2001:db8::1", "FR"),
        ("2001:db8::1%eth0", "FR"),
        ("198.51.100.1", None),
        ("192.0.2.1", None),
        ("127.0.0.1", None),
        ("local", None),
        ("", None),
    ],
)
def test_both_forms_of_records_are_understood(
    path: Path, address: str, country: str | None
) -> None:
    """M-7: the flat form and MaxMind's form both work; everything else is unknown."""
    countries = Countries(path)
    countries.refresh()

    assert country == countries.country_of(address)


def test_without_a_file_the_country_is_unknown() -> None:
    """M-7: without a file, every country is unknown."""
    countries = Countries()

    assert not countries.refresh()
    assert countries.country_of("203.0.113.7") is None
    assert not countries.known


@pytest.mark.parametrize("code", ["ZZ", "XX", "de", "DEU", "", 7, None, ["DE"]])
def test_something_other_than_a_code_is_unknown(path: Path, code: Any) -> None:
    """M-7: a country is two capital letters that ISO 3166 assigns."""
    write(path, **{"203.0.113.0/24": {"country_code": code} if code is not None else {"a": "b"}})
    countries = Countries(path)
    countries.refresh()

    assert countries.country_of("203.0.113.7") is None


def test_a_replaced_file_is_loaded_while_lookups_go_on(path: Path) -> None:
    """M-7: lookups in other threads see the old or the new content, and never anything else."""
    countries = Countries(path)
    countries.refresh()
    seen: set[str | None] = set()
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            seen.add(countries.country_of("203.0.113.7"))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for each in threads:
        each.start()
    for number in range(40):
        write(path, **{"203.0.113.0/24": FRANCE if number % 2 else GERMANY})
        assert countries.refresh()
    done.set()
    for each in threads:
        each.join()

    assert seen == {"DE", "FR"}
    assert countries.country_of("203.0.113.7") == "FR"


def test_a_file_overwritten_in_place_changes_nothing_until_it_is_loaded(path: Path) -> None:
    """M-7: a truncated file neither kills the process nor changes results; it is reported once."""
    countries = Countries(path)
    countries.refresh()
    path.write_bytes(b"")

    assert countries.country_of("203.0.113.7") == "DE"
    with pytest.raises(CountryFileUnusable, match="MaxMind"):
        countries.refresh()
    assert not countries.refresh()
    assert countries.country_of("203.0.113.7") == "DE"


def test_a_missing_file_is_reported_once(path: Path) -> None:
    """M-7: the last content stays in use while the file is missing."""
    countries = Countries(path)
    countries.refresh()
    path.unlink()

    with pytest.raises(CountryFileUnusable, match="no such file"):
        countries.refresh()
    assert not countries.refresh()
    assert countries.country_of("203.0.113.7") == "DE"
    write(path, **{"203.0.113.0/24": FRANCE})
    assert countries.refresh()
    assert countries.country_of("203.0.113.7") == "FR"
