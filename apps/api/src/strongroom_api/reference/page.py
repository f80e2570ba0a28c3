"""The reference as one page of HTML, rendered from the OpenAPI document and the machine API's table.

Everything is on one page, so that a browser's own search finds everything, and the page works without
scripts.
"""

import json
import re
from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from strongroom_api.answers import ETAG
from strongroom_api.reference.error_codes import status_of
from strongroom_api.reference.machine_calls import MACHINE_CALLS, PYTHON, SIGNED_CODES
from strongroom_api.reference.samples import Example, examples
from strongroom_wire.errors import Code

Node = Mapping[str, Any]

_MACHINES = "Machines: signed requests"
_TOP = (
    ("start", "Start"),
    ("changes", "Changes"),
    ("lists", "Lists"),
    ("conflicts", "Conflicts"),
    ("signing", "Signing"),
)
_SIGN_IN = """\
URL=https://vault.example.com
curl -c cookies -X POST "$URL/api/session" \\
  -H "Origin: $URL" -H 'X-Strongroom-Client: my-script' -H 'Content-Type: application/json' \\
  -d '{"email": "ada@example.com", "password": "…"}'
curl -b cookies "$URL/api/projects"
"""
_EVERYWHERE = frozenset(
    {"internal_error", "busy", "unavailable", "sealed", "not_initialised", "wrong_plane"}
)
"""Codes that any operation can return. These codes are listed only in the table of all codes."""
_IF_MATCH = """\
curl -b cookies -X PATCH "$URL/api/secrets/sk_k3m5q7wx2y4z6abc" -H 'If-Match: "3"' \\
  -H "Origin: $URL" -H 'X-Strongroom-Client: my-script' -H 'Content-Type: application/json' \\
  -d '{"note": "Rotated every quarter"}'
"""


def render(document: Node) -> bytes:
    """Return the page for our OpenAPI document."""
    schemas = document["components"]["schemas"]
    parts: dict[str, list[tuple[str, str, str]]] = {each["name"]: [] for each in document["tags"]}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            section = _operation(path, method.upper(), operation, document, schemas)
            name = operation["operationId"]
            parts[operation["tags"][0]].append((name, _title(name), section))
    parts[_MACHINES] = [(name, _title(name), _machine_call(name)) for name in MACHINE_CALLS]
    sections = "\n".join(
        f'<section class="part" id="{_anchor(tag)}"><h2>{escape(tag)}</h2>'
        f"{''.join(section for _, _, section in part)}</section>"
        for tag, part in parts.items()
    )
    page = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API reference · Strongroom</title>
<link rel="stylesheet" href="/docs/reference.css">
<script src="/docs/reference.js" defer></script>
</head>
<body>
<a class="skip" href="#start">Skip to content</a>
<header><a class="brand" href="/">Strongroom</a><h1>API reference</h1>
<search><label for="find">Search operations</label>
<input id="find" type="search" autocomplete="off" placeholder="Search" hidden></search>
</header>
<nav aria-label="Contents">{_contents(parts)}</nav>
<main>
{_intro()}
{sections}
{_errors()}
<p id="none" role="status" hidden>No operation matches. Try a shorter word, such as “rotate”.</p>
</main>
</body>
</html>
"""
    return page.encode()


def _title(name: str) -> str:
    """Return an operation's ID in words: `listSecrets` is *List secrets*."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()
    return words.replace("openapi", "OpenAPI")


def _contents(parts: Mapping[str, list[tuple[str, str, str]]]) -> str:
    top = "".join(f'<li><a href="#{anchor}">{text}</a></li>' for anchor, text in _TOP)
    rest = "".join(
        f'<li><a class="part" href="#{_anchor(tag)}">{escape(tag)}</a><ul>'
        + "".join(f'<li><a href="#{name}">{title}</a></li>' for name, title, _ in part)
        + "</ul></li>"
        for tag, part in parts.items()
    )
    return f'<ul>{top}{rest}<li><a href="#errors">Errors</a></li></ul>'


