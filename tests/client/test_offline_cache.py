"""The offline cache: what is kept, when it is served, and when it is not (D-2, WIRE 4)."""

from __future__ import annotations

import json
import stat
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from strongroom import (
    AccessDenied,
    AsyncStrongroom,
    AuthenticationFailed,
    CacheClosed,
    CacheNotWritten,
    CacheState,
    CacheUnusable,
    Frozen,
    Identity,
    NotFound,
    OfflineCache,
    Strongroom,
    StrongroomError,
    Unavailable,
    Unreachable,
)
from strongroom.cache_entries import CacheKey, Kept
from strongroom.surroundings import unix_seconds
from strongroom_core.machines.lifecycle import revoke_machine
from strongroom_core.projects.freeze import freeze_project, unfreeze_project
from strongroom_core.secrets.trash import delete_secret
from strongroom_testkit.machine import grant, granted_machine
from strongroom_testkit.markers import search
from strongroom_testkit.world import World

SECRET, OTHER = "sk_aaaaaaaaaaaaaaaa", "sk_bbbbbbbbbbbbbbbb"
ON = OfflineCache()
PROJECT = {
    "projectId": "proj_a",
    "projectName": "billing",
    "applicationId": None,
    "applicationName": None,
}
LISTED = {
    "secrets": [{"id": SECRET, "name": "A", "fieldNames": None, "type": "secret", **PROJECT}],
}
EXPORTED = {
    "secrets": [
        {"id": SECRET, "name": "A", "value": "one", "fieldNames": None},
        {"id": OTHER, "name": "B", "value": '{"host":"two"}', "fieldNames": '["host"]'},
    ]
}


@pytest.fixture
def folder(stray: Identity) -> Path:
    """Where the cache of the stray identity lies by default."""
    assert stray.path is not None
    return stray.path.parent / "cache"


@pytest.fixture
def filled(stray: Identity, stand_in: Any, scripted: Any) -> Strongroom:
    """A client that has read one value; its server is the stand-in."""
    stand_in.answers(scripted(content={"value": "one"}))
    client = Strongroom(stray, cache=ON, attempts=1)
    client.get_secret(SECRET)
    return client


@pytest.mark.parametrize("status", [502, 503, 504])
def test_it_is_served_while_the_server_is_away(
    filled: Strongroom, stand_in: Any, scripted: Any, status: int
) -> None:
    """WIRE 4: 502, 503 and 504; the value says when it was cached."""
    stand_in.answers(scripted(status))
    value = filled.get_secret(SECRET)

    assert "one" == value.reveal()
    assert value.offline is not None
    assert abs(value.offline.timestamp() - unix_seconds()) < 60
    with pytest.raises(Unavailable):
        filled.get_secret(OTHER)


def test_a_sealed_server_is_away(filled: Strongroom, stand_in: Any, scripted: Any) -> None:
    """WIRE 2: sealed is a 503 like others to the cache."""
    stand_in.answers(scripted(503, {"code": "sealed", "error": "sealed"}, {"Retry-After": "5"}))

    assert "one" == filled.get_secret(SECRET).reveal()


@pytest.mark.parametrize("how", ["nobody listens", "no answer", "too slow", "cut off"])
def test_it_is_served_without_an_answer(
    stray: Identity, filled: Strongroom, stand_in: Any, scripted: Any, how: str
) -> None:
    """WIRE 4: the server could not be reached, or broke off."""
    slow = {"no answer": scripted(cut=-1), "too slow": scripted(delay=1.0)}
    stand_in.answers(slow.get(how, scripted(content={"value": "new"}, cut=3)))
    if how == "nobody listens":
        filled.close()
        stand_in.server_close()
    with Strongroom(stray, cache=ON, attempts=1, timeout=0.4) as client:
        value = client.get_secret(SECRET)

    assert ("one", True) == (value.reveal(), value.offline is not None)


