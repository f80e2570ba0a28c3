"""Serves the command-line tool and the Python library, so that machines can install the matching version.

`pip install -r {url}/download/strongroom.txt` gets the wheels by URL, with hashes. There is no package index,
because pip would then also query the public index and install the higher version.
"""

from html import escape
from typing import Any

from litestar import Response, get
from litestar.concurrency import sync_to_thread
from litestar.params import FromPath

from strongroom_api.callers import ApiRequest
from strongroom_api.errors import NoSuchRoute
from strongroom_api.public.reference import POLICY
from strongroom_api.public.wheels import Wheel, client_wheels
from strongroom_core.access.operations import strangers
from strongroom_wire.usage import install_line

REQUIREMENTS = "strongroom.txt"

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Downloads · Strongroom</title>
<link rel="stylesheet" href="/docs/reference.css">
<script src="/docs/reference.js" defer></script>
</head>
<body class="alone">
<header><a class="brand" href="/">Strongroom</a><h1>Downloads</h1></header>
<main>
<h2>Install on a machine</h2>
<p>The command-line tool and the Python library, in this server's version.</p>
<figure><figcaption>Install both</figcaption><pre tabindex=0>{install}</pre></figure>
<h2>Files</h2>
<ul>
{links}
</ul>
</main>
</body>
</html>
"""


@get("/download", operation_id="listDownloads", opt={"operation": strangers(None)})
async def index(request: ApiRequest) -> Response[str]:
    """Return a page with the wheels and their hashes, which `pip --find-links` also reads."""
    url = request.core.settings.public_url
    links = "\n".join(
        f'<li><a href="/download/{each.name}#sha256={each.sha256}">{each.name}</a><br>'
        f"SHA-256: <code>{each.sha256}</code></li>"
        for each in await _wheels()
    )
    page = _PAGE.format(install=escape(install_line(url)), links=links)
    headers = {"Content-Security-Policy": POLICY}
    return Response(page, media_type="text/html", headers=headers)


@get("/download/{name:str}", operation_id="readDownload", opt={"operation": strangers(None)})
async def read(request: ApiRequest, name: FromPath[str]) -> Response[bytes] | Response[str]:
    """Return a wheel, or `strongroom.txt`, the list of all of them for `pip install -r`."""
    wheels = await _wheels()
    if name == REQUIREMENTS:
        text = requirements(request.core.settings.public_url, wheels)
        return Response(text, media_type="text/plain")
    for wheel in wheels:
        if wheel.name == name:
            return Response(wheel.content, media_type="application/zip")
    raise NoSuchRoute


def requirements(url: str, wheels: tuple[Wheel, ...]) -> str:
    """Return the wheels' URLs and hashes, one wheel per line."""
    lines = (
        f"{each.distribution} @ {url}/download/{each.name}#sha256={each.sha256}" for each in wheels
    )
    return "\n".join([*lines, ""])


async def _wheels() -> tuple[Wheel, ...]:
    return await sync_to_thread(client_wheels)


HANDLERS: list[Any] = [index, read]
