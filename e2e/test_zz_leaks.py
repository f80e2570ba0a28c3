"""After all journeys, nothing that the pages displayed, sent or stored contains a secret (E-5, U-2)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from strongroom_testkit.markers import Markers, search

from .steps import ask, loaded
from .watched import Watched


def found(watched: Watched, secrets: frozenset[str], folder: Path) -> list[str]:
    """Return the places that contain any of the secrets, in any form."""
    for name, texts in watched.everything().items():
        (folder / name).write_text("\n".join(texts), encoding="utf-8")
    return search([folder], secrets)


async def test_the_search_finds_typed_text(
    signed_in: Page, watched: Watched, tmp_path: Path
) -> None:
    """The search below can fail, because it finds text typed into a search field in frames and URLs."""
    others = Markers()
    await ask(signed_in, "POST", "/api/projects", {"name": "searched"})
    await signed_in.goto("/projects")
    await loaded(signed_in)
    await signed_in.get_by_role("searchbox").first.fill(others.value("typed"))
    await expect(signed_in.get_by_text("No matching projects")).to_be_visible()

    hits = found(watched, others.noted, tmp_path)

    assert {"frames", "urls"} == {Path(hit.partition(":")[0]).name for hit in hits}


async def test_no_value_password_or_token_is_left(
    signed_in: Page, watched: Watched, markers: Markers, tmp_path: Path
) -> None:
    """E-5: no frame, storage, URL or console message contains a value, token or password."""
    await watched.look_at_storage(signed_in)
    seen = watched.everything()
    if len(markers.noted) < 3:
        pytest.skip("no journey was run before")

    hits = found(watched, markers.noted, tmp_path)

    assert all(seen[name] for name in ("frames", "stored", "urls"))
    assert [] == hits


def test_all_journeys_ran_in_this_process(request: Any) -> None:
    """All journeys run in the same worker, so that the tests here see what each of them left behind."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        pytest.skip("there is only one process")

    assert request.node.nodeid.endswith("@e2e")


async def test_the_console_is_silent(watched: Watched) -> None:
    """The console shows no errors, warnings or Content-Security-Policy violations (U-2)."""
    assert [] == watched.errors


async def test_pages_send_no_requests_to_other_hosts(watched: Watched) -> None:
    """U-3: pages send requests only to this host."""
    assert [] == watched.foreign
