"""The findings of `doctor` about settings, certificates and folders (H-2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from mmdb_writer import MMDBWriter  # pyright: ignore[reportMissingTypeStubs]
from netaddr import IPSet

from strongroom_core.doctor.finding import Finding
from strongroom_core.kernel.clock import wall_clock
from strongroom_core.kernel.time_windows import zone_names
from strongroom_core.settings import Settings, known_variables
from strongroom_server.checks.process import check_process
from strongroom_server.serving.http_server import Certificate

if TYPE_CHECKING:
    from pathlib import Path


def found(check: str, settings: Settings | None = None, chain: Path | None = None) -> Finding:
    certificate = Certificate(chain, chain) if chain is not None else None
    findings = check_process({}, settings or Settings(), certificate)
    [finding] = [each for each in findings if each.check == check]
    return finding


@pytest.mark.parametrize(
    ("url", "grade"),
    [
        ("https://vault.example", "ok"),
        ("http://localhost:8200", "ok"),
        ("http://127.0.0.1:8200", "ok"),
        ("http://[::1]:8200", "ok"),
        ("http://vault.example", "problem"),
        ("http://192.0.2.7:8200", "problem"),
    ],
)
def test_plain_http_is_for_this_machine(url: str, grade: str) -> None:
    """H-6: on other addresses, passwords and values would cross the network unencrypted."""
    assert found("public URL", Settings(public_url=url)).grade == grade


@pytest.mark.parametrize("check", ["trusted proxies", "metrics"])
@pytest.mark.parametrize(
    ("network", "grade"),
    [
        ("10.0.0.5/32", "ok"),
        ("10.0.0.0/8", "ok"),
        ("2001:db8::/32", "ok"),
        ("0.0.0.0/1", "warning"),
        ("2000::/3", "warning"),
        ("0.0.0.0/0", "problem"),
        ("::/0", "problem"),
    ],
)
def test_trusting_every_proxy(check: str, network: str, grade: str) -> None:
    """H-6: trusting every proxy would let every client choose its address."""
    name = {"trusted proxies": "trusted_proxies", "metrics": "metrics_from"}[check]
    settings = replace(Settings(), **{name: (ip_network(network),)})

    assert found(check, settings).grade == grade


def issue(folder: Path, days: float) -> Path:
    """Write a self-signed certificate that is valid for this many more days."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vault.example")])
    now = wall_clock()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=90))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    file = folder / "chain.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.mark.parametrize(
    ("days", "grade"), [(60.0, "ok"), (10.0, "warning"), (2.0, "problem"), (-1.0, "problem")]
)
def test_a_certificate_that_ends_is_found_in_time(tmp_path: Path, days: float, grade: str) -> None:
    """H-6: a certificate is a warning three weeks before it expires, and a problem three days before."""
    assert found("certificate", chain=issue(tmp_path, days)).grade == grade


@pytest.mark.parametrize("content", [None, b"", b"MARKERno certificate"])
def test_a_certificate_that_cannot_be_read_is_a_problem(
    tmp_path: Path, content: bytes | None
) -> None:
    """H-6: a missing, empty or invalid certificate file is a problem, reported without its content."""
    file = tmp_path / "chain.pem"
    if content is not None:
        file.write_bytes(content)
    finding = found("certificate", chain=file)

    assert finding.grade == "problem"
    assert "MARKER" not in f"{finding.says} {finding.hint}"


@pytest.mark.parametrize("name", known_variables())
def test_every_setting_is_known(name: str) -> None:
    """H-2: `doctor` knows every variable that has an effect."""
    findings = check_process({name: "x"}, Settings(), None)
    [finding] = [each for each in findings if each.check == "variables"]

    assert finding.grade == "ok"


def write_countries(path: Path, days: float) -> None:
    """Write a file of countries that was built this many days ago."""
    writer = MMDBWriter(6, "Test-Country", ipv4_compatible=True)
    writer.insert_network(IPSet(["203.0.113.0/24"]), {"country_code": "NO"})
    writer.to_db_file(str(path))
    content = path.read_bytes()
    # The metadata ends the file; its timestamp is a 64-bit number, of which zeros aren't stored.
    then = int((wall_clock() - timedelta(days=days)).timestamp())
    head, found, rest = content.rpartition(b"build_epoch")
    size = rest[0] & 0x1F
    path.write_bytes(head + found + rest[:2] + then.to_bytes(size, "big") + rest[2 + size :])


@pytest.mark.parametrize(
    ("days", "grade", "says"),
    [
        (1, "ok", "built on"),
        (200, "warning", "moved between countries"),
        (None, "problem", "no such file"),
    ],
)
def test_the_country_file(tmp_path: Path, days: float | None, grade: str, says: str) -> None:
    """M-7: a file that can't be used, and an old one, are reported with their reason."""
    file = tmp_path / "country.mmdb"
    if days is not None:
        write_countries(file, days)
    finding = found("country file", replace(Settings(), country_file=file))
    none = found("country file")

    assert (finding.grade, none.grade) == (grade, "ok")
    assert says in finding.says


def test_the_time_zones(monkeypatch: pytest.MonkeyPatch) -> None:
    """M-7: every time zone of the release can be read; an old release is reported."""
    now = found("time zones")
    monkeypatch.setattr("strongroom_server.checks.process.zone_release", lambda: "2019.3")
    old = found("time zones")

    assert (now.grade, old.grade) == ("ok", "warning")
    assert f"{len(zone_names())} zones" in now.says
