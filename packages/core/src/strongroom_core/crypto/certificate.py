"""Reads a certificate's expiry, without verifying the certificate, and issues one for the demo's receiver."""

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import load_pem_x509_certificate
from cryptography.x509.oid import NameOID

LIFETIME = timedelta(days=30)


def ends_at(pem: bytes) -> datetime:
    """Return when a PEM chain's first certificate expires, in UTC. Raises `ValueError` for an empty chain."""
    return load_pem_x509_certificate(pem).not_valid_after_utc


def issue_certificate(host: str, now: datetime) -> tuple[bytes, bytes]:
    """Return a self-signed certificate for a host, valid for 30 days, and its key, both in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    private = key.private_bytes(pem, form, serialization.NoEncryption())
    return made.public_bytes(pem), private
