"""A self-signed certificate for servers in tests."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from pathlib import Path

GENEROUS_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Issued:
    """The two files of a certificate and its key."""

    chain: Path
    key: Path
    serial: int
    sha256: str


def issue(folder: Path, name: str, *, use_rsa: bool = False) -> Issued:
    """Issue a certificate for a host into a folder, replacing an existing one. Its key is EC or RSA."""
    key = (
        rsa.generate_private_key(65537, 2048)
        if use_rsa
        else ec.generate_private_key(ec.SECP256R1())
    )
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=3650))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    chain_file, key_file = folder / "chain.pem", folder / "key.pem"
    pem, unencrypted = serialization.Encoding.PEM, serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    chain_file.write_bytes(made.public_bytes(pem))
    key_file.write_bytes(key.private_bytes(pem, form, unencrypted))
    return Issued(chain_file, key_file, made.serial_number, made.fingerprint(hashes.SHA256()).hex())


def serial_shown_by(port: int) -> int:
    """Return the serial number of the certificate that a local server presents."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", port), timeout=GENEROUS_SECONDS) as plain,
        context.wrap_socket(plain) as secured,
    ):
        shown = secured.getpeercert(binary_form=True)
    return x509.load_der_x509_certificate(shown or b"").serial_number