@pytest.mark.parametrize(
    "status", [301, 400, 401, 403, 404, 409, 410, 413, 418, 423, 429, 500, 501]
)
def test_it_is_never_served_when_the_server_spoke(
    filled: Strongroom, stand_in: Any, scripted: Any, folder: Path, status: int
) -> None:
    """WIRE 4: never on 401, 403, 404, 423, 429, 500 and their like; a no deletes the entry."""
    stand_in.answers(scripted(status))
    with pytest.raises(StrongroomError) as error:
        filled.get_secret(SECRET)

    assert status == error.value.status
    assert (status not in (403, 404, 410)) == (folder / f"{SECRET}.skc").exists()


def test_nonsense_is_not_an_absent_server(filled: Strongroom, stand_in: Any, scripted: Any) -> None:
    """WIRE 4: a page that answers 200 in the server's place is an error, not an outage."""
    stand_in.answers(scripted(200, b"<html>log in to the network</html>"))
    with pytest.raises(StrongroomError, match="makes no sense"):
        filled.get_secret(SECRET)


def test_without_the_wish_nothing_is_kept(
    stray: Identity, stand_in: Any, scripted: Any, folder: Path
) -> None:
    """D-2: the cache is opt-in."""
    stand_in.answers(scripted(content={"value": "one"}))
    with Strongroom(stray) as client:
        client.get_secret(SECRET)
        with pytest.raises(CacheUnusable, match="off: turn it on"):
            client.cached_secrets()

    assert not folder.exists()


def test_how_it_lies_on_disk(filled: Strongroom, folder: Path) -> None:
    """WIRE 4: 0600 in 0700, encrypted, whole: no temporary file stays, and no value is readable."""
    filled.get_secret(OTHER)
    files = sorted(folder.iterdir())

    assert [f"{SECRET}.skc", f"{OTHER}.skc"] == [file.name for file in files]
    assert {0o600} == {stat.S_IMODE(file.stat().st_mode) for file in files}
    assert 0o700 == stat.S_IMODE(folder.stat().st_mode)
    assert {"v", "nonce", "ct", "cachedAt"} == set(json.loads(files[0].read_text()))
    nonces = {json.loads(file.read_text())["nonce"] for file in files}
    assert 2 == len(nonces)


def test_where_it_lies(stray: Identity, stand_in: Any, scripted: Any, tmp_path: Path) -> None:
    """D-2: in the folder that was named; an identity in memory needs one."""
    stand_in.answers(scripted(content={"value": "one"}))
    memory = replace(stray, path=None, key_file=None)
    with Strongroom(memory, cache=OfflineCache(tmp_path / "a" / "b")) as client:
        client.get_secret(SECRET)
    with (
        Strongroom(memory, cache=ON) as client,
        pytest.raises(CacheUnusable, match="has no folder"),
    ):
        client.get_secret(SECRET)

    assert (tmp_path / "a" / "b" / f"{SECRET}.skc").exists()
    assert 0o700 == stat.S_IMODE((tmp_path / "a").stat().st_mode)


def test_its_age(
    stray: Identity, filled: Strongroom, stand_in: Any, scripted: Any, folder: Path
) -> None:
    """D-2: what is older than `max_age` is not served, nor what claims to be from the future."""
    stand_in.answers(scripted(503))
    key = CacheKey.derive(stray.key.seed(), vault=stray.vault_id, machine=stray.machine_id)
    file, now = folder / f"{SECRET}.skc", int(unix_seconds())
    served: list[bool] = []
    for age, most in ((100, 200), (300, 200), (300, None), (-200, 200), (-400, 200), (-400, None)):
        file.write_bytes(key.encrypt(SECRET, Kept("old", now - age)))
        with Strongroom(stray, cache=OfflineCache(max_age=most), attempts=1) as client:
            try:
                served.append(client.get_secret(SECRET).reveal() == "old")
            except Unavailable:
                served.append(False)

    assert [True, False, True, True, False, True] == served


