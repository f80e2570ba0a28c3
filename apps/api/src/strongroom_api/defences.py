"""The CSRF protection, which keeps other sites from acting through a user's browser (A-10).

A change must come from our own page (`Origin`), from a script (a custom header, which forms and links can't
send), and as JSON (which forms can't send). In current browsers, any one of these would be enough; together
they still protect users if one fails. The cookie's `SameSite` is an additional defense.
"""

import re

from litestar.datastructures import Headers

from strongroom_api.errors import (
    ClientHeaderMissing,
    UnsupportedMediaType,
    WrongOrigin,
    WrongVaultHeader,
)
from strongroom_core.kernel.errors import Invalid, StrongroomError, VaultSwitched
from strongroom_core.settings import Settings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Safe methods (RFC 9110, 9.2.1)."""

CLIENT_HEADER = "X-Strongroom-Client"
CLIENT_FORM = r"[A-Za-z0-9._/-][A-Za-z0-9._ /-]{0,63}"
VAULT_HEADER = "X-Strongroom-Vault"

_JSON = re.compile(r'application/json(?:\s*;\s*charset="?utf-8"?)?', re.IGNORECASE | re.ASCII)


def require_own_page(headers: Headers, settings: Settings, *, takes_body: bool) -> None:
    """Raise `WrongOrigin` or `ClientHeaderMissing` unless the request's origin is ours or a listed one.

    The comparison is literal: no patterns, no normalization. The error names every header that is
    wrong, so that all of them can be fixed at once.
    """
    wrong: list[StrongroomError] = []
    origins = headers.getall("origin", [])
    if len(origins) != 1 or origins[0] not in (settings.public_url, *settings.cors_origins):
        wrong.append(WrongOrigin(settings.public_url))
    clients = headers.getall(CLIENT_HEADER, [])
    if len(clients) != 1 or not re.fullmatch(CLIENT_FORM, clients[0], re.ASCII):
        wrong.append(ClientHeaderMissing())
    if not wrong:
        return
    if takes_body and not _is_json(headers):
        wrong.append(UnsupportedMediaType())
    error = wrong[0]
    error.message = "; ".join(each.message for each in wrong)
    raise error


def require_no_other_page(headers: Headers, settings: Settings) -> None:
    """Raise `WrongOrigin` for another site's page. Any program other than a browser is accepted.

    This is for one-time links: anyone who has all parts of a link may use it, and no session is involved.
    """
    if set(headers.getall("origin", [])) - {settings.public_url, *settings.cors_origins}:
        raise WrongOrigin(settings.public_url)


def require_form_of_body(headers: Headers, *, takes_body: bool) -> None:
    """Raise `UnsupportedMediaType` unless the body is declared as JSON, and `Invalid` if none is expected."""
    if takes_body:
        if not _is_json(headers):
            raise UnsupportedMediaType
        if headers.get("content-encoding", "identity") != "identity":
            raise UnsupportedMediaType
    elif headers.get("content-length", "0") != "0" or "transfer-encoding" in headers:
        raise Invalid("this operation doesn't accept a body")


def _is_json(headers: Headers) -> bool:
    types = headers.getall("content-type", [])
    return len(types) == 1 and _JSON.fullmatch(types[0].strip()) is not None


def require_vault(headers: Headers, vault: str) -> None:
    """Raise `VaultSwitched` if the page belongs to a different vault than the session (A-8).

    The dashboard always sends the header. Until the page knows its vault, the header is empty, which stops
    the request. A script can omit the header, because an account belongs to one vault. The response is the
    same whether the other vault exists or not.
    """
    named = headers.getall(VAULT_HEADER, [])
    if len(named) > 1 or "" in named:
        raise WrongVaultHeader
    if named and named[0] != vault:
        raise VaultSwitched
