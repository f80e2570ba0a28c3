"""The first start: creates a deployment, its root key's check value, its system keys, and the setup link."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.installation import INSTALLATION_INIT
from strongroom_core.access.callers import system
from strongroom_core.access.clock_check import begin_readings
from strongroom_core.accounts.setup_link import put_link
from strongroom_core.core import Core
from strongroom_core.crypto.keyring import Keyring, SystemPurpose
from strongroom_core.crypto.password import PasswordHasher
from strongroom_core.crypto.random import new_id
from strongroom_core.crypto.root import RootKey, key_check_value
from strongroom_core.db.engine import Database
from strongroom_core.db.scope import Role
from strongroom_core.install.restored import this_cluster
from strongroom_core.kernel.clock import DatabaseClock
from strongroom_core.kernel.errors import Conflict
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.limits.plans import insert_default_plan

if TYPE_CHECKING:
    from strongroom_core.crypto.passphrase import PassphraseParameters
    from strongroom_core.settings import Settings

FIRST_VERSION = 1


@dataclass(frozen=True, slots=True)
class Initialised:
    """The result. `setup_token` is the setup link's token, which creates the administrator account."""

    deployment: str
    setup_token: str = field(repr=False)


async def initialise(
    owner_url: str,
    settings: Settings,
    root: RootKey,
    *,
    deployment: str | None = None,
    passphrase: PassphraseParameters | None = None,
) -> Initialised:
    """Turn an empty, migrated database into a deployment with this root key, in one transaction.

    `deployment` must be given if the root key was derived with it; otherwise a new ID is generated. If the
    database is already initialized, raises `Conflict` and changes nothing, because a wrong database URL must
    not lead to a second root key.
    """
    database = await Database.open(owner_url, role=Role.OWNER, connections=2)
    try:
        async with database.transaction(None) as connection:
            now = await connection.fetchval("select clock_timestamp()")
        core = Core(
            database=database,
            clock=DatabaseClock(now),
            settings=settings,
            passwords=PasswordHasher(),
            deployment=deployment or new_id("dep"),
            incarnation=1,
            sealed=False,
        )
        core.keyring = Keyring(core.deployment, {FIRST_VERSION: root}, FIRST_VERSION)
        return await found_installation(core, root, passphrase)
    finally:
        await database.close()


async def found_installation(
    core: Core, root: RootKey, passphrase: PassphraseParameters | None
) -> Initialised:
    """Write the installation's first rows as the owner of the tables."""
    caller = system("init")
    async with gate.perform(core, caller, INSTALLATION_INIT) as act:
        if await act.connection.fetchval("select exists (select from deployment)"):
            raise Conflict("this database is already initialized; nothing was changed")
        await act.connection.execute(
            "insert into vault (id, shape, name, created_at)"
            " values ($1, 'installation', 'Installation', $2)",
            INSTALLATION,
            act.at,
        )
        await insert_default_plan(act)
        await act.connection.execute(
            "insert into deployment (vault, id, incarnation, cluster, created_at)"
            " values ($1, $2, $3, $4, $5)",
            INSTALLATION,
            core.deployment,
            core.incarnation,
            await this_cluster(act.connection),
            act.at,
        )
        await begin_readings(act.connection, core.clock.uptime(), act.at)
        await _insert_root(act, core, root, passphrase)
        for purpose in SystemPurpose:
            await insert_system_key(act, core.require_keyring(), purpose)
        token = await put_link(act)
        act.record(deployment=core.deployment, root_version=FIRST_VERSION)
    return Initialised(core.deployment, token)


async def _insert_root(
    act: gate.Act, core: Core, root: RootKey, passphrase: PassphraseParameters | None
) -> None:
    await act.connection.execute(
        "insert into root_key (vault, version, check_value, kdf, state, created_at)"
        " values ($1, $2, $3, $4, 'active', $5)",
        INSTALLATION,
        FIRST_VERSION,
        key_check_value(root, core.deployment, FIRST_VERSION),
        passphrase.to_text() if passphrase is not None else None,
        act.at,
    )


async def insert_system_key(act: gate.Act, keyring: Keyring, purpose: SystemPurpose) -> None:
    """Generate the first key for a purpose, unless another process has just generated one."""
    wrapped = keyring.new_system_key(purpose)
    await act.connection.execute(
        "insert into system_key"
        " (vault, id, purpose, number, root_version, wrapped, state, created_at)"
        " values ($1, $2, $3, 1, $4, $5, 'active', $6) on conflict (purpose, number) do nothing",
        INSTALLATION,
        wrapped.id,
        purpose.value,
        wrapped.root_version,
        wrapped.blob,
        act.at,
    )
