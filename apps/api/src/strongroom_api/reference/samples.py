"""Examples for the reference: requests from the tests' catalog, and responses generated from their schemas.

`examples.json` is written by `just docs` from the catalog of well-formed requests that the tests send, so
every request in the reference works.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

Node = Mapping[str, Any]

_TEXTS: Mapping[str, str] = {
    "id": "sk_k3m5q7wx2y4z6abc",
    "projectId": "proj_k3m5q7wx2y4z6abc",
    "applicationId": "app_k3m5q7wx2y4z6abc",
    "secretId": "sk_k3m5q7wx2y4z6abc",
    "machineId": "0b9f1c9e-3c43-4a4e-9d2f-6f0f4f8a5b10",
    "vaultId": "vault_k3m5q7wx2y4z6abc",
    "name": "DATABASE_URL",
    "projectName": "production",
    "applicationName": "shop",
    "environment": "production",
    "username": "ada",
    "changedBy": "ada",
    "createdBy": "ada",
    "hostname": "shop-web-1",
    "machineName": "shop-web-1",
    "lastReadBy": "shop-web-1",
    "address": "192.0.2.7",
    "path": "shop/production/DATABASE_URL",
    "fingerprint": "9c1f 04ab 77d2 e8b0 53c6 1a9e 40f7 b2d8 6e35 c971 08fa d4b3 2e6c 915a f07d 83e4",
    "token": "srb_…",
    "nextCursor": "WyJEQVRBQkFTRV9VUkwi…",
}
"""Sample values for text members, by name."""
_TIME = "2026-11-28T10:00:00Z"


@dataclass(frozen=True, slots=True)
class Example:
    """A valid request: its path and query as sent, and its JSON body."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any


@cache
def examples() -> Mapping[str, Example]:
    """Return an example of each HTTP operation, by the operation's name."""
    text = files("strongroom_api.reference").joinpath("examples.json").read_text("utf-8")
    return {name: Example(**each) for name, each in json.loads(text).items()}


def sample(schema: Node, schemas: Node, name: str = "") -> Any:
    """Return a value that a schema allows. Text members get the sample value for their name, if any."""
    if "$ref" in schema:
        return sample(schemas[schema["$ref"].rsplit("/", 1)[-1]], schemas, name)
    several = schema.get("oneOf") or schema.get("anyOf")
    if several:
        return sample(several[0], schemas, name)
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "array":
        return [sample(schema["items"], schemas, name)]
    if schema.get("type") == "object":
        members = schema.get("properties", {})
        return {member: sample(each, schemas, member) for member, each in members.items()}
    text = _TIME if schema.get("format") == "date-time" else _TEXTS.get(name, "…")
    plain: Node = {"string": text, "integer": 3, "number": 1.5, "boolean": False}
    return plain.get(schema.get("type", ""))
