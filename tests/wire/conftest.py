"""The test vectors that the server and the clients share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

VECTORS = Path("packages/wire/vectors/signing.json")


@pytest.fixture(scope="session")
def vectors() -> dict[str, Any]:
    """The content of `packages/wire/vectors/signing.json`."""
    return json.loads(VECTORS.read_text())
