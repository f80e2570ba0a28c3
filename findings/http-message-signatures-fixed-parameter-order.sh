#!/bin/sh
# http-message-signatures for Python writes the signature's parameters in its own order.
#
# Packages: http-message-signatures 3.0.0.
#
# Input: `HTTPMessageSigner.sign` with created, nonce, key ID and tag, and the algorithm Ed25519. RFC 9421 leaves the
# order of the parameters to the signer, and the order is part of what is signed (section 2.3).
#
# Expected: the order of the call, or at least a way to choose one: a server with a strict profile of the RFC may
# require an order, as the examples of the RFC each have one.
#
# Seen: always created, keyid, alg, nonce, tag, regardless of the order of the keyword arguments. There is no
# option.
#
# Here: `docs/spec/wire.md` requires created, nonce, keyid, alg, tag. It says how this library can be used: build,
# reorder the parameters in the signature base, then sign. A test does it in both directions.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv" || exit 2
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    http-message-signatures==3.0.0 requests==2.34.2 || exit 2
cat >"$folder/try.py" <<'END'
import re
from datetime import datetime, timezone

import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver
from http_message_signatures.algorithms import ED25519

KEY = Ed25519PrivateKey.generate()


class Keys(HTTPSignatureKeyResolver):
    def resolve_private_key(self, key_id):
        return KEY

    def resolve_public_key(self, key_id):
        return KEY.public_key()


def order(**parameters):
    request = requests.Request("GET", "https://strongroom.example/api/projects").prepare()
    signer = HTTPMessageSigner(signature_algorithm=ED25519, key_resolver=Keys())
    signer.sign(request, covered_component_ids=("@method", "@target-uri"), **parameters)
    return re.findall(r";(\w+)=", request.headers["Signature-Input"])


at = datetime.now(timezone.utc)
one = order(key_id="k", created=at, nonce="n", tag="t")
other = order(tag="t", nonce="n", created=at, key_id="k")
print(one, other)
assert one == other == ["created", "keyid", "alg", "nonce", "tag"], (one, other)
END
"$folder/venv/bin/python" "$folder/try.py"
