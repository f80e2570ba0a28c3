"""From what the operator gives at start to a root."""

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
    from strongroom_core.operate.root_facts import RootFacts

_log = structlog.get_logger()

# A gigabyte for each: one at a time, and one that waits.
_queue = Argon2Queue(at_once=1, waiting=1)


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the command line says the root is. At most one of the three."""

    file: Path | None = None
    stdin: bool = False
    passphrase_stdin: bool = False
    allow_disk: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """A root, or the passphrase it is derived from, as it was given."""

    supplied: Supplied
    is_passphrase: bool = False

    async def root(self, facts: RootFacts) -> RootKey:
        """Return the root. Raises `Invalid` for a typing error; whether it is right is checked later."""
        if not self.is_passphrase:
            return self.supplied.root()
        return await derive(self.supplied.text.reveal().decode(), facts)


def given(sources: Sources) -> Given | None:
    """Read the root from the one source there is; None when there is none.

    Without an option systemd's credential `strongroom-root` is taken where it exists. Raises
    `Invalid` for more than one option and for an unfit source.
    """
    named = [sources.file is not None, sources.stdin, sources.passphrase_stdin]
    if sum(named) > 1:
        raise Invalid(
            "give the root once: --root-file, --root-stdin or --passphrase-stdin", field="root"
        )
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
    """Derive the root from its passphrase, which takes a gigabyte and some seconds.

    Raises `Invalid` for what is no passphrase, and where the root was made without one.
    """
    if facts.kdf is None:
        raise Invalid(
            f"root version {facts.version} was made without a passphrase: give the root itself",
            field="passphrase",
        )
    parameters = PassphraseParameters.from_text(facts.kdf)
    return await _queue.run(lambda: root_from_passphrase(passphrase, parameters))
