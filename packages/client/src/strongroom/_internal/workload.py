"""Enrollment by workload identity: a CI job or pod proves who it is with its platform's ID token.

The key is generated first, so that the token can be requested for an audience that contains the
key's fingerprint: a stolen token is then useless with another key. The audience isn't taken from
the server, because a malicious server could choose another service's audience and use the token
there.
"""

import base64
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

from strongroom._internal.calls import ENROLL_JOB, Registered
from strongroom._internal.identity import Identity, require_vault_id
from strongroom._internal.private_key import PrivateKey
from strongroom._internal.route import require_server_url
from strongroom._internal.unsigned import ask_unsigned, identity_of, register_in, this_hostname
from strongroom.errors import NoIdentity, Unavailable

GITHUB_URL, GITHUB_TOKEN = "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
TOKEN, TOKEN_FILE = "STRONGROOM_ID_TOKEN", "STRONGROOM_ID_TOKEN_FILE"
KUBERNETES_FILE = Path("/var/run/secrets/strongroom/token")
LONGEST_TOKEN = 16 * 1024
_SECONDS = 10.0
_OK = 200

Source = Callable[[str], str]
"""Returns an ID token for an audience."""


def enroll_job(
    url: str,
    vault_id: str,
    *,
    trust: str | None = None,
    audience: str | None = None,
    id_token: str | Source | None = None,
    hostname: str | None = None,
    home: str | os.PathLike[str] | None = None,
    replace: bool = False,
) -> Identity:
    """Register this job as an ephemeral machine, and return its identity.

    `id_token` is an ID token, or a function that returns one for an audience; the default is the
    token of GitHub Actions, GitLab CI or Kubernetes. `audience` is that of a trusted issuer with a
    fixed audience; by default, the token is bound to this vault and to the machine's key. `trust`
    is the ID of the trusted issuer, needed only if the vault trusts the same issuer several times.
    If `home` is set, the identity is also written there; an existing one is overwritten only if
    `replace` is true. Raises `NoIdentity` if no token can be found, `AuthenticationFailed` if the
    server doesn't accept it (the reason is in the vault's audit log), and `Conflict` if the token
    was used before, or, before anything is sent, if an identity already exists.
    """
    url, vault = require_server_url(url), require_vault_id(vault_id)
    source = find_id_token(os.environ) if id_token is None else id_token

    def register(key: PrivateKey) -> Registered:
        wanted = audience or f"strongroom:{vault}:{_binding(key)}"
        token = source if isinstance(source, str) else source(wanted)
        body = {
            "idToken": token.strip(),
            "publicKey": key.public_key,
            "hostname": hostname or this_hostname(),
            **({} if trust is None else {"trust": trust}),
        }
        return ask_unsigned(url, ENROLL_JOB.bind(vault, body=body))

    if home is None:
        key = PrivateKey.generate()
        return identity_of(register(key), key, url)
    return register_in(Path(home).expanduser(), url, register, replace=replace)


def find_id_token(environment: Mapping[str, str], file: Path = KUBERNETES_FILE) -> Source:
    """Return where this job's ID token comes from. Raises `NoIdentity` if there is none.

    In order: `STRONGROOM_ID_TOKEN` (GitLab CI's `id_tokens`), `STRONGROOM_ID_TOKEN_FILE`, GitHub Actions with
    the permission `id-token: write`, and a projected service account token of Kubernetes.
    """
    if found := environment.get(TOKEN):
        return lambda _audience: found
    if named := environment.get(TOKEN_FILE):
        return lambda _audience: _read(Path(named))
    if (address := environment.get(GITHUB_URL)) and (bearer := environment.get(GITHUB_TOKEN)):
        return lambda audience: _ask_github(address, bearer, audience)
    if file.is_file():
        return lambda _audience: _read(file)
    if environment.get("GITHUB_ACTIONS") == "true":
        hint = "give the job the permission `id-token: write`"
    elif environment.get("GITLAB_CI") == "true":
        hint = f"add `id_tokens: {{ {TOKEN}: {{ aud: … }} }}` to the job"
    elif "KUBERNETES_SERVICE_HOST" in environment:
        hint = f"mount a projected service account token at {KUBERNETES_FILE}"
    else:
        hint = f"set {TOKEN} or {TOKEN_FILE}"
    raise NoIdentity("this job has no ID token", hint)


def _read(file: Path) -> str:
    try:
        with file.open(encoding="ascii") as opened:
            return opened.read(LONGEST_TOKEN + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a token"
        raise NoIdentity(f"can't read the ID token in {file}: {reason.lower()}") from None


def _ask_github(address: str, bearer: str, audience: str) -> str:
    """Ask GitHub for a token. The request goes to the address that the runner has set, and nowhere else."""
    from http.client import HTTPConnection, HTTPException, HTTPSConnection  # noqa: PLC0415 -- slow

    parts = urlsplit(address)
    local = parts.scheme == "http" and parts.hostname == "localhost"
    if not parts.hostname or not (local or parts.scheme == "https"):
        raise NoIdentity(f"{GITHUB_URL} isn't an https URL")
    target = (
        f"{parts.path}?{parts.query + '&' if parts.query else ''}audience={quote(audience, '')}"
    )
    kind = HTTPConnection if local else HTTPSConnection
    connection = kind(parts.hostname, parts.port, timeout=_SECONDS)
    headers = {"Authorization": f"Bearer {bearer}", "Accept": "application/json"}
    try:
        connection.request("GET", target, headers=headers)
        response = connection.getresponse()
        content = response.read(4 * LONGEST_TOKEN)
        value = json.loads(content)["value"] if response.status == _OK else None
    except (OSError, HTTPException, ValueError, KeyError, TypeError):
        value = None
    finally:
        connection.close()
    if not isinstance(value, str):
        raise Unavailable("GitHub didn't issue an ID token", "try the job again")
    return value


def _binding(key: PrivateKey) -> str:
    digest = hashlib.sha256(base64.b64decode(key.public_key)).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
