"""What `doctor` finds of a process and its settings: limits, addresses, certificate, variables."""

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

from strongroom_core.crypto.certificate import ends_at
from strongroom_core.operate.finding import Finding, ok, problem, warning
from strongroom_core.operate.measure import wall_clock
from strongroom_core.settings import PREFIX, known_variables
from strongroom_server.serving.http_server import is_loopback

if TYPE_CHECKING:
    from pathlib import Path

    from strongroom_core.kernel.origin import Network
    from strongroom_core.settings import Settings
    from strongroom_server.serving.http_server import Certificate

OF_COMMANDS = ("STRONGROOM_DATA", "STRONGROOM_PG_BIN", "STRONGROOM_WITHOUT_DASHBOARD")
"""Variables that options of the commands read."""
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
"""Variables of programs that may run beside the server."""

DESCRIPTORS_WARNING, DESCRIPTORS_PROBLEM = 4096, 512
CERTIFICATE_WARNING, CERTIFICATE_PROBLEM = 21.0, 3.0
"""Days that are left. Certificates of ninety days are usually renewed with thirty left."""
WIDE = {4: 8, 6: 32}
"""A network of trusted proxies with a shorter prefix than this is more than anybody's own."""

_PR_GET_DUMPABLE = 3  # prctl(2)


def examine_process(
    environment: Mapping[str, str], settings: Settings, certificate: Certificate | None
) -> list[Finding]:
    """Look at this process and at what it was told."""
    return [
        _variables(environment),
        _public_url(settings.public_url),
        *_networks("trusted proxies", settings.trusted_proxies, "STRONGROOM_TRUSTED_PROXIES"),
        *_networks("metrics", settings.metrics_from, "STRONGROOM_METRICS_FROM"),
        *([_certificate(certificate.chain)] if certificate is not None else []),
        _descriptors(),
        _core_dumps(),
    ]


def examine_entropy() -> Finding:
    """Ask whether the kernel's generator has been seeded, without waiting for it (getrandom(2))."""
    try:
        os.getrandom(1, os.GRND_NONBLOCK)
    except BlockingIOError:
        hint = "wait, or give the machine a source of entropy: keys made now would have to wait too"
        return problem("randomness", "the kernel's generator is not seeded yet", hint)
    return ok("randomness", "the kernel's generator is seeded")


def _variables(environment: Mapping[str, str]) -> Finding:
    """Names that are not known are nearly always typing errors, and then silently without effect."""
    known = [*known_variables(), *OF_COMMANDS, *OF_CLIENTS]
    unknown = sorted(name for name in environment if name.startswith(PREFIX) and name not in known)
    if not unknown:
        return ok("variables", f"every {PREFIX}… variable is a setting")
    nearest = {name: get_close_matches(name, known, n=1) for name in unknown}
    meant = [f"{near[0]} instead of {name}" for name, near in nearest.items() if near]
    return warning(
        "variables",
        f"no setting, and so without effect: {', '.join(unknown)}",
        f"perhaps you meant {', '.join(meant)}" if meant else "see docs/operate/settings.md",
    )


def _public_url(url: str) -> Finding:
    host = urlsplit(url).hostname or ""
    if urlsplit(url).scheme == "https" or is_loopback(host):
        return ok("public URL", url)
    return problem(
        "public URL",
        f"{url} is plain HTTP: passwords and values cross the network in clear",
        "serve HTTPS or stand behind a proxy that does, and set STRONGROOM_PUBLIC_URL to https://…",
    )


def _networks(check: str, networks: tuple[Network, ...], variable: str) -> list[Finding]:
    everybody = [str(each) for each in networks if each.prefixlen == 0]
    if everybody:
        return [
            problem(check, f"{', '.join(everybody)} is everybody", f"name networks in {variable}")
        ]
    wide = [str(each) for each in networks if each.prefixlen < WIDE[each.version]]
    if wide:
        hint = f"name only your own networks in {variable}"
        return [warning(check, f"{', '.join(wide)} is wider than anybody's own network", hint)]
    return [ok(check, ", ".join(map(str, networks)) or "none")]


def _certificate(chain: Path) -> Finding:
    check, hint = "certificate", "renew it; `serve` takes the new files into use by itself"
    try:
        ends = ends_at(chain.read_bytes())
    except (OSError, ValueError) as error:
        says = f"{chain} cannot be read as a certificate ({type(error).__name__})"
        return problem(check, says, "give --certificate the chain as PEM, the server's own first")
    days = (ends - wall_clock()) / timedelta(days=1)
    if days <= 0:
        return problem(check, f"{chain} ended on {ends:%Y-%m-%d %H:%M} UTC", hint)
    says = f"{chain} is good for {days:.0f} more days"
    if days < CERTIFICATE_PROBLEM:
        return problem(check, says, hint)
    return warning(check, says, hint) if days < CERTIFICATE_WARNING else ok(check, says)


def _descriptors() -> Finding:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = DESCRIPTORS_WARNING if resource.RLIM_INFINITY in (soft, hard) else max(soft, hard)
    says = f"this process may open {most} files" if hard >= 0 else "there is no limit of open files"
    hint = "raise LimitNOFILE of the unit, or `ulimit -n`, to 65536: each connection takes one"
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
        return ok("core dumps", "a crash leaves no memory behind")
    return problem(
        "core dumps",
        "a crash could leave the memory of the process, with its keys, in a file",
        "set LimitCORE=0 in the unit, and look why the server could not forbid it itself",
    )
