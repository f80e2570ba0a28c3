"""Checks a process and its settings: limits, networks, certificate, variables."""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from collections.abc import Mapping
from datetime import timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from strongroom_core.doctor.examine_host import examine_certificate
from strongroom_core.doctor.finding import Finding, ok, problem, warning
from strongroom_core.kernel.clock import wall_clock
from strongroom_core.kernel.country import Countries, CountryFileUnusable
from strongroom_core.kernel.time_windows import zone_named, zone_names, zone_release
from strongroom_core.settings import PREFIX, known_variables
from strongroom_server.serving.http_server import is_loopback

if TYPE_CHECKING:
    from pathlib import Path

    from strongroom_core.kernel.origin import Network
    from strongroom_core.settings import Settings
    from strongroom_server.serving.http_server import Certificate

OF_COMMANDS = ("STRONGROOM_DATA", "STRONGROOM_PG_BIN", "STRONGROOM_WITHOUT_DASHBOARD")
"""Variables that set options of commands."""
OF_CLIENTS = tuple(
    f"{PREFIX}{name}"
    for name in (
        "CACHE_MAX_AGE",
        "EVENT",
        "HOME",
        "IDENTITY",
        "OFFLINE_CACHE",
        "PROJECT",
        "SECRET_ID",
        "VAULT",
    )
)
"""Variables for client programs that might run on the server's machine."""

DESCRIPTORS_WARNING, DESCRIPTORS_PROBLEM = 4096, 512
ZONES_YEARS = 1
"""Countries, mostly small ones, change their rules a few times a year."""
COUNTRIES_WARNING = timedelta(days=180)
WIDE = {4: 8, 6: 32}
"""The shortest plausible prefix of an administrator's own network, by IP version."""

_PR_GET_DUMPABLE = 3  # prctl(2)


def check_process(
    environment: Mapping[str, str], settings: Settings, certificate: Certificate | None
) -> list[Finding]:
    """Check this process and its settings."""
    return [
        _variables(environment),
        _public_url(settings.public_url),
        *_networks("trusted proxies", settings.trusted_proxies, "STRONGROOM_TRUSTED_PROXIES"),
        *_networks("metrics", settings.metrics_from, "STRONGROOM_METRICS_FROM"),
        *([examine_certificate(certificate.chain)] if certificate is not None else []),
        _zones(),
        _country_file(settings.country_file),
        _descriptors(),
        _core_dumps(),
    ]


def check_entropy() -> Finding:
    """Check that the kernel's random number generator is seeded, without blocking (getrandom(2))."""
    try:
        os.getrandom(1, os.GRND_NONBLOCK)
    except BlockingIOError:
        hint = (
            "wait, or give the machine a source of entropy; generating keys would block until then"
        )
        return problem("randomness", "the kernel's random number generator isn't seeded yet", hint)
    return ok("randomness", "the kernel's random number generator is seeded")


def _variables(environment: Mapping[str, str]) -> Finding:
    """Check for unknown variables, which are ignored and are nearly always typos."""
    known = [*known_variables(), *OF_COMMANDS, *OF_CLIENTS]
    unknown = sorted(name for name in environment if name.startswith(PREFIX) and name not in known)
    if not unknown:
        return ok("variables", f"all {PREFIX}… variables are known settings")
    nearest = {name: get_close_matches(name, known, n=1) for name in unknown}
    meant = [f"{near[0]} instead of {name}" for name, near in nearest.items() if near]
    return warning(
        "variables",
        f"unknown variables, ignored: {', '.join(unknown)}",
        f"did you mean {', '.join(meant)}?" if meant else "see docs/operate/settings.md",
    )


def _public_url(url: str) -> Finding:
    host = urlsplit(url).hostname or ""
    if urlsplit(url).scheme == "https" or is_loopback(host):
        return ok("public URL", url)
    return problem(
        "public URL",
        f"{url} is plain HTTP: passwords and values cross the network unencrypted",
        "serve HTTPS, or use a proxy that does, and set STRONGROOM_PUBLIC_URL to https://…",
    )


def _networks(check: str, networks: tuple[Network, ...], variable: str) -> list[Finding]:
    everybody = [str(each) for each in networks if each.prefixlen == 0]
    if everybody:
        return [
            problem(
                check,
                f"{', '.join(everybody)} includes everyone",
                f"list your networks in {variable}",
            )
        ]
    wide = [str(each) for each in networks if each.prefixlen < WIDE[each.version]]
    if wide:
        hint = f"list only your own networks in {variable}"
        return [warning(check, f"very large networks: {', '.join(wide)}", hint)]
    return [ok(check, ", ".join(map(str, networks)) or "none")]


def _zones() -> Finding:
    """Check that this release's time zones are usable. Guardrails use these, not the operating system's."""
    check, release = "time zones", zone_release()
    for name in sorted(zone_names()):
        try:
            zone_named(name)
        except (OSError, ValueError) as error:
            hint = "reinstall this release; its tzdata package is damaged"
            return problem(check, f"can't read {name} ({type(error).__name__})", hint)
    says = f"tzdata {release}, {len(zone_names())} zones"
    if int(release.partition(".")[0]) < wall_clock().year - ZONES_YEARS:
        return warning(
            check,
            f"{says}; doesn't include time-zone changes made since that release",
            "install a newer release; until then, time windows in those countries may open at the wrong time",
        )
    return ok(check, says)


def _country_file(path: Path | None) -> Finding:
    check, hint = "country file", "replace it by renaming a new file over it"
    if path is None:
        return ok(
            check, "none: every country is unknown, so guardrails on countries deny everything"
        )
    countries = Countries(path)
    try:
        countries.refresh()
    except CountryFileUnusable as unusable:
        return problem(check, f"can't use {path}: {unusable}", hint)
    built = countries.built_at
    if built is None:
        return ok(check, f"{path}, built at an unknown time")
    says = f"{path}, built on {built:%Y-%m-%d}"
    if wall_clock() - built > COUNTRIES_WARNING:
        return warning(check, f"{says}; networks have moved between countries since then", hint)
    return ok(check, says)


def _descriptors() -> Finding:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = DESCRIPTORS_WARNING if resource.RLIM_INFINITY in (soft, hard) else max(soft, hard)
    says = f"this process can open {most} files" if hard >= 0 else "no limit on open files"
    hint = (
        "set the unit's LimitNOFILE, or `ulimit -n`, to 65536; each connection uses one descriptor"
    )
    if most < DESCRIPTORS_PROBLEM:
        return problem("open files", says, hint)
    if most < DESCRIPTORS_WARNING:
        return warning("open files", says, hint)
    return ok("open files", says)


def _core_dumps() -> Finding:
    limit, _ = resource.getrlimit(resource.RLIMIT_CORE)
    dumpable = 0
    if sys.platform == "linux":
        dumpable = ctypes.CDLL(None).prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0)
    if limit == 0 and dumpable == 0:
        return ok("core dumps", "disabled")
    return problem(
        "core dumps",
        "a crash could write the process's memory, with its keys, to a file",
        "set LimitCORE=0 in the unit, and find out why the server couldn't disable them itself",
    )
