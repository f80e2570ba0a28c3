"""Signing in: a new key, which a person approves in the browser with the code that the program shows.

The private key is made here and never leaves this computer. Until it is approved, it is only in memory.
"""

import re
import time
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from strongroom._internal.admin_bodies import Suggestions
from strongroom._internal.admin_bodies import suggested as suggestions
from strongroom._internal.admin_calls import CREATE_LOGIN_REQUEST, POLL_LOGIN_REQUEST
from strongroom._internal.admin_views import OwnKey
from strongroom._internal.calls import BoundCall
from strongroom._internal.exchange import (
    VERSION,
    Patience,
    exchange,
    person_request,
    understood,
    unsigned_request,
)
from strongroom._internal.person_key import (
    PersonKey,
    Profile,
    new_profile_name,
    save_profile,
)
from strongroom._internal.private_key import PrivateKey
from strongroom._internal.refusals import refusal_to_person
from strongroom._internal.route import require_server_url
from strongroom._internal.steps import drive
from strongroom._internal.transport import Transport
from strongroom._internal.unsigned import TIMEOUT, this_hostname
from strongroom.errors import AccessDenied, BadIdentity, NotFound, ServerError

T = TypeVar("T")
PENDING, APPROVED, DENIED = "pending", "approved", "denied"
CONNECT = "/connect"
_CODE = re.compile(r"[A-Z]{4}-[A-Z]{4}")


@dataclass(frozen=True, slots=True)
class LogIn:
    """A request to sign in. A person who is signed in enters `code` at `url`; `link` includes the code.

    `fingerprint` is the new key's, to compare with the one in the browser. Call `poll` every
    `poll_seconds` until `expires_at`, and then `save`.
    """

    server: str
    code: str
    url: str
    link: str
    fingerprint: str
    poll_seconds: int
    expires_at: datetime
    _id: str = field(repr=False)
    _key: PrivateKey = field(repr=False)

    @classmethod
    def start(
        cls,
        server: str,
        *,
        hostname: str | None = None,
        client: str | None = None,
        suggested: Suggestions | None = None,
    ) -> "LogIn":
        """Create a key, and ask the server for a code. `client` is the name of the program.

        `suggested` fills in the form of the person who approves the key, and who can change it. Whether the
        vault and projects exist shows there, and not here.

        Raises `BadIdentity` for a URL that is neither https nor http://localhost, or that isn't the server's
        own: a signature is valid only for the URL that the server itself uses. Raises `Rejected` for
        suggestions that no key can have, such as a lifetime of a year.
        """
        server = require_server_url(server)
        key = PrivateKey.generate()
        body: dict[str, object] = {
            "publicKey": key.public_key,
            "hostname": hostname or this_hostname(),
            "client": client or f"strongroom-python/{VERSION}",
        }
        if suggested is not None:  # Left out otherwise, because earlier servers don't know it.
            body["suggested"] = suggestions(suggested)
        asked = _ask(server, CREATE_LOGIN_REQUEST.bind(body=body), None)
        if asked.url != server + CONNECT:
            own = asked.url.removesuffix(CONNECT)
            raise BadIdentity(f"the server's own URL is different: {own[:100]}", "use that one")
        if not _CODE.fullmatch(asked.code):
            raise ServerError("the server sent an unusable code", "see its log")
        return cls(
            server,
            asked.code,
            asked.url,
            # Not the server's own link, because a browser would open any URL.
            f"{asked.url}?code={asked.code}",
            asked.fingerprint,
            asked.poll_seconds,
            asked.expires_at,
            asked.id,
            key,
        )

    def poll(self) -> OwnKey | None:
        """Return the key once a person has approved it, or None while nobody has decided.

        Raises `AccessDenied` if the person denied it, and `NotFound` if the code has expired.
        """
        signer = PersonKey(self._id, self.server, "", self._key)
        answer = _ask(self.server, POLL_LOGIN_REQUEST.bind(), signer)
        if answer.status == PENDING:
            return None
        if answer.status == APPROVED and answer.key is not None:
            if answer.key.server != self.server:
                raise ServerError("the server approved a key for another server", "see its log")
            return answer.key
        if answer.status == DENIED:
            raise AccessDenied("the request was denied in the browser, or its key was revoked")
        raise NotFound("the code has expired", "start again")

    def save(
        self, approved: OwnKey, profile: str | None = None, *, use_keyring: bool = True
    ) -> Profile:
        """Write the approved key and its profile to this computer, and return the profile.

        Without a name, the profile is named after the vault. An earlier one with the same name is replaced.
        """
        name = profile or new_profile_name(
            self.server, approved.vault_id, approved.vault_name, approved.username
        )
        made = Profile(
            name=name,
            server=self.server,
            vault_id=approved.vault_id,
            vault_name=approved.vault_name,
            username=approved.username,
            key_id=approved.id,
            key_name=approved.name,
            expires_at=approved.expires_at,
            kept_in="",
        )
        return save_profile(made, self._key, use_keyring=use_keyring)


def _ask(server: str, call: BoundCall[T], signer: PersonKey | None) -> T:
    """Send a call of someone who isn't signed in yet, and return the parsed response."""
    make: Any = (
        partial(unsigned_request, call) if signer is None else partial(person_request, call, signer)
    )
    transport = Transport(server, TIMEOUT)
    steps = exchange(
        make,
        call.call.status,
        Patience(attempts=2),
        repeatable=call.call.repeatable,
        refuse=refusal_to_person,
    )
    try:
        answer = drive(steps, transport.send, time.sleep)
    finally:
        transport.close()
    return understood(call.call, answer)
