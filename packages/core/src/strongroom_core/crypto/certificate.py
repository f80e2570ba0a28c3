"""Reads when a certificate expires, without verifying it."""

from datetime import datetime

from cryptography.x509 import load_pem_x509_certificate


def ends_at(pem: bytes) -> datetime:
    """Return when a PEM chain's first certificate expires, in UTC. Raises `ValueError` for an empty chain."""
    return load_pem_x509_certificate(pem).not_valid_after_utc
