"""`strongroom-server dev`: the product on one machine, with one command (H-2)."""

from __future__ import annotations

import json
import signal
import socket
import stat
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from standardwebhooks import Webhook

from strongroom import Identity, Strongroom, enroll, enroll_job
from strongroom_core.access.entry import Outcome, Severity
from strongroom_core.audit.views import EntryView
from strongroom_core.crypto.issuer_key import IssuerKey
from strongroom_core.crypto.root import encode_root, new_root
from strongroom_core.kernel.clock import wall_clock
from strongroom_core.kernel.ids import INSTALLATION, VaultId
from strongroom_server.demo.story import without_copies
from strongroom_testkit.markers import search

if TYPE_CHECKING:
    from collections.abc import Generator

GENEROUS_SECONDS = 120.0
CONFIGURATION = 78


@pytest.fixture
def temporary(program: Any, tmp_path: Path) -> Path:
    """The folder in which `dev` creates its own folder if it keeps nothing."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    program.environment["TMPDIR"] = str(folder)
    return folder


@contextmanager
def log_in(ready: dict[str, Any]) -> Generator[httpx.Client]:
    """Sign in as the demo's owner, as a program does."""
    headers = {"Origin": ready["url"], "X-Strongroom-Client": "tests"}
    owner = {name: ready["owner"][name] for name in ("email", "password")}
    with httpx.Client(base_url=ready["url"], headers=headers, timeout=GENEROUS_SECONDS) as client:
        client.post("/api/session", json=owner).raise_for_status()
        yield client


def values_in(ready: dict[str, Any]) -> list[str]:
    """Return the demo's secret values; for structured secrets, the long fields."""
    values: list[str] = [ready["owner"]["password"]]
    for secret in ready["secrets"].values():
        found = secret["value"]
        values += [found] if isinstance(found, str) else [v for v in found.values() if len(v) > 20]
    return values


def enter_every_way(ready: dict[str, Any]) -> list[set[str]]:
    """Register with the token and with an ID token; return what these and the temporary machine can read."""
    oidc = ready["oidc"]
    [jwk] = json.loads(Path(oidc["jwksFile"]).read_bytes())["keys"]
    file = Path(oidc["signingKeyFile"])
    signer = IssuerKey(jwk["kid"], jwk["alg"], load_pem_private_key(file.read_bytes(), None))

    def id_token(audience: str) -> str:
        now = int(wall_clock().timestamp())
        times = {"iat": now, "exp": now + 600}
        return signer.sign({"iss": oidc["issuer"], "aud": audience, **times, **oidc["claims"]})

    url, vault = ready["url"], ready["enrollmentToken"]["vaultId"]
    job = enroll_job(url, vault, trust=oidc["trustId"], id_token=id_token, hostname="runner-1")
    instance = enroll(url, vault, ready["enrollmentToken"]["token"], hostname="runner-2")
    [identity] = Path(ready["temporary"]["home"]).glob("vaults/*/identity.json")
    auditor = Identity.load(identity)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert auditor.machine_id == ready["temporary"]["machineId"]

    found: list[set[str]] = []
    for each in (job, instance, auditor):
        with Strongroom(each) as client:
            found.append({secret.id for secret in client.list_secrets()})
    return found


def received_tests(ready: dict[str, Any]) -> list[dict[str, Any]]:
    """Send a test delivery to the demo's webhook, and return those that arrived."""
    with log_in(ready) as client:
        [webhook] = client.get("/api/webhooks").json()["items"]
        client.post(f"/api/webhooks/{webhook['id']}/test").raise_for_status()
        for _ in range(int(GENEROUS_SECONDS)):
            deliveries = client.get("/dev/webhook.json").json()
            tests = [each for each in deliveries if "webhook_test" in each["body"]]
            if tests:
                return tests
            time.sleep(1)
    return []


