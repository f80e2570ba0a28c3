"""Requests signed by a test's machine, which can be altered before they reach the authenticator."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from strongroom_core.core import Core
from strongroom_core.crypto.random import random_bytes
from strongroom_core.machines.authenticate import SignedRequest
from strongroom_testkit.machine import TestMachine
from strongroom_wire.canonical import signed_bytes

Sign = Callable[..., SignedRequest]


@pytest.fixture
def sign(core: Core) -> Sign:
    """Sign a request, with the current time by default."""

    def sign(machine: TestMachine, *, ago: float = 0) -> SignedRequest:
        at = int((core.clock.now() - timedelta(seconds=ago)).timestamp())
        nonce = random_bytes(16).hex()
        message = signed_bytes("GET", "/v1/secrets", at, nonce, b"")
        return SignedRequest(machine.id, at, nonce, machine.key.sign(message).signature, message)

    return sign