def test_entries_that_do_not_open(
    filled: Strongroom, stand_in: Any, scripted: Any, folder: Path
) -> None:
    """WIRE 4: an altered, moved or foreign entry is as good as none."""
    stand_in.answers(scripted(503))
    file = folder / f"{SECRET}.skc"
    good = json.loads(file.read_text())
    (folder / f"{OTHER}.skc").write_bytes(file.read_bytes())
    with pytest.raises(Unavailable):
        filled.get_secret(OTHER)
    for altered in ({"cachedAt": good["cachedAt"] + 1}, {"v": 2}, {"ct": good["nonce"]}, {"ct": 5}):
        file.write_text(json.dumps(good | altered))
        with pytest.raises(Unavailable):
            filled.get_secret(SECRET)
    file.write_text(json.dumps(good))

    assert "one" == filled.get_secret(SECRET).reveal()


def test_a_cache_that_cannot_be_written(
    stray: Identity, stand_in: Any, scripted: Any, tmp_path: Path
) -> None:
    """D-2: a value that was read is returned, and the failure is warned of."""
    stand_in.answers(scripted(content={"value": "one"}))
    (tmp_path / "file").write_text("")
    with (
        Strongroom(stray, cache=OfflineCache(tmp_path / "file" / "cache")) as client,
        pytest.warns(CacheNotWritten, match="cannot be written: Not a directory"),
    ):
        value = client.get_secret(SECRET)

    assert "one" == value.reveal()


def test_only_the_cache(stray: Identity, filled: Strongroom, stand_in: Any) -> None:
    """D-3: with `only`, nothing is asked of the server."""
    asked = len(stand_in.asked)
    with Strongroom(stray, cache=OfflineCache(only=True)) as client:
        value = client.get_secret(SECRET)
        for missing in (
            lambda: client.get_secret(OTHER),
            client.list_secrets,
            client.list_projects,
            client.export,
        ):
            with pytest.raises(CacheUnusable, match="does not hold this, or too old: read it once"):
                missing()

    assert ("one", asked) == (value.reveal(), len(stand_in.asked))


def test_it_does_not_wait_long_for_an_absent_server(
    stray: Identity, filled: Strongroom, stand_in: Any, scripted: Any
) -> None:
    """D-2: what is cached is tried twice at most, and no `Retry-After` is sat out."""
    with Strongroom(stray, cache=ON) as client:
        stand_in.answers(scripted(502))
        client.get_secret(SECRET)
        short = len(stand_in.asked)
        stand_in.answers(scripted(503, headers={"Retry-After": "9"}))
        began = time.monotonic()
        client.get_secret(SECRET)

    assert (2, 1) == (short, len(stand_in.asked))
    assert time.monotonic() - began < 5


# Lists and exports ---------------------------------------------------------------------------------


def test_lists_and_addresses(stray: Identity, stand_in: Any, scripted: Any, folder: Path) -> None:
    """D-3: what is addressed by name is found offline too; names lie encrypted like values."""
    stand_in.answers(
        scripted(content=LISTED), scripted(content={"projects": [PROJECT]}), scripted(503)
    )
    with Strongroom(stray, cache=ON, attempts=1) as client:
        online, projects = client.list_secrets(), client.list_projects()
        offline, found = client.list_secrets(), client.find_secret("billing/A")

        assert online == offline == [found]
        assert projects == client.list_projects()
        assert [] == client.cached_secrets()
    content = b"".join(file.read_bytes() for file in folder.iterdir())
    assert b"billing" not in content


def test_an_export(stray: Identity, stand_in: Any, scripted: Any) -> None:
    """D-3: `run` works offline: the same secrets, fields and names, each marked as cached."""
    stand_in.answers(scripted(content=EXPORTED), scripted(504))
    with Strongroom(stray, cache=ON, attempts=1) as client:
        online, offline = client.export("proj_a"), client.export("proj_a")
        single = client.get_secret(OTHER)
        fields = client.get_fields(OTHER)
        with pytest.raises(Unavailable):
            client.export()
        cached = client.cached_secrets()

    assert online == offline
    assert {False, True} == {each.value.offline is not None for each in (*online, *offline)}
    assert '{"host":"two"}' == single.reveal()
    assert "two" == fields["host"].reveal() == offline[1].fields["host"].reveal()
    assert [(SECRET, "A"), (OTHER, "B")] == [(each.secret_id, each.name) for each in cached]


