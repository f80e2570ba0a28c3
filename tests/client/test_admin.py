"""`strongroom.admin`: signed requests of people, both clients, lists page by page, and errors (D-4, D-5)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from strongroom import Value
from strongroom._internal.private_key import PrivateKey
from strongroom.admin import AccessChange, Admin, AsyncAdmin, Generate, LogIn, Page, PersonKey
from strongroom.errors import (
    AccessDenied,
    Ambiguous,
    AuthenticationFailed,
    BadIdentity,
    BrowserRequired,
    ClockSkewed,
    Conflict,
    NotFound,
    Rejected,
    StepUpRequired,
    TooLarge,
    Unavailable,
)
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.projects.freeze import freeze_project
from strongroom_core.secrets.create import Content
from strongroom_core.secrets.replace import replace_secret
from strongroom_testkit.machine import approved_machine, pending_machine
from strongroom_testkit.world import World


async def test_a_day_of_work(world: World, log_in: Any, does: Any) -> None:
    """D-4: values are stored, rolled back and deleted, and the audit log names the person for each change."""
    project = await world.project("billing")
    profile = await log_in()

    def work() -> list[int]:
        with Admin(profile) as admin:
            versions = [
                admin.set_secret("billing/A", value=world.markers.value()).version,
                admin.set_secret("billing/A", value=Value(world.markers.value())).version,
                admin.set_secret("billing/A", generate=Generate(20, "numbers")).version,
            ]
            secret = admin.find_secret("billing/A")
            versions.append(admin.roll_back_secret(secret.id, 1).version)
            admin.update_secret(secret.id, note="about A", tags=["x"])
            found = admin.read_secret(secret.id)
            assert ("about A", ("x",), project.id) == (found.note, found.tags, found.project_id)
            assert [4, 3, 2, 1] == [each.number for each in admin.list_versions(secret.id).items]
            admin.delete_secret(secret.id)
            with pytest.raises(NotFound):
                admin.find_secret("billing/A")
            return versions

    assert [1, 2, 3, 4] == await does(work)
    actors = {
        (each["action"], each["actor_name"])
        for each in await world.entries()
        if str(each["action"]).startswith("secret_")
    }
    assert {"ada"} == {name for _, name in actors}
    assert {"secret_create", "secret_replace", "secret_rollback", "secret_delete"} <= {
        action for action, _ in actors
    }


async def test_both_clients(world: World, log_in: Any, does: Any) -> None:
    """D-4: the awaited client does the same as the blocking one, also many requests at once."""
    project = await world.project("billing")
    for name in ("A", "B", "C"):
        await world.secret(project, name)
    profile = await log_in()

    def names() -> list[str]:
        with Admin(profile) as admin:
            return [each.name for each in admin.each(admin.list_secrets, project.id, limit=2)]

    async with AsyncAdmin(profile) as admin:
        awaited = [each.name async for each in admin.each(admin.list_secrets, project.id, limit=1)]
        many = await asyncio.gather(*(admin.read_project(project.id) for _ in range(12)))

    assert ["A", "B", "C"] == awaited == await does(names)
    assert {project.id} == {each.id for each in many}


async def test_machines(world: World, log_in: Any, does: Any) -> None:
    """D-4: a machine is found by name, approved, granted fields, disabled and revoked."""
    project = await world.project("billing")
    secret = await world.structured(project, "DB", "host", "password")
    pending = await pending_machine(world, "web-2")
    await approved_machine(world)
    profile = await log_in()

    def work() -> None:
        with Admin(profile) as admin:
            found = admin.find_machine("web-2")
            assert (str(pending.id), "pending") == (found.id, found.state)
            assert "enabled" == admin.approve_machine(found.id).state
            changed = admin.update_grants(project.id, [AccessChange(found.id, secret.id, ["host"])])
            assert (1, 0) == (changed.given, changed.taken)
            (grant,) = admin.list_grants(project.id, found.id)
            assert ("DB", ("host",)) == (grant.secret_name, grant.fields)
            (reader,) = admin.each(admin.list_readers, secret.id)
            assert found.id == reader.machine_id
            (attached,) = admin.list_projects_of_machine(found.id)
            assert ("billing", 1) == (attached.project_name, attached.grants)
            assert not admin.disable_machine(found.id).enabled
            assert admin.enable_machine(found.id).enabled
            admin.detach_machine(project.id, found.id)
            admin.revoke_machine(found.id)
            with pytest.raises(NotFound, match="no machine has the name"):
                admin.find_machine("web-2")

    await does(work)


async def test_machines_with_one_name(world: World, log_in: Any, does: Any) -> None:
    """D-4: a name that several machines have isn't enough, and the error lists their IDs."""
    machines = [await pending_machine(world, "twin") for _ in range(2)]
    profile = await log_in()
    with Admin(profile) as admin, pytest.raises(Ambiguous) as raised:
        await does(admin.find_machine, "twin")

    assert all(str(each.id) in raised.value.hint for each in machines)


