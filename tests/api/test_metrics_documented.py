"""Metrics are documented correctly, and the bundled alerts and dashboard use only existing ones (H-4)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml
from prometheus_client.parser import text_string_to_metric_families

from strongroom_core.settings import Settings, known_variables
from strongroom_testkit.machine import granted_machine
from strongroom_testkit.raw_requests import as_pairs, send

PAGE, ALERTS = Path("docs/operate/metrics.md"), Path("deploy/alerts.yml")
DASHBOARD = Path("deploy/grafana.json")
_ROW = re.compile(r"^\| `(strongroom_\w+)` \| (\w+) \| ([^|]+) \| [^|]+ \|$", re.MULTILINE)
_SUFFIXES = ("_bucket", "_sum", "_count")

# Where a process can't read its own /proc entry, the file-descriptor metrics are missing.
MAY_BE_MISSING = {"strongroom_process_open_fds", "strongroom_process_max_fds"}


def documented() -> dict[str, tuple[str, frozenset[str]]]:
    """Return the type and labels of every metric on the page."""
    return {
        name: (kind, frozenset(re.findall(r"`(\w+)`", labels)))
        for name, kind, labels in _ROW.findall(PAGE.read_text())
    }


def offered(text: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Return the type and labels of every metric in a server's response."""
    return {
        f"{family.name}_total" if family.type == "counter" else family.name: (
            family.type,
            frozenset(label for sample in family.samples for label in sample.labels) - {"le"},
        )
        for family in text_string_to_metric_families(text)
    }


async def test_the_page_is_the_registry(app, world, stranger, cluster, database):
    """H-4: the page lists exactly the existing metrics, each with its name, type and labels."""
    project = await world.project("documented")
    machine = await granted_machine(world, project)
    at = int(world.core.clock.now().timestamp())
    path = "/v1/secret/sk_aaaaaaaaaaaaaaaa"
    await send(app, "GET", path.encode(), as_pairs(machine.headers("GET", path, at=at).items()))
    found = offered((await stranger.get("/metrics")).text)
    page = documented()
    only_with_a_worker = {"strongroom_queue_jobs_due", "strongroom_worker_idle_seconds"}

    assert len(page) == len(_ROW.findall(PAGE.read_text()))
    assert {name: page.get(name) for name in found} == found
    assert set(page) - set(found) - MAY_BE_MISSING == only_with_a_worker


def _names_in(text: str) -> set[str]:
    names = set(re.findall(r"\bstrongroom_[a-z_]+", text))
    return {_without_suffix(name) for name in names}


def _without_suffix(name: str) -> str:
    histograms = {name for name, (kind, _) in documented().items() if kind == "histogram"}
    for suffix in _SUFFIXES:
        if name.removesuffix(suffix) in histograms:
            return name.removesuffix(suffix)
    return name


def test_alerts_use_existing_metrics() -> None:
    """H-4: every rule has a severity and a description, and uses only existing metrics."""
    groups: Any = yaml.safe_load(ALERTS.read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"]]

    assert len(rules) == len({rule["alert"] for rule in rules}) > 10
    for rule in rules:
        assert rule["labels"]["severity"] in ("warning", "critical"), rule
        assert rule["annotations"]["summary"], rule
        assert _names_in(rule["expr"]) <= set(documented()), rule
    assert len({name for rule in rules for name in _names_in(rule["expr"])}) > 10


def test_panels_use_existing_metrics() -> None:
    """H-4: every panel queries existing metrics, and together they query nearly all of them."""
    dashboard = json.loads(DASHBOARD.read_text())
    panels = dashboard["panels"]
    asked = [target["expr"] for panel in panels for target in panel["targets"]]
    named = {name for expression in asked for name in _names_in(expression)}

    assert len({panel["id"] for panel in panels}) == len(panels) > 15
    assert [expression for expression in asked if not _names_in(expression)] == []
    assert named <= set(documented())
    assert len(set(documented()) - named) <= 3


def test_rules_filter_by_existing_labels() -> None:
    """H-4: a rule that filters by a nonexistent label would never fire."""
    texts = [ALERTS.read_text(), *_expressions()]
    pairs = [
        (_without_suffix(name), label)
        for text in texts
        for name, labels in re.findall(r"(strongroom_[a-z_]+)\{([^}]*)\}", text)
        for label in re.findall(r"(\w+)\s*=", labels)
    ]
    wrong = [
        (name, label)
        for name, label in pairs
        if label != "instance" and label not in documented()[name][1]
    ]

    assert wrong == []
    assert len(pairs) > 10


def _expressions() -> list[str]:
    dashboard = json.loads(DASHBOARD.read_text())
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


def test_the_settings_page_lists_every_variable() -> None:
    """H-4: every setting has a row, and there is no row for a removed setting."""
    text = Path("docs/operate/settings.md").read_text()
    rows = re.findall(r"^\| `(STRONGROOM_\w+)`", text, re.MULTILINE)

    assert sorted(rows) == sorted(known_variables())
    assert len(rows) == len(Settings.__dataclass_fields__)