def test_what_an_export_no_longer_holds(
    stray: Identity, stand_in: Any, scripted: Any, folder: Path
) -> None:
    """WIRE 4: what the next export leaves out is not served again; what a read was refused is missed."""
    less = {"secrets": EXPORTED["secrets"][:1]}
    stand_in.answers(
        scripted(content=EXPORTED),
        scripted(content=less),
        scripted(503),
        scripted(content=EXPORTED),
        scripted(403),
        scripted(503),
    )
    with Strongroom(stray, cache=ON, attempts=1) as client:
        client.export()
        client.export()

        assert [SECRET] == [each.id for each in client.export()]
        assert not (folder / f"{OTHER}.skc").exists()
        client.export()
        with pytest.raises(AccessDenied):
            client.get_secret(SECRET)
        with pytest.raises(CacheUnusable, match="no value of"):
            client.export()


def test_an_export_that_is_refused(stray: Identity, stand_in: Any, scripted: Any) -> None:
    """WIRE 4: a no to the whole export deletes what it held; frozen is no reason to serve it."""
    stand_in.answers(scripted(content=EXPORTED), scripted(423), scripted(404), scripted(503))
    with Strongroom(stray, cache=ON, attempts=1) as client:
        client.export("proj_a")
        with pytest.raises(StrongroomError, match="423"):
            client.export("proj_a")
        with pytest.raises(NotFound):
            client.export("proj_a")
        with pytest.raises(Unavailable):
            client.export("proj_a")


def test_the_age_of_each_value_of_an_export(
    stray: Identity, stand_in: Any, scripted: Any, folder: Path
) -> None:
    """D-2: a value that is too old is not served because its list is young."""
    stand_in.answers(scripted(content=EXPORTED), scripted(503))
    key = CacheKey.derive(stray.key.seed(), vault=stray.vault_id, machine=stray.machine_id)
    with Strongroom(stray, cache=OfflineCache(max_age=60), attempts=1) as client:
        client.export()

        assert ["A", "B"] == [each.name for each in client.export()]
        old = Kept('{"host":"older"}', int(unix_seconds()) - 61)
        (folder / f"{OTHER}.skc").write_bytes(key.encrypt(OTHER, old))
        with pytest.raises(CacheUnusable, match="the offline cache holds B, but too old"):
            client.export()
    with Strongroom(stray, cache=OfflineCache(max_age=90, only=True)) as client:
        assert '{"host":"older"}' == client.export()[1].value.reveal()


def test_versions(stray: Identity, stand_in: Any, scripted: Any) -> None:
    """R-7: a watch may begin with what came from the cache."""
    secrets = [{**each, "version": number} for number, each in enumerate(EXPORTED["secrets"], 4)]
    listed = {"secrets": [{**LISTED["secrets"][0], "version": 7}]}
    stand_in.answers(
        scripted(content={"secrets": secrets}), scripted(content=listed), scripted(503)
    )
    with Strongroom(stray, cache=ON, attempts=1) as client:
        online, first = client.export(), client.list_secrets()
        offline, second = client.export(), client.list_secrets()
        value, fields = client.get_secret(SECRET), client.get_fields(OTHER)

    assert [4, 5] == [each.version for each in online] == [each.version for each in offline]
    assert [7] == [each.version for each in first] == [each.version for each in second]
    assert (4, 5) == (value.version, fields["host"].version)


def test_its_state(filled: Strongroom, folder: Path) -> None:
    """D-3: what does not open is told, and not counted as held."""
    filled.get_secret(OTHER)

    assert CacheState(2, 0, None) == filled.cache_state()
    (folder / f"{OTHER}.skc").write_text("garbage")
    assert CacheState(1, 1, None) == filled.cache_state()
    assert [SECRET] == [each.secret_id for each in filled.cached_secrets()]


# After the server's no -----------------------------------------------------------------------------


def refused(scripted: Any, status: int, code: str, sentence: str = "it is so") -> Any:
    """The server's own no."""
    return scripted(status, {"code": code, "error": sentence})


