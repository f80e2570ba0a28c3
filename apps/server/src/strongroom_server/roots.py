"""Gets the root key from the source given on startup."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from strongroom_core.crypto.argon2_queue import Argon2Queue
from strongroom_core.crypto.passphrase import PassphraseParameters, root_from_passphrase
from strongroom_core.crypto.root_source import CREDENTIAL, read_credential, read_file, read_stream
from strongroom_core.kernel.errors import Invalid

if TYPE_CHECKING:
    from strongroom_core.crypto.root import RootKey
    from strongroom_core.crypto.root_source import Supplied
    from strongroom_core.runtime.unseal import RootFacts

_log = structlog.get_logger()

# Each derivation takes 1 GB of memory, so only one runs at a time, and only one can wait.
_queue = Argon2Queue(at_once=1, waiting=1)


@dataclass(frozen=True, slots=True)
class Sources:
    """Where to get the root key, according to the command line. At most one of the three is set."""

    file: Path | None = None
    stdin: bool = False
    passphrase_stdin: bool = False
    allow_disk: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """A root key, or the passphrase it is derived from, as entered."""

    supplied: Supplied
    is_passphrase: bool = False

    async def root(self, facts: RootFacts) -> RootKey:
        """Return the root key. Raises `Invalid` if it is malformed. The key is verified later."""
        if not self.is_passphrase:
            return self.supplied.root()
        return await derive(self.supplied.text.reveal().decode(), facts)


def given(sources: Sources) -> Given | None:
    """Return the root key from its source, or None if there is no source.

    Without an option, systemd's credential `strongroom-root` is used if it exists. Raises `Invalid` for more
    than one option and for an unsuitable source.
    """
    named = [sources.file is not None, sources.stdin, sources.passphrase_stdin]
    if sum(named) > 1:
        raise Invalid("use one of --root-file, --root-stdin and --passphrase-stdin", field="root")
    if sources.file is not None:
        found = Given(read_file(sources.file, allow_disk=sources.allow_disk))
    elif sources.stdin or sources.passphrase_stdin:
        found = Given(read_stream(sys.stdin.buffer), sources.passphrase_stdin)
    else:
        directory = os.environ.get("CREDENTIALS_DIRECTORY")
        if not directory or not (Path(directory) / CREDENTIAL).exists():
            return None
        found = Given(read_credential(Path(directory)))
    if found.supplied.warning is not None:
        _log.warning("root_source", warning=found.supplied.warning)
    return found


async def derive(passphrase: str, facts: RootFacts) -> RootKey:
    """Derive the root key from its passphrase, which takes 1 GB of memory and several seconds.

    Raises `Invalid` for a malformed passphrase, and if the root key isn't derived from one.
    """
    if facts.kdf is None:
        raise Invalid(
            f"root key version {facts.version} has no passphrase; enter the root key itself",
            field="passphrase",
        )
    parameters = PassphraseParameters.from_text(facts.kdf)
    return await _queue.run(lambda: root_from_passphrase(passphrase, parameters))
