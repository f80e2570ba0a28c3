"""When a certificate ends. Nothing here trusts one."""

from datetime import datetime

from cryptography.x509 import load_pem_x509_certificate


def ends_at(pem: bytes) -> datetime:
    """Return when the first certificate of a PEM chain ends, in UTC. Raises `ValueError` for none."""
    return load_pem_x509_certificate(pem).not_valid_after_utc
