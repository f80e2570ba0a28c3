"""The offline cache: what is kept, when it is used, and when it isn't (D-2, WIRE 4)."""

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
from strongroom._internal.cache_entries import CacheKey, Kept
from strongroom._internal.system import unix_seconds
from strongroom.events import Failed
from strongroom_core.machines.lifecycle import revoke_machine
from strongroom_core.projects.freeze import freeze_project, unfreeze_project
from strongroom_core.secrets.trash import delete_secret
from strongroom_testkit.machine import grant, granted_machine
from strongroom_testkit.markers import search
from strongroom_testkit.problems import FOREIGN, problem
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
    """The default location of the cache for the stand-in's identity."""
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
def test_the_cache_is_used_while_the_server_is_unreachable(
    filled: Strongroom, stand_in: Any, scripted: Any, status: int
) -> None:
    """WIRE 4: the cache is used for 502, 503 and 504; the value includes the time it was cached."""
    stand_in.answers(scripted(status))
    value = filled.get_secret(SECRET)

    assert "one" == value.reveal()
    assert value.offline is not None
    assert abs(value.offline.timestamp() - unix_seconds()) < 60
    with pytest.raises(Unavailable):
        filled.get_secret(OTHER)


def test_a_sealed_server_counts_as_unreachable(
    filled: Strongroom, stand_in: Any, scripted: Any
) -> None:
    """WIRE 2: for the cache, a sealed server's 503 is like any other."""
    stand_in.answers(scripted(503, problem(503, "sealed"), {"Retry-After": "5"}))

    assert "one" == filled.get_secret(SECRET).reveal()


@pytest.mark.parametrize("how", ["nobody listens", "no answer", "too slow", "cut off"])
def test_it_is_served_without_an_answer(
    stray: Identity, filled: Strongroom, stand_in: Any, scripted: Any, how: str
) -> None:
    """WIRE 4: the cache is used if the server can't be reached or closes the connection."""
    slow = {"no answer": scripted(cut=-1), "too slow": scripted(delay=1.0)}
    stand_in.answers(slow.get(how, scripted(content={"value": "new"}, cut=3)))
    if how == "nobody listens":
        filled.close()
        stand_in.server_close()
    with Strongroom(stray, cache=ON, attempts=1, timeout=0.4) as client:
        value = client.get_secret(SECRET)

    assert ("one", True) == (value.reveal(), value.offline is not None)


def refused(scripted: Any, status: int, code: str, sentence: str = "some reason") -> Any:
    """A denial by the server itself."""
    return scripted(status, problem(status, code, sentence))


NOES = [
    (400, "invalid"),
    (401, "nonce_used"),
    (401, "authentication_failed"),
    (403, "no_grant"),
    (403, "of_later"),
    (404, "not_found"),
    (409, "conflict"),
    (413, "too_large"),
    (423, "frozen"),
    (429, "too_many"),
    (500, "internal_error"),
]


@pytest.mark.parametrize(("status", "code"), NOES)
def test_it_is_never_served_when_the_server_spoke(
    filled: Strongroom, stand_in: Any, scripted: Any, folder: Path, status: int, code: str
) -> None:
    """WIRE 4: the cache is never used after the server's own error; a known denial deletes the entry."""
    stand_in.answers(refused(scripted, status, code))
    with pytest.raises(StrongroomError) as error:
        filled.get_secret(SECRET)

    assert status == error.value.status
    assert (code not in ("no_grant", "not_found")) == (folder / f"{SECRET}.skc").exists()


