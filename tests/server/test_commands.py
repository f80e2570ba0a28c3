"""The commands of `strongroom-server`, each as a real process."""

from __future__ import annotations

import os
import pwd
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from strongroom_core.db.connection import connect
from strongroom_core.install.roles import provision
from strongroom_core.kernel.errors import Invalid
from strongroom_server.data_folder import cache_folder, dashboard_cache, default_folder
from strongroom_testkit.certificate import issue, serial_shown_by
from strongroom_testkit.markers import search

if TYPE_CHECKING:
    from pathlib import Path

    from strongroom_testkit.cluster import Cluster

HEAVY = {"piccolo", "asyncpg", "litestar", "uvicorn", "saq", "cryptography", "rich", "structlog"}


def test_help_imports_only_what_it_needs() -> None:
    """`--help` responds immediately, because each command imports only what it needs."""
    probe = (
        "import sys; from strongroom_server.main import main; "
        "main(['--help'], standalone_mode=False); "
        "print(sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    imported = set(done.stdout.splitlines()[-1].strip("[]").replace("'", "").split(", "))

    assert "dev" in done.stdout
    assert set() == HEAVY & imported


def test_a_user_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """H-6: without a home folder, as in containers, a one-line error asks for --data."""

    def none(_uid: int) -> object:
        raise KeyError

    for name in ("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", none)
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    with pytest.raises(Invalid, match="no home folder; pass the data folder with --data"):
        default_folder()

    assert (None, None) == (cache_folder(), dashboard_cache())


def test_no_home_folder_is_needed_with_data() -> None:
    """H-6: with --data, no home folder is needed."""
    probe = (
        "import pwd\ndef none(uid): raise KeyError\npwd.getpwuid = none\n"
        "import strongroom_server.init, strongroom_server.serve, strongroom_server.doctor"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, check=False, text=True, env={}
    )

    assert (0, "") == (done.returncode, done.stderr)


def test_version_is_printed(program: Any) -> None:
    """`version` prints the release."""
    done = program.run("version")

    assert done.stdout.startswith("strongroom-server 0.")


def test_init_prints_the_root_key_once(installation: Any) -> None:
    """E-2: the root key and the setup link are shown once, and aren't written anywhere."""
    bare = installation.root.replace("-", "")
    hits = search([installation.data], [installation.root, bare, installation.token])

    assert hits == []


def test_init_runs_only_once(program: Any, installation: Any, tools: Any) -> None:
    """H-2: `init` on an initialized folder exits with 1, prints no root key, and changes nothing."""
    before = tools.fingerprint(installation.data)
    done = program.run("init", "--data", installation.data)

    assert done.returncode == 1
    assert "already initialized" in done.stderr
    assert done.stdout == ""
    assert tools.fingerprint(installation.data) == before


def test_a_server_without_a_root_is_sealed_until_it_gets_it(
    program: Any, installation: Any, tools: Any
) -> None:
    """E-2: while sealed, health reports it and everything else returns 503; `unseal` ends that."""
    server = program.start("serve", "--data", installation.data, "--port", 0)
    url = server.ready()["url"]
    sealed_health, sealed_rest = tools.get(url, "/health"), tools.get(url, "/api/session")
    given = program.run("unseal", "--data", installation.data, given=installation.root)
    status = program.run("unseal", "--data", installation.data, "--status")
    again = program.run("unseal", "--data", installation.data, given=installation.root)
    health, rest = tools.get(url, "/health"), tools.get(url, "/api/session")

    assert (sealed_health.status_code, sealed_health.json()["status"]) == (503, "sealed")
    assert sealed_rest.status_code == 503
    assert (given.returncode, given.stdout) == (0, "unsealed\n")
    assert status.stdout == "unsealed\n"
    assert again.stdout == "already unsealed\n"
    assert (health.status_code, health.json()["status"]) == (200, "ok")
    assert rest.status_code == 401
    assert installation.root not in server.said()


def test_a_setup_link_can_be_replaced(program: Any, installation: Any, tools: Any) -> None:
    """A-1: a new link replaces the first one, but not while sealed, nor after a link has been used."""
    server = program.start("serve", "--data", installation.data, "--port", 0)
    url = server.ready()["url"]
    sealed = program.run("setup-link", "--data", installation.data)
    program.run("unseal", "--data", installation.data, given=installation.root)
    renewed = program.run("setup-link", "--data", installation.data)
    address, token = renewed.stdout.strip().split("#")
    by_the_first = _set_up(url, installation.token)
    by_the_second = _set_up(url, token)
    late = program.run("setup-link", "--data", installation.data)
    lin = _person("lin")
    signed_up = _post(url, "sign-up", lin)
    for_lin = program.run("sign-up-link", "lin@example.org", "--data", installation.data)
    link = for_lin.stdout.strip()
    body = {"token": link.partition("#")[2], "password": lin["password"]}
    confirmed = _post(url, "sign-up/confirm", body)
    for_nobody = program.run("sign-up-link", "eve@example.org", "--data", installation.data)

    # without a mail server, the administrator passes on the link.
    assert "sign-up-link" in signed_up.json()["next"]
    assert link.startswith(f"{url}/verify#")
    assert (confirmed.status_code, confirmed.json()["username"]) == (201, "lin")
    assert (for_nobody.returncode, for_nobody.stdout) == (1, "")
    assert "sign-up not found" in for_nobody.stderr
    assert (sealed.returncode, sealed.stdout) == (1, "")
    assert "sealed" in sealed.stderr
    assert address == f"{url}/setup"
    assert (by_the_first, by_the_second) == (403, 201)
    assert (late.returncode, late.stdout) == (1, "")
    assert "already exists" in late.stderr
    assert token not in server.said()
    assert search([installation.data], [token]) == []


def _set_up(url: str, token: str) -> int:
    return _post(url, "setup", {**_person("ada"), "token": token}).status_code


def _person(name: str) -> dict[str, str]:
    return {
        "email": f"{name}@example.org",
        "username": name,
        "password": "a sentence that nobody guesses",
    }


def _post(url: str, path: str, body: dict[str, str]) -> httpx.Response:
    headers = {"Origin": url, "X-Strongroom-Client": "tests"}
    return httpx.post(f"{url}/api/{path}", json=body, headers=headers)


def test_shares_unseal_one_by_one(program: Any, tmp_path: Path, tools: Any) -> None:
    """E-2: any K of the N shares that `init` printed unseal the server, entered one at a time."""
    data = tmp_path / "data"
    made = program.run("init", "--data", data, "--shares", "2-of-3")
    lines = [line.strip() for line in made.stdout.splitlines()]
    shares = [lines[lines.index(f"Share {n} of 3:") + 1] for n in (1, 2, 3)]
    server = program.start("serve", "--data", data, "--port", 0)
    url = server.ready()["url"]
    first = program.run("unseal", "--data", data, given=shares[2])
    between = program.run("unseal", "--data", data, "--status")
    second = program.run("unseal", "--data", data, given=f"Share 1 of 3: {shares[0]}\n")

    assert first.stdout.startswith("1 of 2 shares entered")
    assert between.stdout == "sealed: 1 of 2 shares entered\n"
    assert second.stdout == "unsealed\n"
    assert tools.get(url, "/health").json() == {"status": "ok", "dashboard": "off"}
    assert "skr1-" not in made.stdout
    assert search([data, server.output], shares) == []


def test_an_attempt_can_be_reset(program: Any, tmp_path: Path) -> None:
    """E-2: those who entered a share know the attempt's ID, and can use it to drop all shares."""
    data = tmp_path / "data"
    made = program.run("init", "--data", data, "--shares", "2-of-2")
    lines = [line.strip() for line in made.stdout.splitlines()]
    share = lines[lines.index("Share 1 of 2:") + 1]
    program.start("serve", "--data", data, "--port", 0).ready()
    attempt = program.run("unseal", "--data", data, given=share).stdout.split()[-1]
    guessed = program.run("unseal", "--data", data, "--reset", "unseal_aaaaaaaaaaaaaaaa")
    kept = program.run("unseal", "--data", data, "--status")
    dropped = program.run("unseal", "--data", data, "--reset", attempt)
    status = program.run("unseal", "--data", data, "--status")

    assert guessed.returncode == 1
    assert kept.stdout == "sealed: 1 of 2 shares entered\n"
    assert dropped.returncode == 0
    assert status.stdout == "sealed\n"


def test_a_passphrase_can_be_the_root(program: Any, tmp_path: Path, tools: Any) -> None:
    """E-2: the passphrase that `init` generated unseals the server before it listens."""
    data = tmp_path / "data"
    made = program.run("init", "--data", data, "--passphrase")
    lines = made.stdout.splitlines()
    passphrase = lines[lines.index("The root key's passphrase, shown only once:") + 2].strip()
    server = program.start(
        "serve", "--data", data, "--port", 0, "--passphrase-stdin", given=passphrase
    )
    ready = server.ready()

    assert ready["state"] == "unsealed"
    assert tools.get(ready["url"], "/health").json() == {"status": "ok", "dashboard": "off"}
    assert search([data, server.output], [passphrase]) == []


def test_a_root_file_starts_the_server_unsealed(
    program: Any, installation: Any, tmp_path: Path, tools: Any
) -> None:
    """E-2, H-2: `serve --root-file` is unsealed when it listens, and SIGTERM shuts it down cleanly."""
    root_file = tmp_path / "root"
    root_file.write_text(installation.root)
    root_file.chmod(0o400)
    options = ("--root-file", root_file, "--allow-root-on-disk")
    server = program.start("serve", "--data", installation.data, "--port", 0, *options)
    ready = server.ready()
    health = tools.get(ready["url"], "/health")
    status = server.end()

    assert ready["state"] == "unsealed"
    assert health.json() == {"status": "ok", "dashboard": "off"}
    assert status == 0
    assert tools.postgres_in(installation.data) == []
    assert not (installation.data / "admin.sock").exists()


def test_a_readable_root_key_file_is_rejected(
    program: Any, installation: Any, tmp_path: Path
) -> None:
    """E-2: with a root file that others can read, the server doesn't start."""
    root_file = tmp_path / "root"
    root_file.write_text(installation.root)
    root_file.chmod(0o644)
    done = program.run(
        "serve", "--data", installation.data, "--root-file", root_file, "--allow-root-on-disk"
    )

    assert done.returncode == 78
    assert "chmod" in done.stderr
    assert installation.root not in done.stderr


def test_a_killed_server_stops_its_database(program: Any, installation: Any, tools: Any) -> None:
    """H-1: after kill -9 PostgreSQL is gone within seconds, and the next start works."""
    options = ("serve", "--data", installation.data, "--port", 0, "--root-stdin")
    server = program.start(*options, given=installation.root)
    server.ready()
    lived = tools.postgres_in(installation.data)
    server.end(signal.SIGKILL)
    tools.eventually(lambda: not tools.postgres_in(installation.data), "PostgreSQL ends")
    again = program.start(*options, given=installation.root)

    assert lived != []
    assert tools.get(again.ready()["url"], "/health").json() == {"status": "ok", "dashboard": "off"}


def test_only_one_server_uses_a_folder(program: Any, installation: Any) -> None:
    """H-1: a second server on the same folder says what to do, and the first keeps running."""
    first = program.start("serve", "--data", installation.data, "--port", 0)
    first.ready()
    second = program.run("serve", "--data", installation.data, "--port", 0)

    assert second.returncode == 1
    assert "another server is using" in second.stderr
    assert first.process.poll() is None


def test_a_server_waits_for_init(program: Any, tmp_path: Path, tools: Any) -> None:
    """H-4: before `init`, health says not_initialised; after it, the same server can be unsealed."""
    data = tmp_path / "data"
    data.mkdir()
    server = program.start("serve", "--data", data, "--port", 0)
    ready = server.ready()
    before = tools.get(ready["url"], "/health")
    made = program.run("init", "--data", data)
    root = next(line.strip() for line in made.stdout.splitlines() if "skr1-" in line)
    tools.eventually(
        lambda: tools.get(ready["url"], "/health").json()["status"] == "sealed", "it is sealed"
    )
    program.run("unseal", "--data", data, given=root)

    assert (before.status_code, before.json()["status"]) == (503, "not_initialised")
    assert tools.get(ready["url"], "/health").json() == {"status": "ok", "dashboard": "off"}


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "[::]"])
def test_plain_http_on_the_network_is_rejected(program: Any, tmp_path: Path, host: str) -> None:
    """H-6: on addresses other than loopback, without certificate or proxy, `serve` doesn't start."""
    done = program.run("serve", "--data", tmp_path / "data", "--host", host, "--port", 0)

    assert done.returncode == 1
    assert "--certificate" in done.stderr
    assert not (tmp_path / "data").exists()


