#!/bin/sh
# An MCP server's tool gets None if the client sent the text "null".
#
# Packages: mcp 2.3.0.
#
# Input: a tool with the parameter `text: str | None`, called with the JSON strings "null" and
# "{\"a\": 1}". Both are valid for the input schema that the server itself publishes.
#
# Expected: the tool gets both strings unchanged.
#
# Seen: for "null", the tool is called with None. For "{\"a\": 1}", it is not called, and the client gets an error that
# quotes the text. If the type is `str | None`, text that is valid JSON is decoded first, except "5" and "true".
#
# Here: we have no MCP server yet. Its tools will take `str`, where an empty string means none.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv" || exit 2
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mcp==2.3.0 || exit 2
"$folder/venv/bin/python" - <<'END'
import asyncio
import logging
import sys

from mcp import Client
from mcp.server import MCPServer

logging.disable()
server = MCPServer("notes")
given = []


@server.tool()
def save(text: str | None = None) -> str:
    given.append(text)
    return "saved"


async def call(*texts):
    async with Client(server) as client:
        return [await client.call_tool("save", {"text": text}) for text in texts]


answers = asyncio.run(call("plain", "5", "true", "null", '{"a": 1}'))
print("given to the tool:", given)
print("answers that are errors:", [answer.is_error for answer in answers])
sys.exit(
    given != ["plain", "5", "true", None]
    or [answer.is_error for answer in answers] != [False, False, False, False, True]
)
END
