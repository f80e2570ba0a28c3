#!/bin/sh
# Reflex turns the plain anchor element into React Router's Link.
#
# Packages: reflex 0.10.1.
#
# Input: `rx.el.a("Machines", href="/machines")`. The namespace `rx.el` contains the HTML elements.
#
# Expected: the element `a`, as `rx.el.button` gives `button`. Clicks then reach the page's
# listeners first, and the browser or one of these listeners follows the link.
#
# Seen: a component `ReactRouterLink`, imported from react-router as `Link`, with `to` in place of `href`. Its own click
# handler follows the link and prevents the default before a listener on the window runs.
#
# Here: our scripts handle clicks on links in the capture phase. Otherwise, a click while the server
# is unreachable would lead to the browser's error page, because the router loads the whole page if
# it can't get a part of it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv" || exit 2
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check reflex==0.10.1 || exit 2
cd "$folder"
"$folder/venv/bin/python" - <<'END'
import sys

import reflex as rx

link = rx.el.a("Machines", href="/machines").render()
button = rx.el.button("Machines").render()
print("a:", link["name"], link["props"])
print("button:", button["name"])
as_described = (
    link["name"] == "ReactRouterLink"
    and 'to:"/machines"' in link["props"]
    and button["name"] == '"button"'
)
sys.exit(0 if as_described else 1)
END
