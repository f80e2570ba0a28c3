"""A deployment is created once, and unsealed only by its own root key (E-2)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from strongroom_core.core import Core
from strongroom_core.crypto.keyring import SystemPurpose
from strongroom_core.crypto.root import encode_root, new_root
from strongroom_core.crypto.token import token_hash
from strongroom_core.db.connection import OpenConnection, connect
from strongroom_core.db.failures import UnplannedFailure
from strongroom_core.install.initialise import Initialised, initialise
from strongroom_core.install.migrate import migrate
from strongroom_core.kernel.errors import Conflict, IntegrityFailure, Sealed, WrongRoot
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.runtime.start import open_core
from strongroom_core.runtime.unseal import prove_root, root_facts, unseal
from strongroom_core.settings import Settings
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.contents import contents
from strongroom_testkit.markers import Markers
from strongroom_testkit.world import World, entries_of


async def test_initializing_twice_is_rejected(
    cluster: Cluster, settings: Settings, database: str, administrator: OpenConnection
) -> None:
    """E-2: an initialized database can't be initialized again, with a second root key or with its own."""
    before = await contents(administrator)
    for root in (new_root(), cluster.root):
        with pytest.raises(Conflict, match="nothing was changed"):
            await initialise(cluster.url(database, "strongroom_owner"), settings, root)

    assert await contents(administrator) == before


async def test_one_of_two_simultaneous_initializations_succeeds(
    cluster: Cluster, empty: str, markers: Markers
) -> None:
    """E-2: if `init` runs twice at once, there is exactly one root key, one deployment and one link."""
    url = cluster.url(empty, "strongroom_owner")
    await migrate(url)
    results = await asyncio.gather(
        *(initialise(url, Settings(), new_root()) for _ in range(2)), return_exceptions=True
    )
    made = [each for each in results if isinstance(each, Initialised)]
    for each in made:
        markers.note(each.setup_token)
    administrator = await connect(cluster.administrator_url(empty))
    try:
        held = await contents(administrator)
    finally:
        await administrator.close()

    assert len(made) == 1
    assert {
        table: held[table][0]
        for table in ("deployment", "root_key", "system_key", "account_token", "audit_entry")
    } == {
        "deployment": 1,
        "root_key": 1,
        "system_key": len(SystemPurpose),
        "account_token": 1,
        "audit_entry": 1,
    }


async def test_the_content_of_a_new_installation(
    cluster: Cluster, administrator: OpenConnection
) -> None:
    """E-2, A-1: the database stores a check value, wrapped system keys and a link's hash, but no root key."""
    root = await administrator.fetchrow("select * from root_key")
    token = await administrator.fetchrow("select * from account_token")
    keys = await administrator.fetch("select purpose, root_version, state from system_key")
    entry = await administrator.fetchrow("select * from audit_entry")
    deployment = await administrator.fetchrow("select * from deployment")

    assert root is not None
    assert (root["version"], root["state"], root["kdf"]) == (1, "active", None)
    assert cluster.root.raw() not in root["check_value"]
    assert {row["purpose"] for row in keys} == {purpose.value for purpose in SystemPurpose}
    assert {(row["root_version"], row["state"]) for row in keys} == {(1, "active")}
    assert token is not None
    assert token["token_hash"] == token_hash(cluster.initialised.setup_token)
    assert token["expires_at"] - token["created_at"] == timedelta(hours=24)
    assert deployment is not None
    assert (deployment["id"], deployment["incarnation"]) == (cluster.initialised.deployment, 1)
    assert entry is not None
    assert (entry["action"], entry["actor_kind"], entry["actor_name"], entry["severity"]) == (
        "installation_init",
        "system",
        "init",
        "high",
    )
    assert cluster.initialised.setup_token not in repr(cluster.initialised)


async def test_a_wrong_root_key_changes_nothing(
    sealed_core: Core, cluster: Cluster, administrator: OpenConnection
) -> None:
    """E-2: the error contains only the required version, no row changes, and the right key still works."""
    before = await contents(administrator)
    wrong = new_root()
    with pytest.raises(WrongRoot) as caught:
        await unseal(sealed_core, wrong)

    assert "1" in str(caught.value)
    assert encode_root(wrong) not in str(caught.value)
    assert wrong.raw().hex() not in str(caught.value)
    assert await contents(administrator) == before
    assert (sealed_core.sealed, sealed_core.keyring) == (True, None)
    with pytest.raises(Sealed):
        sealed_core.require_keyring()
    await unseal(sealed_core, cluster.root)

    assert not sealed_core.sealed
    (entry,) = await entries_of(sealed_core, INSTALLATION, "installation_unseal")
    assert (entry["outcome"], entry["actor_name"]) == ("done", "unseal")


async def test_checking_a_root_key_is_read_only(
    sealed_core: Core, cluster: Cluster, administrator: OpenConnection
) -> None:
    """E-2: checking a root key is read-only."""
    before = await contents(administrator)
    await prove_root(sealed_core, cluster.root)

    assert await contents(administrator) == before
    assert sealed_core.sealed


async def test_the_server_stays_sealed_if_the_event_fails(
    sealed_core: Core, cluster: Cluster, administrator: OpenConnection
) -> None:
    """L-2, E-2: if the event for unsealing can't be written, the server stays sealed."""
    await administrator.execute("revoke insert on audit_entry from strongroom_app")
    with pytest.raises(UnplannedFailure):
        await unseal(sealed_core, cluster.root)

    assert (sealed_core.sealed, sealed_core.keyring) == (True, None)


async def test_another_deployments_rows_do_not_open(
    sealed_core: Core, cluster: Cluster, administrator: OpenConnection
) -> None:
    """E-1, E-2: under another deployment ID, the same root key and rows are rejected, as is a moved key."""
    sealed_core.deployment = "dep_aaaaaaaaaaaaaaaa"
    with pytest.raises(WrongRoot):
        await unseal(sealed_core, cluster.root)
    sealed_core.deployment = cluster.initialised.deployment
    await administrator.execute("update system_key set wrapped = set_byte(wrapped, 40, 7)")
    await administrator.execute("update system_key set wrapped = set_byte(wrapped, 41, 7)")
    with pytest.raises(IntegrityFailure):
        await unseal(sealed_core, cluster.root)

    assert sealed_core.sealed


async def test_a_sealed_server_can_recognize_its_root_key(
    sealed_core: Core, cluster: Cluster
) -> None:
    """E-2: a sealed server has what it needs to recognize its root key."""
    facts = await root_facts(sealed_core)

    assert (facts.deployment, facts.version, facts.kdf) == (cluster.initialised.deployment, 1, None)


async def test_values_survive_a_restart(
    core: Core, world: World, settings: Settings, cluster: Cluster
) -> None:
    """E-2, H-3: another process with the same root key decrypts the values this one stored."""
    secret = await world.secret(await world.project("billing"), "API_KEY")
    value = await world.open_value(secret.id)
    other = await open_core(settings)
    try:
        await unseal(other, cluster.root)
        again = World(other, world.person, world.markers)

        assert await again.open_value(secret.id) == value
    finally:
        await other.database.close()
