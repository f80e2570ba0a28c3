"""Measures the command line: the cold start of `get`, its slowest imports, and the overhead of `run`.

``python -m benchmarks.cli [--runs N]`` starts its own PostgreSQL and server. Other programs use the
same cores, so `python -c pass` is measured alternately in the same run, and its time is printed
next to every figure. `get` loads the option parser only if it is given an option, such as `-q`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from strongroom_api.app import create_app
from strongroom_api.process import Process
from strongroom_core.runtime.start import open_core
from strongroom_core.runtime.unseal import unseal
from strongroom_core.settings import Settings
from strongroom_server.serving.http_server import LOCALHOST, take_port
from strongroom_testkit.app import serving_api
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.identity_folder import write_identity
from strongroom_testkit.machine import granted_machine
from strongroom_testkit.markers import Markers
from strongroom_testkit.people import make_operator
from strongroom_testkit.world import World

SECRETS = 50
DEAREST = 10
PROGRAM = str(Path(sys.executable).parent / "strongroom")
BARE = (sys.executable, "-c", "pass")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory(prefix="strongroom-bench-") as name:
        asyncio.run(_bench(Path(name), runs))


async def _bench(folder: Path, runs: int) -> None:
    async with AsyncExitStack() as stack:
        secret = await _serve(folder, stack)
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}

        async def measure(commands: dict[str, tuple[str, ...]]) -> None:
            taken: dict[str, list[float]] = {label: [] for label in commands}
            worked: dict[str, list[float]] = {label: [] for label in commands}
            for _ in range(runs):
                for label, command in commands.items():
                    wall, cpu = await asyncio.to_thread(_time, command, environment)
                    taken[label].append(wall)
                    worked[label].append(cpu)
            first = statistics.median(next(iter(taken.values())))
            for label, each in taken.items():
                middle = statistics.median(each)
                print(
                    f"{label:<28} median {1000 * middle:6.0f} ms   best {1000 * min(each):6.0f} ms"
                    f"   {1000 * (middle - first):+6.0f} ms   ×{middle / first:.1f}"
                    f"   CPU {1000 * statistics.median(worked[label]):6.1f} ms"
                )

        await measure(
            {
                "python -c pass": BARE,
                "strongroom version": (PROGRAM, "version"),
                "strongroom get ID": (PROGRAM, "get", secret),
                "strongroom get ID -q": (PROGRAM, "get", secret, "-q"),
                "strongroom get ADDRESS": (PROGRAM, "get", "bench/SECRET_0"),
            }
        )
        print()
        await measure(
            {
                "true": ("true",),
                f"run, {SECRETS} secrets -- true": (PROGRAM, "run", "-p", "bench", "--", "true"),
            }
        )
        print(f"\nthe {DEAREST} slowest imports of `get ID`, without what each imports itself")
        for milliseconds, module in await asyncio.to_thread(_imports, secret, environment):
            print(f"{milliseconds:8.1f} ms  {module}")


async def _serve(folder: Path, stack: AsyncExitStack) -> str:
    """Serve a project with `SECRETS` secrets, and return the ID of the first."""
    cluster = await Cluster.start(folder / "data")
    stack.push_async_callback(cluster.stop)
    core = await open_core(Settings(database_url=cluster.url(await cluster.fresh_database())))
    stack.push_async_callback(core.database.close)
    await unseal(core, cluster.root)
    markers = Markers()
    owner = await make_operator(core, cluster.initialised.setup_token, markers)
    world = World(core, owner, markers)
    project = await world.project("bench")
    secrets = [await world.secret(project, f"SECRET_{n}") for n in range(SECRETS)]
    machine = await granted_machine(world, project, *secrets)
    sockets = take_port(LOCALHOST, 0)
    url = f"http://localhost:{sockets[0].getsockname()[1]}"
    core.settings = replace(core.settings, public_url=url)
    await stack.enter_async_context(serving_api(create_app(Process(core)), sockets))
    write_identity(folder / ".strongroom", machine, vault=owner.vault, url=url)
    return secrets[0].id


def _time(command: tuple[str, ...], environment: dict[str, str]) -> tuple[float, float]:
    """Return the seconds from exec to exit, and of CPU time, which is comparable on a busy machine too."""
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    took = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return took, used.ru_utime + used.ru_stime


def _imports(secret: str, environment: dict[str, str]) -> list[tuple[float, str]]:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", PROGRAM, "get", secret],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [line.removeprefix("import time:").split("|") for line in done.stderr.splitlines()]
    found = [(int(own) / 1000, name.strip()) for own, _, name in rows if own.strip().isdigit()]
    return sorted(found, reverse=True)[:DEAREST]


if __name__ == "__main__":
    main()