def _intro() -> str:
    text = files("strongroom_api.reference").joinpath("assets", "intro.html").read_text("utf-8")
    codes = {
        "SIGN_IN": _code(_SIGN_IN, "Sign in, and list projects"),
        "IF_MATCH": _code(_IF_MATCH, "Change a note, unless someone else changed the secret"),
        "SIGNED": _code(PYTHON, "A signed request in Python, without our library"),
    }
    return re.sub(r"@{(\w+)}", lambda found: codes[found[1]], text)


def _operation(path: str, method: str, operation: Node, document: Node, schemas: Node) -> str:
    name = operation["operationId"]
    parameters = [_resolved(each, document) for each in operation.get("parameters", [])]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    answers = {k: v for k, v in operation["responses"].items() if k.startswith("2")}
    example = examples().get(name)
    conditional = any(each["name"] == "If-Match" for each in parameters)
    about = operation["description"].removeprefix(operation["summary"]).lstrip(".: \n")
    pieces = [
        f"<h3>{_text(operation['summary'])}</h3>{_route(method, path, name)}",
        f"<p>{_text(about)}</p>" if about else "",
        _parameters(parameters, schemas),
        _members("Body", body["schema"], schemas) if body else "",
        _code(_curl(example, conditional=conditional), "Request") if example else "",
    ]
    for status, answer in answers.items():
        content = answer.get("content", {})
        shown = content.get("application/json", {}).get("example")
        kinds = ", ".join(content) or "no body"
        etag = f", with <code>{ETAG[0].name}</code>" if "ETag" in answer.get("headers", {}) else ""
        pieces.append(f"<p>Returns <b>{status}</b>, {kinds}{etag}.</p>")
        if shown is not None:
            pieces.append(_folded("Example of a response", _json(shown)))
    pieces.append(_codes(operation["x-codes"]))
    if "x-needs" in operation:
        pieces.append(f'<p class="codes">Needs: {_text(operation["x-needs"])}</p>')
    return f'<article id="{name}">{"".join(pieces)}</article>'


def _machine_call(name: str) -> str:
    call, example = MACHINE_CALLS[name], examples()[name]
    path = re.sub(r"/(sk_\w+|srb_…)", "/{id}" if call.signed else "/{token}", example.path)
    answer = call.answer if isinstance(call.answer, str) else _json(call.answer)
    return (
        f'<article id="{name}"><h3>{_text(call.summary.split(". ")[0].rstrip("."))}</h3>'
        + _route(example.method, path, name)
        + (f"<p>{_text(call.summary.split('. ', 1)[1])}</p>" if ". " in call.summary else "")
        + (_code(_json(example.body), "Body") if example.body is not None else "")
        + f"<p>{'Signed. ' if call.signed else ''}Returns <b>{call.status}</b>.</p>"
        + _folded("Example of a response", answer)
        + _codes([*call.codes, *(SIGNED_CODES if call.signed else ("invalid", "too_many"))])
        + "</article>"
    )


def _parameters(parameters: Iterable[Node], schemas: Node) -> str:
    rows = "".join(
        f"<tr><th scope=row><code>{each['name']}</code>{_required(each.get('required', False))}</th>"
        f"<td>{each['in']}: {_kind(each['schema'], schemas)}. "
        f"{_text(each.get('description', ''))}</td></tr>"
        for each in parameters
        if each["name"] not in ("Origin", "X-Strongroom-Client", "X-Strongroom-Vault")
    )
    return (
        f'<div class="wide"><table><caption>Parameters</caption>{rows}</table></div>'
        if rows
        else ""
    )


def _members(title: str, schema: Node, schemas: Node) -> str:
    found = schemas[schema["$ref"].rsplit("/", 1)[-1]] if "$ref" in schema else schema
    rows = "".join(
        f"<tr><th scope=row><code>{name}</code>{_required(name in found.get('required', []))}</th>"
        f"<td>{_kind(each, schemas)}</td></tr>"
        for name, each in found.get("properties", {}).items()
    )
    about = f"<p>{_text(found.get('description', ''))}</p>"
    return f'{about}<div class="wide"><table><caption>{title}</caption>{rows}</table></div>'