def test_trusted_proxies_and_insecure_http(program: Any, tmp_path: Path) -> None:
    """H-6: with `trusted_proxies`, or with --insecure-http, `serve` starts."""
    options = ("--host", "0.0.0.0", "--port", 0)
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    program.start("serve", "--data", tmp_path / "one", *options, "--insecure-http").ready()
    program.environment["STRONGROOM_TRUSTED_PROXIES"] = "10.0.0.0/8"
    program.start("serve", "--data", tmp_path / "two", *options).ready()


@pytest.mark.parametrize(
    ("family", "address", "options"),
    [
        (socket.AF_INET, "127.0.0.1", ()),
        (socket.AF_INET6, "::1", ("--host", "::1")),
        (socket.AF_INET6, "::1", ("--host", "[::1]")),
    ],
)
def test_a_port_in_use(
    program: Any, tmp_path: Path, family: int, address: str, options: tuple[str, ...]
) -> None:
    """H-6: the error names the port in use, and what to do about it."""
    with socket.create_server((address, 0), family=family) as taken:
        port = taken.getsockname()[1]
        done = program.run("serve", "--data", tmp_path, "--port", port, *options)

    assert done.returncode == 1
    assert f"port {port}" in done.stderr
    assert "--port" in done.stderr


def test_localhost_answers_on_both_protocols(program: Any, tmp_path: Path, tools: Any) -> None:
    """H-6: a local server listens on 127.0.0.1 and ::1, and prints http://localhost:PORT."""
    ready = program.start("serve", "--data", tmp_path, "--port", 0).ready()
    port = ready["url"].removeprefix("http://localhost:")
    statuses = [
        tools.get(f"http://{host}:{port}", "/health/live").status_code
        for host in ("127.0.0.1", "[::1]", "localhost")
    ]

    assert statuses == [200, 200, 200]