@pytest.mark.parametrize("who", FOREIGN)
def test_a_proxys_error_does_not_affect_the_cache(
    stray: Identity, stand_in: Any, scripted: Any, folder: Path, who: str
) -> None:
    """WIRE 4: a proxy's error page with any status means that the server is unreachable."""
    stand_in.answers(
        scripted(content=EXPORTED),
        scripted(content=LISTED),
        scripted(content={"projects": [PROJECT]}),
        scripted(*FOREIGN[who]),
    )
    with Strongroom(stray, cache=ON, attempts=1) as client:
        first = client.export("proj_a"), client.list_secrets(), client.list_projects()
        before = {file.name: file.read_bytes() for file in folder.iterdir()}
        again = client.export("proj_a"), client.list_secrets(), client.list_projects()
        value = client.get_secret(SECRET)
        watch = client.watch({SECRET: 1}, interval=1)

        assert first == again
        assert ("one", True) == (value.reveal(), value.offline is not None)
        assert Failed is type(next(watch))
        with pytest.raises(Unavailable):
            client.verify_access("proj_a")
        assert before == {file.name: file.read_bytes() for file in folder.iterdir()}


def test_the_cache_is_opt_in(stray: Identity, stand_in: Any, scripted: Any, folder: Path) -> None:
    """D-2: the cache is opt-in."""
    stand_in.answers(scripted(content={"value": "one"}))
    with Strongroom(stray) as client:
        client.get_secret(SECRET)
        with pytest.raises(CacheUnusable, match="off: enable it"):
            client.cached_secrets()

    assert not folder.exists()


def test_files_on_disk(filled: Strongroom, folder: Path) -> None:
    """WIRE 4: entries are 0600 in 0700 folders, encrypted and complete, without temporary files."""
    filled.get_secret(OTHER)
    files = sorted(folder.iterdir())

    assert [f"{SECRET}.skc", f"{OTHER}.skc"] == [file.name for file in files]
    assert {0o600} == {stat.S_IMODE(file.stat().st_mode) for file in files}
    assert 0o700 == stat.S_IMODE(folder.stat().st_mode)
    assert {"v", "nonce", "ct", "cachedAt"} == set(json.loads(files[0].read_text()))
    nonces = {json.loads(file.read_text())["nonce"] for file in files}
    assert 2 == len(nonces)


def test_the_folder_of_the_cache(
    stray: Identity, stand_in: Any, scripted: Any, tmp_path: Path
) -> None:
    """D-2: the cache is in the given folder; an identity in memory needs one."""
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
    """D-2: a value older than `max_age` or dated in the future isn't used."""
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


def test_cache_files_that_cannot_be_decrypted(
    filled: Strongroom, stand_in: Any, scripted: Any, folder: Path
) -> None:
    """WIRE 4: an altered, moved or foreign entry counts as missing."""
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
    """D-2: if the cache can't be written, the value is still returned, and a warning reports the failure."""
    stand_in.answers(scripted(content={"value": "one"}))
    (tmp_path / "file").write_text("")
    with (
        Strongroom(stray, cache=OfflineCache(tmp_path / "file" / "cache")) as client,
        pytest.warns(CacheNotWritten, match="can't write .*: Not a directory"),
    ):
        value = client.get_secret(SECRET)

    assert "one" == value.reveal()


def test_only_the_cache(stray: Identity, filled: Strongroom, stand_in: Any) -> None:
    """D-3: with `only`, nothing but the cache is used, and no request is sent."""
    asked = len(stand_in.asked)
    with Strongroom(stray, cache=OfflineCache(only=True)) as client:
        value = client.get_secret(SECRET)
        for missing in (
            lambda: client.get_secret(OTHER),
            client.list_secrets,
            client.list_projects,
            client.export,
        ):
            with pytest.raises(
                CacheUnusable,
                match="not in the offline cache, or too old: values are kept only with",
            ):
                missing()

    assert ("one", asked) == (value.reveal(), len(stand_in.asked))


def test_a_cached_value_limits_the_attempts(
    stray: Identity, filled: Strongroom, stand_in: Any, scripted: Any
) -> None:
    """D-2: if a value is cached, there are at most two attempts, without waiting for `Retry-After`."""
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
    """D-3: secrets requested by path are found offline, too; names are encrypted like values."""
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
    """D-3: `run` works offline with the same secrets, fields and names, each marked as cached."""
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