def _kind(schema: Node, schemas: Node) -> str:
    """Describe a value's type in words."""
    if "$ref" in schema:
        return _kind(schemas[schema["$ref"].rsplit("/", 1)[-1]], schemas)
    if "enum" in schema:
        return " or ".join(f"<code>{escape(json.dumps(each))}</code>" for each in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(each, schemas) for each in schema["anyOf"]))
    words = {"string": "text", "boolean": "true or false", "object": "object of strings"}
    kind = str(schema.get("type", "any"))
    words[kind] = words.get(kind, kind)
    if kind == "array":
        words[kind] = f"list of: {_kind(schema['items'], schemas)}"
    elif "properties" in schema:
        members = ", ".join(f"<code>{each}</code>" for each in schema["properties"])
        words[kind] = f"object with {members}"
    elif "maximum" in schema:
        words[kind] = f"{schema.get('minimum', 0)} to {schema['maximum']}"
    return words[kind]


def _curl(example: Example, *, conditional: bool) -> str:
    query = f"?{urlencode(example.query, safe='{},/')}" if example.query else ""
    if example.method == "GET":
        return f'curl -b cookies "$URL{example.path}{query}"\n'
    headers = "-H \"Origin: $URL\" -H 'X-Strongroom-Client: my-script'"
    lines = [f'curl -b cookies -X {example.method} "$URL{example.path}{query}"', f"  {headers}"]
    if conditional:
        lines[1] += " -H 'If-Match: \"3\"'"
    if example.body is not None:
        body = json.dumps(example.body, ensure_ascii=False)
        lines.append(
            "  -H 'Content-Type: application/json' -d '" + body.replace("'", "'\\''") + "'"
        )
    return " \\\n".join(lines) + "\n"


def _errors() -> str:
    rows = "".join(
        f'<tr id="error-{code.value}"><th scope=row><code>{code.value}</code></th>'
        f"<td>{status_of(code)}</td><td>{_text(code.meaning)}</td></tr>"
        for code in sorted(Code, key=lambda each: (status_of(each), each.value))
    )
    return f"""<section id="errors"><h2>Errors</h2>
<p>An error is <code>application/problem+json</code> (RFC 9457). <code>code</code> is stable and meant for
programs, <code>detail</code> is a sentence for people, <code>field</code> names the member or parameter
that is wrong, and <code>requestId</code> identifies the request in the server's log. After
429 and 503, wait for the number of seconds in <code>Retry-After</code>. Every operation can also return
500 and 503.</p>
<div class="wide"><table><caption>Error codes</caption>{rows}</table></div></section>"""


def _codes(codes: Iterable[str]) -> str:
    links = ", ".join(
        f'<a href="#error-{each}">{status_of(Code(each))} {each}</a>'
        for each in sorted(codes, key=lambda each: (status_of(Code(each)), each))
        if each not in _EVERYWHERE
    )
    return f'<p class="codes">Errors: {links}</p>'


def _resolved(node: Node, document: Node) -> Node:
    if "$ref" not in node:
        return node
    return document["components"]["parameters"][node["$ref"].rsplit("/", 1)[-1]]


def _folded(title: str, text: str) -> str:
    return f"<details><summary>{title}</summary><pre tabindex=0>{escape(text)}</pre></details>"


def _code(text: str, title: str) -> str:
    return f"<figure><figcaption>{title}</figcaption><pre tabindex=0>{escape(text)}</pre></figure>"


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _required(needed: bool) -> str:
    return " <i>required</i>" if needed else ""


def _route(method: str, path: str, name: str) -> str:
    """Return the line with the method, path and operation ID. A long path can break after each slash."""
    breakable = escape(path).replace("/", "/<wbr>")
    return (
        f'<p class="route"><b class="{method.lower()}">{method}</b> <code>{breakable}</code>'
        f" <span>{name}</span></p>"
    )


def _text(text: str) -> str:
    """Return text as HTML, with `code` elements for text in backticks."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _anchor(tag: str) -> str:
    return re.sub(r"\W+", "-", tag.lower())