@pytest.mark.parametrize("code", ["authentication_failed", "machine_expired"])
def test_a_machine_that_is_none_any_more(
    stray: Identity, stand_in: Any, scripted: Any, folder: Path, code: str
) -> None:
    """WIRE 4: nothing is served until the server has answered it well; nothing is deleted."""
    stand_in.answers(scripted(content=EXPORTED), scripted(content=LISTED))
    client = Strongroom(stray, cache=ON, attempts=1)
    client.export()
    client.list_secrets()
    stand_in.answers(refused(scripted, 401, code), scripted(503))
    with pytest.raises(AuthenticationFailed):
        client.get_secret(SECRET)
    only = Strongroom(stray, cache=OfflineCache(only=True))
    reads = (
        ("get_secret", (SECRET,)),
        ("get_fields", (OTHER,)),
        ("export", ()),
        ("list_secrets", ()),
    )
    for name, arguments in reads:
        with pytest.raises(Unavailable) as away:
            getattr(client, name)(*arguments)
        with pytest.raises(CacheClosed) as closed:
            getattr(only, name)(*arguments)

        assert "it is so" in str(closed.value) or "has expired" in str(closed.value)
        assert f"refused at {time.strftime('%Y-%m-%dT', time.gmtime())}" in closed.value.what
        assert closed.value.message == away.value.hint
        assert closed.value.what == client.cache_state().closed
    assert 2 == len(client.cached_secrets())
    assert b"it is so" not in b"".join(file.read_bytes() for file in folder.iterdir())
    # Any good answer opens it, also one that nothing is kept of.
    access = {"valid": True, "projectName": "billing", "error": None}
    stand_in.answers(scripted(content=access), scripted(503))
    client.verify_access("proj_a")
    assert None is client.cache_state().closed
    assert "one" == client.get_secret(SECRET).reveal() == only.get_secret(SECRET).reveal()
    assert 2 == len(only.export())


@pytest.mark.parametrize(
    "answer",
    [
        {"code": "authentication_failed", "serverTime": 5},
        {"code": "nonce_used"},
        {"code": 7},
        {},
        b"<html>log in</html>",
    ],
)
def test_other_noes_do_not_close_it(
    filled: Strongroom, stand_in: Any, scripted: Any, answer: Any
) -> None:
    """WIRE 4: a wrong clock, and whatever stands before the server, say nothing about the machine."""
    stand_in.answers(scripted(401, answer), scripted(503))
    with pytest.raises(AuthenticationFailed):
        filled.get_secret(SECRET)

    assert "one" == filled.get_secret(SECRET).reveal()


def test_a_good_answer_that_makes_no_sense(
    filled: Strongroom, stand_in: Any, scripted: Any
) -> None:
    """WIRE 4: a page that answers 200 in the server's place opens nothing."""
    stand_in.answers(
        refused(scripted, 401, "authentication_failed"), scripted(200, b"<html>"), scripted(503)
    )
    for _ in range(3):
        with pytest.raises(StrongroomError):
            filled.get_secret(SECRET)

    assert filled.cache_state().closed is not None


def test_a_poll_closes_it_too(filled: Strongroom, stand_in: Any, scripted: Any) -> None:
    """WIRE 4: whatever call hears that the machine is none any more."""
    stand_in.answers(refused(scripted, 401, "authentication_failed"), scripted(503))
    with pytest.raises(AuthenticationFailed):
        next(filled.watch({SECRET: 1}))
    with pytest.raises(Unavailable):
        filled.get_secret(SECRET)


def test_a_mark_that_does_not_open(
    filled: Strongroom, stand_in: Any, scripted: Any, folder: Path
) -> None:
    """WIRE 4: damaged, it closes all the same."""
    stand_in.answers(refused(scripted, 401, "authentication_failed"), scripted(503))
    with pytest.raises(AuthenticationFailed):
        filled.get_secret(SECRET)
    (mark,) = folder.glob("closed-*")
    mark.write_text("garbage")
    with pytest.raises(Unavailable, match="the offline cache is closed"):
        filled.get_secret(SECRET)

    assert (1, 0) == (filled.cache_state().entries, filled.cache_state().unreadable)
    assert 1 == filled.clear_cache()
    assert [] == list(folder.iterdir())


