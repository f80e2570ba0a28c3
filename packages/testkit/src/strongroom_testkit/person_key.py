"""A person's key for tests: a program that asks for it, the person who approves it, and signed requests."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nacl.signing import SigningKey

from strongroom_core.access.callers import new_request_id
from strongroom_core.accounts.sessions import authenticate_person
from strongroom_core.crypto.random import random_bytes
from strongroom_core.kernel.origin import Origin
from strongroom_core.keys.approve import Approval, approve_key_request
from strongroom_core.keys.ask import ask_for_key
from strongroom_core.keys.authenticate import KeySigned, authenticate_key
from strongroom_core.keys.suggestions import Suggestions
from strongroom_testkit.people import visitor
from strongroom_testkit.sign_in import log_in
from strongroom_wire.signatures import parse_signature, signature_headers

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.keys.views import KeyAsked
    from strongroom_testkit.markers import Markers
    from strongroom_testkit.people import Person

PROGRAM_AT = "127.9.9.31"
"""The address from which test programs ask for keys."""


@dataclass(frozen=True, slots=True)
class TestKey:
    """A private key, and the ID under which it signs: that of a request for a key, or of the approved key."""

    __test__ = False

    id: str
    server: str
    private: SigningKey = field(repr=False)

    def headers(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        *,
        at: int,
        nonce: str | None = None,
        server: str | None = None,
    ) -> dict[str, str]:
        """Return the headers of a request signed at `at` Unix seconds. `target` is path and query."""
        return signature_headers(
            method,
            f"{server or self.server}{target}",
            body,
            key_id=self.id,
            created=at,
            nonce=nonce or random_bytes(16).hex(),
            sign=lambda base: self.private.sign(base).signature,
        )

    def signed(self, core: Core, **other: Any) -> KeySigned:
        """Return a newly signed request as the authenticator takes it. `other` replaces its fields."""
        at = int(core.clock.now().timestamp())
        headers = self.headers("GET", "/api/projects", at=other.pop("at", at))
        pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        found = parse_signature(pairs)
        fields: dict[str, Any] = {
            "key": found.key_id,
            "signed_at": found.created,
            "nonce": found.nonce,
            "signature": found.signature,
            "base": found.base("GET", f"{self.server}/api/projects"),
            "intact": True,
        }
        return KeySigned(**{**fields, **other})

    async def caller(self, core: Core, *, address: str = PROGRAM_AT) -> Human:
        """Return the caller of a newly signed request, as determined by the real authenticator."""
        return await authenticate_key(core, self.signed(core), Origin(address, new_request_id()))


async def session_of(core: Core, person: Person, markers: Markers) -> Human:
    """Sign a person in, and return them with their session, whose password was just confirmed."""
    opened = await log_in(
        core, visitor(), email=person.email, password=person.password, device_token=None
    )
    markers.note(opened.device_token)
    return await authenticate_person(
        core, markers.note(opened.token), Origin("127.0.0.9", new_request_id())
    )


async def asked_key(
    core: Core,
    *,
    hostname: str = "laptop",
    address: str = PROGRAM_AT,
    private: SigningKey | None = None,
    **suggested: Any,
) -> tuple[TestKey, KeyAsked]:
    """Ask for a key, as a program does. The result signs polls. `suggested` are fields of `Suggestions`."""
    private = private or SigningKey(random_bytes(32))
    asked = await ask_for_key(
        core,
        visitor(address),
        public_key=b64encode(bytes(private.verify_key)).decode(),
        hostname=hostname,
        client="strongroom test",
        suggested=Suggestions(**suggested),
    )
    return TestKey(asked.id, core.settings.public_url, private), asked


async def approved_key(
    core: Core, caller: Human, *, hostname: str = "laptop", address: str = PROGRAM_AT, **choice: Any
) -> TestKey:
    """Ask for a key and approve it. `choice` are the fields of `Approval`. The result signs requests."""
    program, asked = await asked_key(core, hostname=hostname, address=address)
    made = await approve_key_request(core, caller, asked.id, Approval(code=asked.code, **choice))
    return TestKey(made.id, program.server, program.private)
