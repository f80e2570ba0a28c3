"""After all journeys: what pages said, sent and stored holds nothing that it must not (E-5, U-2)."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from strongroom_testkit.markers import Markers, search

from .steps import ask, loaded
from .watched import Watched


def found(watched: Watched, secrets: frozenset[str], folder: Path) -> list[str]:
    """Return where any of the secrets is, in any form."""
    for name, texts in watched.everything().items():
        (folder / name).write_text("\n".join(texts), encoding="utf-8")
    return search([folder], secrets)


async def test_what_is_typed_into_a_search_is_found(
    signed_in: Page, watched: Watched, tmp_path: Path
) -> None:
    """The search below can fail: what is typed where values do not belong is found in frames and URLs."""
    others = Markers()
    await ask(signed_in, "POST", "/api/projects", {"name": "searched"})
    await signed_in.goto("/projects")
    await loaded(signed_in)
    await signed_in.get_by_role("searchbox").first.fill(others.value("typed"))
    await expect(signed_in.get_by_text("Nothing fits")).to_be_visible()

    hits = found(watched, others.noted, tmp_path)

    assert {"frames", "urls"} == {Path(hit.partition(":")[0]).name for hit in hits}


async def test_no_value_password_or_token_is_left(
    signed_in: Page, watched: Watched, markers: Markers, tmp_path: Path
) -> None:
    """E-5: no value, token or password in any frame, storage, URL or line of the console."""
    await watched.look_at_storage(signed_in)
    seen = watched.everything()
    if len(markers.noted) < 3:
        pytest.skip("no journey was run before")

    hits = found(watched, markers.noted, tmp_path)

    assert all(seen[name] for name in ("frames", "stored", "urls"))
    assert [] == hits


async def test_the_console_is_silent(watched: Watched) -> None:
    """No error and no warning in the console, and no report of the Content-Security-Policy (U-2)."""
    assert [] == watched.errors


async def test_nothing_comes_from_another_host(watched: Watched) -> None:
    """U-3: pages ask this host for everything, and no other for anything."""
    assert [] == watched.foreign