def test_a_head_without_end_is_cut_off(program: Any, tmp_path: Path, tools: Any) -> None:
    """A request's headers can't fill the memory before any session or rule is checked."""
    ready = program.start("serve", "--data", tmp_path, "--port", 0).ready()
    port = int(ready["url"].rpartition(":")[2])
    sent, most = 0, 20_000_000
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Long: ")
        try:
            while sent < most:
                connection.sendall(b"a" * 10_000)
                sent += 10_000
        except OSError:
            pass

    assert sent < most
    assert tools.get(ready["url"], "/health/live").status_code == 200


def test_restored_begins_an_incarnation(program: Any, installation: Any, tmp_path: Path) -> None:
    """R-3: each `restored` begins an incarnation; it fails if a server is running or there is no database."""
    first = program.run("restored", "--data", installation.data)
    second = program.run("restored", "--data", installation.data)
    absent = program.run("restored", "--data", tmp_path / "nowhere")
    options = ("--data", installation.data, "--port", 0, "--root-stdin")
    program.start("serve", *options, given=installation.root).ready()
    beside = program.run("restored", "--data", installation.data)

    place = f"of the database in {installation.data} has begun"
    assert first.stdout.startswith(f"incarnation 2 {place}"), first.stderr
    assert second.stdout.startswith(f"incarnation 3 {place}")
    assert (absent.returncode, absent.stdout) == (1, "")
    assert "no database" in absent.stderr
    assert (beside.returncode, beside.stdout) == (1, "")
    assert "another server is using" in beside.stderr