def test_the_content_of_the_ready_file(program: Any, temporary: Path, tools: Any) -> None:
    """H-2: the ready file contains everything a program needs, and everything it names exists."""
    dev = program.start("dev", "--port", 0)
    ready = dev.ready()
    mode = stat.S_IMODE(dev.ready_file.stat().st_mode)
    health = tools.get(ready["url"], "/health").json()
    with log_in(ready) as client:
        projects = client.get("/api/projects").json()["items"]
        listed = {
            secret["id"]: secret["name"]
            for project in projects
            for secret in client.get(f"/api/projects/{project['id']}/secrets").json()["items"]
        }
        trash = client.get("/api/trash").json()["items"]
        stripe = ready["secrets"]["shop/production/STRIPE_SECRET_KEY"]
        versions = client.get(f"/api/secrets/{stripe['id']}/versions").json()["items"]

    assert mode == 0o600
    assert health == {"status": "ok", "dashboard": "off"}
    assert {"email", "username", "password"} == set(ready["owner"])
    assert ready["people"][0] == {**ready["owner"], "vaults": [ready["vaultId"]]}
    assert len(ready["people"]) >= 3
    for person in (each for each in ready["people"] if "totpSecret" not in each):
        with log_in({"url": ready["url"], "owner": person}) as client:
            assert client.get("/api/session").json()["vaultId"] in person["vaults"]
    group = ready["organization"]
    roles = [(each["vaultRole"], each["accessRole"]) for each in group["members"]]
    assert ["owner", "admin", "developer", "collaborator", "Release manager", "developer"] == [
        role for role, _ in roles
    ]
    assert roles[0][1] is None
    assert roles[-1][1] is None
    for person in (group["members"][0], group["members"][-1]):
        with log_in({"url": ready["url"], "owner": person}) as client:
            own = client.get("/api/vaults").json()
            assert group["vaultId"] in [each["id"] for each in own]
    inbox = tools.get(ready["inbox"], "")
    assert ready["inbox"] == f"{ready['url']}/dev/inbox"
    assert "<h1>Inbox</h1>" in inbox.text
    foreign = httpx.get(ready["inbox"], headers={"Host": "evil.example"})
    assert foreign.status_code != 200
    assert len(ready["projects"]) == 6
    assert len(ready["secrets"]) == 24
    [arrived] = received_tests(ready)
    verified = Webhook(ready["webhook"]["secret"]).verify(arrived["body"], arrived["headers"])
    assert "webhook_test" == verified["event"]
    canary = ready["canary"]
    [conditions] = [each["id"] for each in projects if each["name"] == "payments-conditions"]
    assert {*ready["projects"].values(), canary["projectId"], conditions} == {
        each["id"] for each in projects
    }
    bound = ready["policySecrets"]
    assert {"time", "ip", "cosign", "rate", "ttl", "rotate", "shadow"} == set(bound)
    assert set(bound.values()) == set(ready["policyOf"])
    assert ready["policyOf"][bound["rate"]]["maxReadsPerMinute"] == 5
    assert ready["policyOf"][bound["ttl"]]["ttlMaxReads"] == 3
    assert ready["policyOf"][bound["rotate"]]["rotateAfterReads"] == 5
    assert listed == {
        **{secret: f"{axis.upper()}_KEY" for axis, secret in bound.items()},
        canary["id"]: "AWS_ADMIN",
        canary["neighbour"]: "LEGACY_API_KEY",
        **{secret["id"]: place.rpartition("/")[2] for place, secret in ready["secrets"].items()},
    }
    assert [item["name"] for item in trash] == ["OLD_FTP_PASSWORD"]
    assert "rollback" in [version["origin"] for version in versions]


def test_the_secrets_in_the_ready_file(program: Any, temporary: Path) -> None:
    """H-2: a single secret comes first; structured values are objects; IDs are listed by project.

    M-5, M-7, M-11: the token, the temporary machine, and ID tokens of the issuer give access to some of them.
    """
    ready = program.start("dev", "--port", 0).ready()
    entered = enter_every_way(ready)
    granted = {secret["id"] for secret in ready["secrets"].values() if secret["granted"]}
    secrets = ready["secrets"]
    first = next(iter(secrets.values()))
    structured = [each for each in secrets.values() if each["kind"] == "structured"]

    assert first["kind"] == "single"
    assert {"id", "kind", "projectId", "value", "granted"} == set(first)
    assert len(structured) == 6
    assert all(isinstance(each["value"], dict) for each in structured)
    assert all(
        each["projectId"] == ready["projects"][place.rpartition("/")[0]]
        for place, each in secrets.items()
    )
    assert entered == [granted] * 3
    assert granted


def test_events_are_printed(program: Any, temporary: Path) -> None:
    """H-2: events are printed as they happen, as plain text if there is no terminal."""
    dev = program.start("dev", "--port", 0)
    ready = dev.ready()
    with log_in(ready) as client:
        client.post(
            f"/api/projects/{ready['projects']['shop/staging']}/secrets",
            json={"name": "TOLD_AS_IT_HAPPENS", "generate": {}},
            headers={"X-Strongroom-Vault": ready["vaultId"]},
        ).raise_for_status()
    expected = "ada created TOLD_AS_IT_HAPPENS (version 1) in shop/staging"
    for _ in range(600):
        if expected in dev.said():
            break
        time.sleep(0.1)
    said = dev.said()
    secrets = [value for value in values_in(ready) if value != ready["owner"]["password"]]

    assert expected in said
    assert "database: ready" in said
    assert ready["owner"]["password"] in said
    assert "\x1b" not in said
    assert [value for value in secrets if value in said] == []


