"""Tests marked `pure` start neither a database nor any other program."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from strongroom_testkit.cluster import Cluster


def test_this_test_is_pure(request: pytest.FixtureRequest) -> None:
    """A test without a database gets the mark automatically."""
    assert request.node.get_closest_marker("pure") is not None


def test_a_test_with_a_database_is_not_pure(
    request: pytest.FixtureRequest, cluster: Cluster
) -> None:
    """Whether a test is pure depends on its fixtures."""
    assert request.node.get_closest_marker("pure") is None
    assert cluster.passwords


async def test_a_pure_test_that_starts_a_cluster_fails(tmp_path: Path) -> None:
    """A pure test can't start a database, not even without the fixture."""
    with pytest.raises(RuntimeError, match="pure"):
        await Cluster.start(tmp_path / "data")


def test_a_pure_test_that_starts_a_program_fails() -> None:
    """A pure test can't start programs, because that is slow, and one could be a server with a database."""
    with pytest.raises(RuntimeError, match="pure"):
        subprocess.run(["true"], check=True)
