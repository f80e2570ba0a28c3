"""Stores and decrypts webhooks' secrets, as part of an act: signing secrets and targets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from strongroom_core.crypto.random import new_key_id
from strongroom_core.crypto.webhook_secret import open_webhook_secret, seal_webhook_secret
from strongroom_core.kernel.ids import WebhookId
from strongroom_core.kernel.plaintext import Plaintext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.access import gate
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Row

SIGNING, TARGET = "signing", "target"

_INSERT = """
insert into webhook_secret (vault, id, webhook, purpose, ciphertext, created_at)
values ($1, $2, $3, $4, $5, $6)
"""

_OPEN = """
select id, webhook, purpose, ciphertext from webhook_secret
where webhook = $1 and (retires_at is null or retires_at > $2) order by created_at desc, id
"""


@dataclass(frozen=True, slots=True)
class Target:
    """The target of a webhook's deliveries. `key` is what some receivers need in the body."""

    url: str = field(repr=False)
    key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Opened:
    """A webhook's target and its signing secrets, newest first."""

    target: Target
    signing: Sequence[Plaintext]


async def store(core: Core, act: gate.Act, webhook: str, purpose: str, secret: Plaintext) -> None:
    """Store a secret of a webhook, encrypted."""
    row = new_key_id()
    sealed = seal_webhook_secret(
        core.require_keyring(),
        secret,
        deployment=core.deployment,
        vault=act.vault,
        webhook=WebhookId(webhook),
        row=row,
    )
    await act.connection.execute(_INSERT, act.vault, row, webhook, purpose, sealed, act.at)


async def store_target(core: Core, act: gate.Act, webhook: str, target: Target) -> None:
    """Store a webhook's target, replacing the previous one."""
    await act.connection.execute(
        "delete from webhook_secret where webhook = $1 and purpose = $2", webhook, TARGET
    )
    text = msgspec.json.encode({"url": target.url, "key": target.key})
    await store(core, act, webhook, TARGET, Plaintext(text))


async def open_secrets(core: Core, act: gate.Act, webhook: str) -> Opened:
    """Return a webhook's target and signing secrets that haven't retired."""
    rows = await act.connection.fetch(_OPEN, webhook, act.at)
    target = next(_opened(core, act, row) for row in rows if row["purpose"] == TARGET)
    return Opened(
        Target(**msgspec.json.decode(target.reveal(), type=dict[str, str | None])),  # pyright: ignore[reportArgumentType]
        [_opened(core, act, row) for row in rows if row["purpose"] == SIGNING],
    )


def _opened(core: Core, act: gate.Act, row: Row) -> Plaintext:
    return open_webhook_secret(
        core.require_keyring(),
        row["ciphertext"],
        deployment=core.deployment,
        vault=act.vault,
        webhook=WebhookId(row["webhook"]),
        row=row["id"],
    )