async def test_errors(world: World, log_in: Any, does: Any) -> None:
    """D-4: each refusal is a typed error with what to do, and none contains the value that was sent."""
    project = await world.project("billing")
    await world.secret(project, "A")
    await freeze_project(world.core, world.owner, project.id, reason="a test")
    profile = await log_in()
    marker = world.markers.value()
    refused: list[tuple[type[Exception], Callable[[Admin], object]]] = [
        (Conflict, lambda admin: admin.create_secret(project.id, "A", value=marker)),
        (NotFound, lambda admin: admin.read_secret("sk_aaaaaaaaaaaaaaaa")),
        (NotFound, lambda admin: admin.set_secret("nowhere/A", value=marker)),
        (Rejected, lambda admin: admin.create_secret(project.id, "", value=marker)),
        (Rejected, lambda admin: admin.create_share(marker * 4_000)),
        (TooLarge, lambda admin: admin.create_secret(project.id, "B", value=marker * 40_000)),
        (StepUpRequired, lambda admin: admin.unfreeze_project(project.id, "over")),
    ]

    def work() -> list[Any]:
        found: list[Any] = []
        with Admin(profile) as admin:
            for kind, call in refused:
                with pytest.raises(kind) as raised:
                    call(admin)
                found.append(raised.value)
        return found

    errors = await does(work)
    for error in errors:
        assert marker not in f"{error!r} {error}"
    assert f"{profile.server}/projects/{project.id}/frozen" == errors[-1].url
    assert errors[-1].url in errors[-1].hint


async def test_a_new_share_does_not_print_itself(world: World, log_in: Any, does: Any) -> None:
    """H-2: neither the link nor the passphrase of a share is printed by accident."""
    profile = await log_in()
    with Admin(profile) as admin:
        made = await does(admin.create_share, "see you at noon", label="note", lifetime_seconds=600)
    world.markers.note(made.url.reveal())
    world.markers.note(made.passphrase.reveal())

    assert made.url.reveal().startswith(f"{profile.server}/s/")
    for told in (repr(made), str(made), f"{made}"):
        assert made.url.reveal() not in told
        assert made.passphrase.reveal() not in told
    with pytest.raises(TypeError):
        json.dumps(made.url)


async def test_a_key_that_is_not_accepted(world: World, core: Any, log_in: Any, does: Any) -> None:
    """D-5: an unknown, revoked or limited key, and a wrong clock, have different errors."""
    project = await world.project("billing")
    profile = await log_in()
    good = profile.load_key()
    looking = (await log_in("looking", looking=True)).load_key()
    other = PersonKey(good.id, good.server, good.vault_id, PrivateKey.generate())

    def read(key: PersonKey) -> Page[Any]:
        with Admin(key, attempts=1) as admin:
            return admin.list_projects()

    assert 1 == len((await does(read, good)).items)
    assert 1 == len((await does(read, looking)).items)
    with pytest.raises(AuthenticationFailed, match="sign in again") as raised:
        await does(read, other)
    assert raised.value.lasting
    with Admin(looking) as admin, pytest.raises(AccessDenied, match="can only read"):
        await does(admin.freeze_project, project.id, "a test")
    with Admin(good) as admin:
        await does(admin.revoke_own_key)
    with pytest.raises(AuthenticationFailed, match="sign in again") as raised:
        await does(read, good)
    assert "key_ended" == raised.value.code
    with pytest.raises(ClockSkewed, match="s behind the server"):
        core.clock = MovableClock(core.clock.now() + core.settings.session_absolute)
        await does(read, looking)


