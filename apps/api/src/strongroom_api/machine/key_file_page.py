"""The page that a key file's link opens: one button, which sends a POST (M-4).

Loading the page changes nothing, so programs that preview links don't use the link up. The page loads
nothing, and nothing in it depends on the link, except whether the link works.
"""

from base64 import b64encode
from hashlib import sha256

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1.5rem;"
    "color:#21302b;background:#f7f6f1}button{font:inherit;padding:.6rem 1.1rem;border:0;"
    "border-radius:8px;background:#1f6f60;color:#fff;cursor:pointer}"
    "@media (prefers-color-scheme:dark){body{color:#e8e6df;background:#171b19}}"
)
_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()

_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
HEADERS = (("content-security-policy", _POLICY), ("referrer-policy", "no-referrer"))

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="robots" content="noindex">
<meta name="viewport" content="width=device-width"><title>Strongroom: key file</title>
<style>{style}</style></head><body><h1>{title}</h1>{text}</body></html>
"""

_READY = """<p>The file contains a machine's private key. It can be downloaded once, and is then deleted
from the server.</p><form method="post"><button>Download the key file</button></form>
<p>Unpack it into the folder that you mount for the machine, and delete the zip.</p>"""

_GONE = """<p>The key file was already downloaded, has expired after fifteen minutes, or never existed. Revoke
the machine in the dashboard if you don't have its key file, and create a new one.</p>"""


def key_file_page(*, ready: bool) -> bytes:
    """Return the page for a valid or an invalid link."""
    title, text = ("Key file", _READY) if ready else ("No key file here", _GONE)
    return _PAGE.format(style=_STYLE, title=title, text=text).encode()