def test_machines_may_share_a_folder(
    stray: Identity, stand_in: Any, scripted: Any, tmp_path: Path
) -> None:
    """WIRE 4: what the server says of one says nothing of another."""
    other = replace(stray, machine_id="11111111-6a7f-4f0e-9d5d-2f3a4b5c6d7e")
    cache = OfflineCache(tmp_path / "shared")
    one, two = (Strongroom(each, cache=cache, attempts=1) for each in (stray, other))
    stand_in.answers(scripted(content={"value": "one"}))
    one.get_secret(SECRET)
    two.get_secret(OTHER)
    stand_in.answers(
        refused(scripted, 401, "authentication_failed"),
        scripted(503),
        scripted(503),
        scripted(content={"value": "one"}),
        scripted(503),
    )
    with pytest.raises(AuthenticationFailed):
        one.get_secret(SECRET)
    with pytest.raises(Unavailable):
        one.get_secret(SECRET)

    assert "one" == two.get_secret(OTHER).reveal()
    assert None is two.get_secret(OTHER).offline
    with pytest.raises(Unavailable):
        one.get_secret(SECRET)


def test_a_frozen_secret(filled: Strongroom, stand_in: Any, scripted: Any) -> None:
    """WIRE 4: it is not served until it was read again; others are."""
    stand_in.answers(scripted(content={"value": "two"}))
    filled.get_secret(OTHER)
    stand_in.answers(refused(scripted, 423, "frozen"), scripted(503))
    with pytest.raises(Frozen):
        filled.get_secret(SECRET)
    with pytest.raises(Unavailable, match="the project is frozen"):
        filled.get_secret(SECRET)

    assert "two" == filled.get_secret(OTHER).reveal()
    stand_in.answers(scripted(content={"value": "one"}), scripted(503))
    filled.get_secret(OTHER)
    with pytest.raises(Unavailable):
        filled.get_secret(SECRET)
    stand_in.answers(scripted(content={"value": "new"}), scripted(503))
    filled.get_secret(SECRET)
    assert "new" == filled.get_secret(SECRET).reveal()


def test_a_frozen_export(stray: Identity, stand_in: Any, scripted: Any) -> None:
    """WIRE 4: neither the export nor what it held is served, until it was read again."""
    with Strongroom(stray, cache=ON, attempts=1) as client:
        stand_in.answers(
            scripted(content=EXPORTED), refused(scripted, 423, "frozen"), scripted(503)
        )
        client.export("proj_a")
        with pytest.raises(Frozen):
            client.export("proj_a")
        for read in (partial(client.export, "proj_a"), partial(client.get_secret, SECRET)):
            with pytest.raises(Unavailable, match="the project is frozen"):
                read()
        stand_in.answers(scripted(content=EXPORTED), scripted(503))
        client.export("proj_a")

        assert 2 == len(client.export("proj_a"))
        assert "one" == client.get_secret(SECRET).reveal()
        stand_in.answers(refused(scripted, 423, "frozen"), scripted(503))
        with pytest.raises(Frozen):
            client.get_secret(SECRET)
        with pytest.raises(Unavailable, match="the project is frozen"):
            client.export("proj_a")


@pytest.mark.parametrize("name", ["closed-machine", "export-all", "list-secrets"])
def test_names_that_the_cache_uses(filled: Strongroom, stand_in: Any, name: str) -> None:
    """WIRE 4: no read reaches what is not a secret's."""
    asked = len(stand_in.asked)
    with pytest.raises(NotFound, match="no secret's id"):
        filled.get_secret(name)

    assert asked == len(stand_in.asked)


def test_clearing(filled: Strongroom, folder: Path) -> None:
    """D-3: everything is deleted, counted, and other files stay."""
    filled.get_secret(OTHER)
    (folder / "note.txt").write_text("mine")

    assert 2 == len(filled.cached_secrets())
    assert 2 == filled.clear_cache()
    assert [] == filled.cached_secrets()
    assert ["note.txt"] == [file.name for file in folder.iterdir()]


@pytest.mark.parametrize("name", ["../identity", "a/b", "", "a.b", "a" * 129])
def test_names_that_are_none(filled: Strongroom, name: str) -> None:
    """WIRE 4: no id leads out of the folder, nor out of the request."""
    with pytest.raises(NotFound):
        filled.get_secret(name)