def test_secrets_missing_from_the_next_export(
    stray: Identity, stand_in: Any, scripted: Any, folder: Path
) -> None:
    """WIRE 4: secrets missing from the next export aren't used; a denied read makes the export incomplete."""
    less = {"secrets": EXPORTED["secrets"][:1]}
    stand_in.answers(
        scripted(content=EXPORTED),
        scripted(content=less),
        scripted(503),
        scripted(content=EXPORTED),
        refused(scripted, 403, "no_grant"),
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
        with pytest.raises(CacheUnusable, match="no longer contains"):
            client.export()


def test_a_denied_export(stray: Identity, stand_in: Any, scripted: Any) -> None:
    """WIRE 4: denial of the whole export deletes its content; a freeze only prevents its use."""
    stand_in.answers(
        scripted(content=EXPORTED),
        refused(scripted, 423, "frozen"),
        refused(scripted, 404, "not_found"),
        scripted(503),
    )
    with Strongroom(stray, cache=ON, attempts=1) as client:
        client.export("proj_a")
        with pytest.raises(Frozen):
            client.export("proj_a")
        with pytest.raises(NotFound):
            client.export("proj_a")
        with pytest.raises(Unavailable):
            client.export("proj_a")


def test_the_age_of_each_value_of_an_export(
    stray: Identity, stand_in: Any, scripted: Any, folder: Path
) -> None:
    """D-2: a value that is too old isn't used, even if its list is recent."""
    stand_in.answers(scripted(content=EXPORTED), scripted(503))
    key = CacheKey.derive(stray.key.seed(), vault=stray.vault_id, machine=stray.machine_id)
    with Strongroom(stray, cache=OfflineCache(max_age=60), attempts=1) as client:
        client.export()

        assert ["A", "B"] == [each.name for each in client.export()]
        old = Kept('{"host":"older"}', int(unix_seconds()) - 61)
        (folder / f"{OTHER}.skc").write_bytes(key.encrypt(OTHER, old))
        with pytest.raises(CacheUnusable, match="the offline cache has B, but it is too old"):
            client.export()
    with Strongroom(stray, cache=OfflineCache(max_age=90, only=True)) as client:
        assert '{"host":"older"}' == client.export()[1].value.reveal()


def test_versions(stray: Identity, stand_in: Any, scripted: Any) -> None:
    """R-7: a watch can start from cached values."""
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
    """D-3: entries that can't be decrypted are reported, and not counted as available."""
    filled.get_secret(OTHER)

    assert CacheState(2, 0, None) == filled.cache_state()
    (folder / f"{OTHER}.skc").write_text("garbage")
    assert CacheState(1, 1, None) == filled.cache_state()
    assert [SECRET] == [each.secret_id for each in filled.cached_secrets()]


# After the server denied access ------------------------------------------------------------------


@pytest.mark.parametrize("code", ["authentication_failed", "machine_expired"])
def test_a_revoked_machine(
    stray: Identity, stand_in: Any, scripted: Any, folder: Path, code: str
) -> None:
    """WIRE 4: a revoked machine's cache isn't used until a request succeeds; nothing is deleted."""
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

        assert "some reason" in str(closed.value) or "has expired" in str(closed.value)
        assert f"denied access at {time.strftime('%Y-%m-%dT', time.gmtime())}" in closed.value.what
        assert closed.value.message == away.value.hint
        assert closed.value.what == client.cache_state().closed
    assert 2 == len(client.cached_secrets())
    assert b"some reason" not in b"".join(file.read_bytes() for file in folder.iterdir())
    # Any successful response reopens the cache, even one that isn't cached.
    access = {"valid": True, "projectName": "billing", "error": None}
    stand_in.answers(scripted(content=access), scripted(503))
    client.verify_access("proj_a")
    assert None is client.cache_state().closed
    assert "one" == client.get_secret(SECRET).reveal() == only.get_secret(SECRET).reveal()
    assert 2 == len(only.export())


@pytest.mark.parametrize(
    "answer",
    [
        problem(401, "authentication_failed", serverTime=5),
        problem(401, "nonce_used"),
        problem(401, "of_later"),
    ],
)
def test_other_noes_do_not_close_it(
    filled: Strongroom, stand_in: Any, scripted: Any, answer: Any
) -> None:
    """WIRE 4: a 401 that says nothing about the machine doesn't close the cache or end a watch."""
    stand_in.answers(scripted(401, answer), scripted(401, answer), scripted(503))
    with pytest.raises(AuthenticationFailed):
        filled.get_secret(SECRET)

    assert Failed is type(next(filled.watch({SECRET: 1})))
    assert "one" == filled.get_secret(SECRET).reveal()


def test_a_good_answer_that_makes_no_sense(
    filled: Strongroom, stand_in: Any, scripted: Any
) -> None:
    """WIRE 4: a 200 from something other than the server doesn't reopen the cache."""
    stand_in.answers(
        refused(scripted, 401, "authentication_failed"), scripted(200, b"<html>"), scripted(503)
    )
    for _ in range(3):
        with pytest.raises(StrongroomError):
            filled.get_secret(SECRET)

    assert filled.cache_state().closed is not None


def test_a_poll_closes_it_too(filled: Strongroom, stand_in: Any, scripted: Any) -> None:
    """WIRE 4: any call that learns that the machine was revoked closes the cache."""
    stand_in.answers(refused(scripted, 401, "authentication_failed"), scripted(503))
    with pytest.raises(AuthenticationFailed):
        next(filled.watch({SECRET: 1}))
    with pytest.raises(Unavailable):
        filled.get_secret(SECRET)


def test_a_mark_that_does_not_open(
    filled: Strongroom, stand_in: Any, scripted: Any, folder: Path
) -> None:
    """WIRE 4: even a damaged revocation mark closes the cache."""
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


def test_machines_can_share_a_folder(
    stray: Identity, stand_in: Any, scripted: Any, tmp_path: Path
) -> None:
    """WIRE 4: the server's response to one machine doesn't affect another machine's cache."""
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
    """WIRE 4: a frozen secret's cached value isn't used until the secret has been read again; others are."""
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
    """WIRE 4: neither a frozen export nor its content is used until it has been read again."""
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
    """WIRE 4: no read can return a cache entry that doesn't belong to a secret."""
    asked = len(stand_in.asked)
    with pytest.raises(NotFound, match="not a secret ID"):
        filled.get_secret(name)

    assert asked == len(stand_in.asked)


def test_clearing(filled: Strongroom, folder: Path) -> None:
    """D-3: clearing the cache deletes and counts all values, and leaves other files alone."""
    filled.get_secret(OTHER)
    (folder / "note.txt").write_text("mine")

    assert 2 == len(filled.cached_secrets())
    assert 2 == filled.clear_cache()
    assert [] == filled.cached_secrets()
    assert ["note.txt"] == [file.name for file in folder.iterdir()]


@pytest.mark.parametrize("name", ["../identity", "a/b", "", "a.b", "a" * 129])
def test_malformed_names(filled: Strongroom, name: str) -> None:
    """WIRE 4: no ID can lead to a path outside the cache folder or change the request."""
    with pytest.raises(NotFound):
        filled.get_secret(name)


# With the real server ------------------------------------------------------------------------------


async def test_an_outage(world: World, core: Any, open_client: Any, does: Any, home: Path) -> None:
    """WIRE 4: while the server is sealed, the cache is used; no event and no plaintext is left behind."""
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
    """WIRE 4: deleted and ungranted secrets are forgotten; frozen ones are kept but not used."""
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
    """WIRE 4: a freeze ends offline reads; after unfreezing and a successful request, they work again."""
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
    """D-2: the async client uses the same cache."""
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
