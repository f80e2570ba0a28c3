"""The public keys of OpenID Connect issuers, found by discovery and cached (M-11).

Requests go only to issuers that a vault trusts, never to a URL from a token. A process requests each issuer's
keys at most once an hour, and again for an unknown key ID, but at most every half minute. Anyone can cause
such a request with an unsigned token, so it never makes known keys unusable, and one vault's slow issuers
can't use up all requests.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from strongroom_core.crypto.id_token import (
    LARGEST_KEY_SET,
    KeySet,
    UnusableKeys,
    parse_key_set,
)
from strongroom_core.kernel.shares import Shares
from strongroom_core.outbound.sender import NotSent, Reason

if TYPE_CHECKING:
    from strongroom_core.kernel.ids import VaultId
    from strongroom_core.outbound.sender import Sender

DISCOVERY = "/.well-known/openid-configuration"
FRESH_SECONDS = 3600.0
AGAIN_SECONDS = 30.0
"""How long to wait before repeating a failed attempt, or the search for an unknown key ID."""
MOST_ISSUERS = 256
AT_ONCE = 16
AT_ONCE_OF_VAULT = 4
_OK = 200


class KeysUnavailable(Exception):
    """The issuer's keys couldn't be fetched, or aren't usable. The message is a short reason for the log."""


@dataclass(slots=True)
class _Known:
    keys: KeySet | None = None
    problem: str = ""
    fetched_at: float = -math.inf
    tried_at: float = -math.inf
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def is_stale(self) -> bool:
        return time.monotonic() - self.fetched_at >= FRESH_SECONDS

    def is_due(self, *, unknown_key: bool) -> bool:
        again = time.monotonic() - self.tried_at >= AGAIN_SECONDS
        return again and (unknown_key or self.is_stale)


class IssuerKeys:
    """The cache of one process. The least recently used keys are dropped first."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._requests = Shares(AT_ONCE, AT_ONCE_OF_VAULT)

    async def keys_of(
        self, sender: Sender, vault: VaultId, issuer: str, *, unknown_key: bool = False
    ) -> KeySet:
        """Return the keys of an issuer that a vault trusts. Raises `KeysUnavailable`.

        With `unknown_key`, fetch them again, unless that was tried a moment ago. If fetching fails, the known
        keys are kept.
        """
        known = self._known.setdefault(issuer, _Known())
        self._known.move_to_end(issuer)
        while len(self._known) > MOST_ISSUERS:
            self._known.popitem(last=False)
        if known.is_due(unknown_key=unknown_key):
            async with known.lock:  # One request at a time; callers that waited find its result.
                if known.is_due(unknown_key=unknown_key) and self._requests.take(vault):
                    try:
                        known.keys, known.problem = await _fetch(sender, issuer), ""
                        known.fetched_at = time.monotonic()
                    except KeysUnavailable as unavailable:
                        known.problem = str(unavailable)
                    finally:
                        known.tried_at = time.monotonic()
                        self._requests.give_back(vault)
        if known.keys is None or known.is_stale:
            raise KeysUnavailable(known.problem or Reason.CROWDED.value)
        return known.keys


async def _fetch(sender: Sender, issuer: str) -> KeySet:
    about = _object(await _get(sender, issuer.rstrip("/") + DISCOVERY))
    if about.get("issuer") != issuer:
        raise KeysUnavailable("another_issuer")
    address = about.get("jwks_uri")
    if not isinstance(address, str):
        raise KeysUnavailable("no_jwks_uri")
    try:
        return parse_key_set(await _get(sender, address))
    except UnusableKeys:
        raise KeysUnavailable("unusable_keys") from None


async def _get(sender: Sender, url: str) -> bytes:
    headers = {"Accept": "application/json", "User-Agent": "Strongroom/1.0"}
    try:
        reply = await sender.send("GET", url, headers=headers, most_bytes=LARGEST_KEY_SET)
    except NotSent as not_sent:
        raise KeysUnavailable(not_sent.reason.value) from None
    if reply.status != _OK:
        raise KeysUnavailable("bad_status")
    return reply.body


def _object(content: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise KeysUnavailable("malformed") from None
    return found