async def test_only_the_servers_own_url(world: World, served: str, does: Any) -> None:
    """D-5: only the URL that the server itself uses is accepted, because no other signature is valid."""
    world.core.settings = replace(world.core.settings, public_url="https://vault.example")
    with pytest.raises(
        BadIdentity, match=r"own URL is different: https://vault\.example: use that one"
    ):
        await does(LogIn.start, served)


async def test_events_as_they_happen(world: World, log_in: Any, does: Any) -> None:
    """L-4: each new event is reported once, in order, also if several happen between two polls."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    profile = await log_in()
    seen: list[str] = []
    async with AsyncAdmin(profile) as admin:
        async with asyncio.timeout(60):
            async for entry in admin.watch_entries(last=1, target=secret.id):
                seen.append(entry.action)
                if len(seen) in (1, 4):
                    for _ in range(3):
                        content = Content(value=world.markers.value())
                        await replace_secret(world.core, world.owner, secret.id, content)
                if len(seen) == 7:
                    break

    assert ["secret_create", *["secret_replace"] * 6] == seen


EVENT = {
    "id": "entry",
    "at": "2026-01-31T08:00:00Z",
    "action": "secret_create",
    "severity": "low",
    "outcome": "done",
    "actorKind": "user",
    "actorName": "ada",
    "address": "127.0.0.1",
    "requestId": "req",
    "detail": {},
    **dict.fromkeys(("reason", "actorId", "targetKind", "targetId", "targetName", "country")),
    **dict.fromkeys(("projectId", "projectName", "applicationName")),
}


async def test_a_watch_outlasts_a_failure(
    log_in: Any, stand_in: Any, scripted: Any, does: Any
) -> None:
    """L-4: a stream that was cut or failed continues after its last event; a key that ended doesn't."""
    profile = await log_in()
    key = replace(profile.load_key(), server=stand_in.url)
    events = {"Content-Type": "text/event-stream"}
    entry = json.dumps(EVENT)
    problem = {"type": "x", "title": "x", "detail": "no", "requestId": "r"}
    ended = {**problem, "status": 401, "code": "key_ended"}
    stand_in.answers(
        scripted(content=b"retry: 2000\nid: a\n\n", headers=events),
        scripted(status=502, content="a proxy"),
        scripted(content=f"id: b\nevent: entry\ndata: {entry}\n\nid: c".encode(), headers=events),
        scripted(content=f"id: d\nevent: entry\ndata: {entry}".encode(), headers=events, cut=20),
        scripted(status=401, content=ended),
    )
    seen: list[str] = []

    def watch() -> None:
        with Admin(key, attempts=1) as admin:
            seen.extend(each.id for each in admin.watch_entries())

    with pytest.raises(AuthenticationFailed):
        await does(watch)
    asked = [each.path.partition("?")[2] for each in stand_in.asked]
    assert ["", "after=a", "after=a", "after=b", "after=b"] == asked
    assert [EVENT["id"]] == seen


def test_wrong_arguments() -> None:
    """D-4: impossible settings are rejected before anything is sent."""
    key = PersonKey("key_a", "https://strongroom.example", "vault_a", PrivateKey.generate())
    with pytest.raises(ValueError, match="timeout"):
        Admin(key, timeout=0)
    with Admin(key) as admin:
        for last in (-1, 201):
            with pytest.raises(ValueError, match="last must be"):
                next(iter(admin.watch_entries(last=last)))
    assert issubclass(StepUpRequired, BrowserRequired)
    assert not issubclass(BrowserRequired, Unavailable)
