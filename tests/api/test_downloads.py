"""The wheels that the server offers, built from the installed packages (M-3)."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from strongroom_api.public.wheels import client_wheels


async def test_each_wheel_has_the_listed_hash(stranger, problem):
    """M-3: `pip install -r` finds every wheel at the public URL, checks it, and finds nothing else there."""
    listed = await stranger.get("/download/strongroom.txt")
    page = await stranger.get("/download")
    lines = [line.split(" @ ") for line in listed.text.splitlines()]

    assert ["strongroom-wire", "strongroom", "strongroom-cli"] == [name for name, _ in lines]
    assert "text/html; charset=utf-8" == page.headers["content-type"]
    assert "style-src 'self'" in page.headers["content-security-policy"]
    for _, address in lines:
        url, _, digest = address.partition("#sha256=")
        path = url.removeprefix("http://localhost:8200")
        wheel = await stranger.get(path)
        assert digest == hashlib.sha256(wheel.content).hexdigest()
        assert f'href="{path}#sha256={digest}"' in page.text
        assert f"<code>{digest}</code>" in page.text
    for path in (
        "/download/x",
        "/download/..",
        "/download/..%2Fapp.py",
        "/download/a/b",
    ):
        problem(await stranger.get(path), 404, "not_found")


@pytest.mark.programs
def test_a_wheel_is_whole_and_always_the_same(tmp_path: Path) -> None:
    """M-3: `RECORD` lists every file with its hash, and the command line runs from the wheels alone."""
    before = [wheel.sha256 for wheel in client_wheels()]
    client_wheels.cache_clear()
    places: list[str] = []
    for wheel in client_wheels():
        place = tmp_path / wheel.name
        place.write_bytes(wheel.content)
        places.append(str(place))
        with zipfile.ZipFile(io.BytesIO(wheel.content)) as archive:
            (record,) = (name for name in archive.namelist() if name.endswith("/RECORD"))
            rows = list(csv.reader(io.StringIO(archive.read(record).decode())))
            for path, digest, _ in rows:
                found = base64.urlsafe_b64encode(hashlib.sha256(archive.read(path)).digest())
                assert path == record or digest == f"sha256={found.decode().rstrip('=')}"
            assert {row[0] for row in rows} == set(archive.namelist())
    program = (
        "import strongroom; print(strongroom.__file__, flush=True);"
        "from strongroom_cli.start import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "--version"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(places)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert before == [wheel.sha256 for wheel in client_wheels()]
    assert done.stdout.startswith(places[1])
    assert done.stdout.splitlines()[1].startswith("strongroom ")