# With the real server ------------------------------------------------------------------------------


async def test_an_outage(world: World, core: Any, open_client: Any, does: Any, home: Path) -> None:
    """WIRE 4: sealed and back; the record knows nothing of offline reads; no value lies on disk."""
    project = await world.project("billing")
    single = await world.secret(project, "API_KEY")
    structured = await world.structured(project, "DATABASE", "host")
    client = open_client(await granted_machine(world, project, single, structured), cache=ON)
    exported = await does(client.export)
    listed = await does(client.list_secrets)
    read = await does(client.get_secret, single.id)
    core.sealed = True
    offline = await does(client.get_secret, single.id)

    assert exported == await does(client.export)
    assert listed == await does(client.list_secrets)
    assert (None, True) == (read.offline, offline.offline is not None)
    assert read == offline
    assert structured.id == (await does(client.find_secret, "billing/DATABASE")).id
    core.sealed = False
    assert (await does(client.get_secret, single.id)).offline is None
    assert 4 == len(await world.entries("secret_read"))
    assert [] == search([home], world.markers.noted)


async def test_the_servers_no(world: World, open_client: Any, does: Any, home: Path) -> None:
    """WIRE 4: deleted and no longer granted are forgotten, frozen is not served and kept."""
    project = await world.project("billing")
    gone, lost, frozen = [await world.secret(project, name) for name in "ABC"]
    machine = await granted_machine(world, project, gone, lost, frozen)
    client = open_client(machine, cache=ON)
    await does(client.export)
    await delete_secret(world.core, world.owner, gone.id)
    await grant(world, machine, project, frozen)
    await freeze_project(world.core, world.owner, project.id, reason="drill")
    for secret, kind in ((gone, "NotFound"), (lost, "Frozen"), (frozen, "Frozen")):
        with pytest.raises(StrongroomError) as error:
            await does(client.get_secret, secret.id)

        assert kind == type(error.value).__name__
    assert [lost.id, frozen.id] == [each.secret_id for each in client.cached_secrets()] or [
        frozen.id,
        lost.id,
    ] == [each.secret_id for each in client.cached_secrets()]


async def test_revoked_and_restored(
    world: World, core: Any, open_client: Any, does: Any, home: Path
) -> None:
    """WIRE 4: an incident ends offline reads; a lifted freeze, and an answer, bring them back."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    machine = await granted_machine(world, project, secret)
    client = open_client(machine, cache=ON, attempts=1)
    only = Strongroom(client.identity, cache=OfflineCache(only=True))
    await does(client.export, project.id)
    await freeze_project(core, world.owner, project.id, reason="drill")
    with pytest.raises(Frozen):
        await does(client.export, project.id)
    for read in (partial(only.export, project.id), partial(only.get_secret, secret.id)):
        with pytest.raises(CacheClosed, match="the project is frozen"):
            read()
    await unfreeze_project(core, world.owner, project.id, reason="drill is over")
    await does(client.export, project.id)

    assert [1] == [each.version for each in only.export(project.id)]
    await revoke_machine(core, world.owner, str(machine.id))
    with pytest.raises(AuthenticationFailed):
        await does(client.list_projects)
    for read in (partial(only.export, project.id), partial(only.get_secret, secret.id)):
        with pytest.raises(CacheClosed, match="authentication failed"):
            read()
    assert [] == search([home], world.markers.noted)


async def test_the_awaited_client(stray: Identity, stand_in: Any, scripted: Any) -> None:
    """D-2: the same cache, awaited."""
    stand_in.answers(scripted(content=EXPORTED), scripted(cut=-1))
    async with AsyncStrongroom(stray, cache=ON, attempts=1) as client:
        online, offline = await client.export(), await client.export()
        value = await client.get_secret(SECRET)
        cached = await client.cached_secrets()

        assert online == offline
        assert ("one", 2) == (value.reveal(), len(cached))
        assert 3 == await client.clear_cache()
        with pytest.raises(Unreachable):
            await client.get_secret(SECRET)