def test_a_restore_without_a_database_that_answers(program: Any, tmp_path: Path) -> None:
    """R-3: an unreachable external database gives a one-line error without the login role."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"postgresql://strongroom:hush-hush@127.0.0.1:{unused.getsockname()[1]}/strongroom"
        for name in (
            "DATABASE_URL",
            "STRONGROOM_OWNER_DATABASE_URL",
            "STRONGROOM_JOBS_DATABASE_URL",
        ):
            program.environment[name] = url
        done = program.run("restored", "--data", tmp_path)

    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "hush-hush" not in done.stderr


def test_the_output_of_migrate(program: Any, installation: Any, tmp_path: Path) -> None:
    """H-2: `migrate` on a current database has nothing to do, and without a database it reports that."""
    current = program.run("migrate", "--data", installation.data)
    absent = program.run("migrate", "--data", tmp_path / "nowhere")

    assert (current.returncode, current.stdout) == (0, "the database is up to date\n")
    assert absent.returncode == 1
    assert "init" in absent.stderr
    assert not (tmp_path / "nowhere").exists()


def test_a_worker_runs_alone(program: Any, installation: Any) -> None:
    """H-1: `serve --only worker` gets its root key through the socket and serves no HTTP."""
    server = program.start("serve", "--data", installation.data, "--only", "worker")
    ready = server.ready()
    given = program.run("unseal", "--data", installation.data, given=installation.root)

    assert "url" not in ready
    assert given.stdout == "unsealed\n"
    assert server.process.poll() is None


def test_unseal_without_a_server(program: Any, tmp_path: Path) -> None:
    """E-2: `unseal` doesn't prompt for a root key that it couldn't pass on."""
    done = program.run("unseal", "--data", tmp_path, given="skr1-whatever")

    assert done.returncode == 1
    assert "no server is running" in done.stderr


def test_some_of_three_database_urls_are_not_enough(program: Any, tmp_path: Path) -> None:
    """H-1: an external database needs three login roles; the error names the missing ones."""
    program.environment["DATABASE_URL"] = "postgresql://nobody@localhost:1/nothing"
    done = program.run("init", "--data", tmp_path / "data")

    assert done.returncode == 1
    assert "STRONGROOM_OWNER_DATABASE_URL" in done.stderr
    assert "nobody@localhost" not in done.stderr


async def test_an_external_database_is_prepared_and_served(
    program: Any, cluster: Cluster, tmp_path: Path, tools: Any
) -> None:
    """H-1, H-2: `init` prints the SQL if roles are missing; then the three URLs are enough."""
    name = "external"
    administrator = await connect(cluster.administrator_url("postgres"))
    await administrator.execute(f"create database {name}")
    await administrator.close()
    logins = {
        "DATABASE_URL": "strongroom",
        "STRONGROOM_OWNER_DATABASE_URL": "strongroom_owner",
        "STRONGROOM_JOBS_DATABASE_URL": "strongroom_jobs",
    }
    for variable, login in logins.items():
        program.environment[variable] = cluster.url(name, login)
    lacking = program.run("init", "--data", tmp_path / "data")
    inside = await connect(cluster.administrator_url(name))
    await provision(inside, cluster.passwords)
    await inside.close()
    made = program.run("init", "--data", tmp_path / "data")
    again = program.run("init", "--data", tmp_path / "data")
    root = next(line.strip() for line in made.stdout.splitlines() if "skr1-" in line)
    server = program.start(
        "serve", "--data", tmp_path / "data", "--port", 0, "--root-stdin", given=root
    )
    health = tools.get(server.ready()["url"], "/health")
    status = server.end()
    await cluster.drop_database(name)

    assert lacking.returncode == 1
    assert "create role strongroom_app" in lacking.stdout
    assert "schema saq" in lacking.stderr
    assert made.returncode == 0
    assert (again.returncode, again.stdout) == (1, "")
    assert health.json() == {"status": "ok", "dashboard": "off"}
    assert status == 0


def test_a_renewed_certificate_is_loaded(program: Any, tmp_path: Path, tools: Any) -> None:
    """H-6: `serve` answers HTTPS with its certificate, and with a renewed one without a restart.

    The renewed one can have another kind of key, and the log contains the fingerprint that clients
    see.
    """
    first = issue(tmp_path, "one.example")
    options = ("--certificate", first.chain, "--key", first.key)
    server = program.start("serve", "--data", tmp_path, "--port", 0, *options)
    url = server.ready()["url"]
    port = int(url.rpartition(":")[2])
    before = serial_shown_by(port)
    second = issue(tmp_path, "two.example", use_rsa=True)
    tools.eventually(lambda: serial_shown_by(port) == second.serial, "the new one is shown")
    tools.eventually(lambda: second.sha256 in server.said(), "its fingerprint is logged")

    assert url.startswith("https://")
    assert before == first.serial


def test_an_idle_server_exits_quickly(program: Any, installation: Any) -> None:
    """H-2: an idle server exits within seconds of a signal."""
    server = program.start(
        "serve", "--data", installation.data, "--port", 0, "--root-stdin", given=installation.root
    )
    server.ready()
    began = time.monotonic()
    status = server.end(signal.SIGINT)

    assert status == 0
    assert time.monotonic() - began < 60