def test_exiting_removes_everything(program: Any, temporary: Path) -> None:
    """H-2: Ctrl-C ends `dev` with 0, and the temporary folder with everything in it is gone."""
    dev = program.start("dev", "--port", 0)
    dev.ready()
    while_running = list(temporary.iterdir())
    status = dev.end(signal.SIGINT)

    assert while_running != []
    assert status == 0
    assert list(temporary.iterdir()) == []
    assert "Traceback" not in dev.said()


def test_ctrl_c_works_while_it_starts(program: Any, temporary: Path) -> None:
    """H-2: after Ctrl-C during the start, nothing is left either."""
    dev = program.start("dev", "--port", 0)
    for _ in range(1200):
        if "database: starting" in dev.said():
            break
        time.sleep(0.05)
    status = dev.end(signal.SIGINT)

    assert status == 0
    assert list(temporary.iterdir()) == []
    assert "Traceback" not in dev.said()


def test_a_kept_vault_stores_no_plain_secret(program: Any, tmp_path: Path) -> None:
    """H-2, E-2: the first start prints the root key; the root key, password and values aren't in DIR."""
    kept = tmp_path / "kept"
    dev = program.start("dev", "--port", 0, "--keep", kept)
    ready = dev.ready()
    dev.end(signal.SIGINT)
    [line] = [line for line in dev.said().splitlines() if "skr1-" in line]
    root = line.split()[-1]
    hits = search([kept], [root, root.replace("-", ""), *values_in(ready)])

    assert hits == []


def test_a_kept_vault_needs_its_root_key(program: Any, tmp_path: Path, tools: Any) -> None:
    """H-2: a later start needs the root key; the vault still exists, without the unsaved values."""
    kept = tmp_path / "kept"
    dev = program.start("dev", "--port", 0, "--keep", kept)
    first = dev.ready()
    dev.end(signal.SIGINT)
    root = next(line.split()[-1] for line in dev.said().splitlines() if "skr1-" in line)
    before = tools.fingerprint(kept)
    without = program.run("dev", "--port", 0, "--keep", kept)
    wrong = program.run(
        "dev", "--port", 0, "--keep", kept, "--root-file", "-", given=encode_root(new_root())
    )
    after = tools.fingerprint(kept)
    again = program.start("dev", "--port", 0, "--keep", kept, "--root-file", "-", given=root)
    second = again.ready()
    with log_in({**second, "owner": first["owner"]}) as client:
        session = client.get("/api/session").json()

    assert without.returncode == 1
    assert "--root-file" in without.stderr
    assert wrong.returncode == CONFIGURATION
    assert after == before
    assert root not in again.said()
    assert second["vaultId"] == first["vaultId"]
    assert second["projects"] == first["projects"]
    assert set(second["secrets"]) == set(first["secrets"])
    assert "password" not in second["owner"]
    assert all("value" not in secret for secret in second["secrets"].values())
    assert session["username"] == "ada"


def test_a_port_in_use(program: Any, temporary: Path) -> None:
    """H-2: a port in use is reported before anything is created."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = program.run("dev", "--port", port)

    assert done.returncode == 1
    assert f"port {port}" in done.stderr
    assert list(temporary.iterdir()) == []


def test_database_url_is_ignored(program: Any, temporary: Path) -> None:
    """H-2: `dev` uses its own database, regardless of DATABASE_URL."""
    program.environment["DATABASE_URL"] = "postgresql://nobody@localhost:1/nothing"
    ready = program.start("dev", "--port", 0).ready()

    assert len(ready["secrets"]) == 24


def test_a_sign_in_is_printed_once() -> None:
    """L-6: an event in two logs is printed once, from the vault's; all events of one request are printed."""
    vault, at = VaultId("vlt_aaaaaaaaaaaaaaaa"), datetime(2026, 1, 1, tzinfo=UTC)

    def event(action: str, request: str, name: str) -> EntryView:
        return EntryView(
            id=UUID(int=0), at=at, action=action, severity=Severity.INFO, outcome=Outcome.DONE, reason=None,
            actor_kind="human", actor_id=None, actor_name="ada", target_kind=None, target_id=None,
            target_name=name, project_id=None, project_name=None, environment=None, application_id=None,
            application_name=None, address="local", country=None, request_id=request, detail={},
            incarnation=1, leaf=None, requester_kind=None, requester_id=None, requester_name=None,
            approver_id=None, approver_name=None,
        )  # fmt: skip

    found = {
        INSTALLATION: [
            event("session_login", "r1", "copied"),
            event("session_login", "r2", "alone"),
        ],
        vault: [event("session_login", "r1", "kept")]
        + [event("secret_read", "r3", f"read {number}") for number in range(3)],
    }

    assert sorted(told.target_name or "" for told in without_copies(found)) == [
        "alone", "kept", "read 0", "read 1", "read 2",
    ]  # fmt: skip
