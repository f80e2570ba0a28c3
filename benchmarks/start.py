"""Measures how long `strongroom-server dev --keep` takes to become ready, on the first and later starts.

``python -m benchmarks.start [--later N]`` prints the times in seconds. The first start is measured
both without and with the cache of prepared clusters, which is in a separate folder.
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LONGEST_SECONDS = 600.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure the start of `dev --keep`.")
    parser.add_argument("--later", type=int, default=5, help="how many later starts to measure")
    later = parser.parse_args().later
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first, _root = _start(folder, "one", None)
        cached, root = _start(folder, "two", None)
        again = [_start(folder, "two", root)[0] for _ in range(later)]
    print(f"first start, nothing cached   {first:6.2f} s")
    print(f"first start, cluster cached   {cached:6.2f} s   {cached / first:5.2f} of the first")
    if again:
        middle = statistics.median(again)
        print(
            f"later start, median of {later:<5}  {middle:6.2f} s   {middle / first:5.2f} of the first"
        )


def _start(folder: Path, name: str, root: str | None) -> tuple[float, str]:
    """Start, wait for the ready file, and stop. Return the seconds to start and the printed root key."""
    ready = folder / "ready.json"
    ready.unlink(missing_ok=True)
    command = [
        sys.executable,
        "-m",
        "strongroom_server",
        "dev",
        "--port",
        "0",
        "--without-dashboard",
    ]
    command += ["--keep", str(folder / name), "--ready-file", str(ready)]
    if root is not None:
        command += ["--root-file", "-"]
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
    with (folder / "output").open("w+") as output:
        began = time.monotonic()
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=output, env=environment, text=True
        )
        if process.stdin is not None:
            with process.stdin as stdin:
                stdin.write(root or "")
        while not ready.exists():
            if process.poll() is not None or time.monotonic() - began > LONGEST_SECONDS:
                process.kill()
                sys.exit(f"it did not become ready:\n{(folder / 'output').read_text()}")
            time.sleep(0.005)
        took = time.monotonic() - began
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        process.wait()
        output.seek(0)
        printed = [line.split()[-1] for line in output if "skr1-" in line]
    return took, printed[0] if printed else ""


if __name__ == "__main__":
    main()
