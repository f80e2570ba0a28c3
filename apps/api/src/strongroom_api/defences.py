"""What keeps other sites from acting through a person's browser: all of it, in one place (A-10).

A change must come from our own page (`Origin`), by script (a header of ours, which neither a form nor
a link can send), and as JSON (which a form cannot send). Any one would do against today's browsers;
together they do not depend on one of them being right. `SameSite` of the cookie comes on top.
"""

import re

from litestar.datastructures import Headers

from strongroom_api.errors import (
    ClientHeaderMissing,
    UnsupportedMediaType,
    VaultHeaderMissing,
    WrongOrigin,
)
from strongroom_core.kernel.errors import Invalid, VaultSwitched
from strongroom_core.settings import Settings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing (RFC 9110, 9.2.1)."""

CLIENT_HEADER = "X-Strongroom-Client"
CLIENT_FORM = r"[A-Za-z0-9._/-][A-Za-z0-9._ /-]{0,63}"
VAULT_HEADER = "X-Strongroom-Vault"

_JSON = re.compile(r'application/json(?:\s*;\s*charset="?utf-8"?)?', re.IGNORECASE | re.ASCII)


def require_own_page(headers: Headers, settings: Settings) -> None:
    """Raise `WrongOrigin` or `ClientHeaderMissing` unless our own page, or a listed one, is asking.

    The comparison is literal: no pattern, no normalisation, nothing to be clever about.
    """
    origins = headers.getall("origin", [])
    if len(origins) != 1 or origins[0] not in (settings.public_url, *settings.cors_origins):
        raise WrongOrigin
    clients = headers.getall(CLIENT_HEADER, [])
    if len(clients) != 1 or not re.fullmatch(CLIENT_FORM, clients[0], re.ASCII):
        raise ClientHeaderMissing


def require_form_of_body(headers: Headers, *, takes_body: bool) -> None:
    """Raise `UnsupportedMediaType` for a body that is not declared JSON, `Invalid` for a needless one."""
    if takes_body:
        types = headers.getall("content-type", [])
        if len(types) != 1 or not _JSON.fullmatch(types[0].strip()):
            raise UnsupportedMediaType
        if headers.get("content-encoding", "identity") != "identity":
            raise UnsupportedMediaType
    elif headers.get("content-length", "0") != "0" or "transfer-encoding" in headers:
        raise Invalid("this operation takes no body")


def require_vault(headers: Headers, vault: str, *, changes: bool) -> None:
    """Raise `VaultSwitched` when the page was made for another vault than the session's (A-8).

    A request that changes something must name its vault. A vault that does not exist is answered
    like any other that is not the session's.
    """
    named = headers.getall(VAULT_HEADER, [])
    if len(named) > 1 or (changes and not any(named)):
        raise VaultHeaderMissing
    if any(named) and named[0] != vault:
        raise VaultSwitched
