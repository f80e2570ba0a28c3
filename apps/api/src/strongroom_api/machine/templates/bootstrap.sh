#!/bin/sh
# Registers this machine with Strongroom. The private key is made here and never leaves.
#
#   curl -sSL @{URL}/v1/bootstrap/TOKEN | sh
#   curl -sSL @{URL}/v1/bootstrap/TOKEN | sh -s -- --replace     # overwrite an existing identity
set -eu

fail() { echo "strongroom: $1" >&2; exit 1; }
field() { sed -n 's/.*"'"$1"'":"\([^"]*\)".*/\1/p' "$work/answer"; }

write_identity() {
    printf '{"machineId":"%s","machineName":"%s","vaultId":"%s","apiUrl":"%s","privateKeyPath":"%s"}\n' \
        "$machine" "$name" "$vault" "$url" "$1" >"$folder/identity.json.new"
    mv -f "$folder/identity.json.new" "$folder/identity.json"
}

# Called on the last line, so that half a script does nothing.
main() {
    url='@{URL}'
    token='@{TOKEN}'
    replace=no
    for argument in "$@"; do
        case "$argument" in
            --replace) replace=yes ;;
            *) echo "strongroom: unknown option: $argument" >&2; exit 2 ;;
        esac
    done

    command -v openssl >/dev/null 2>&1 || fail 'openssl is needed to make the key: install it, then repeat'
    command -v curl >/dev/null 2>&1 || fail 'curl is needed: install it, then repeat'
    [ -n "${STRONGROOM_HOME:-${HOME:-}}" ] || fail 'set HOME or STRONGROOM_HOME'
    home="${STRONGROOM_HOME:-$HOME/.strongroom}"

    umask 077
    work="$(mktemp -d)" || fail 'no temporary folder can be made'
    trap 'rm -rf "$work"' EXIT
    # A trap alone would let the script go on after the signal.
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM

    openssl genpkey -algorithm ed25519 -out "$work/private.pem" 2>/dev/null ||
        fail 'this openssl cannot make Ed25519 keys: version 1.1.1 or newer is needed'
    # The last 32 bytes of the DER form are the raw public key.
    public="$(openssl pkey -in "$work/private.pem" -pubout -outform DER | tail -c 32 | openssl base64 -A)"
    host="$(hostname 2>/dev/null || uname -n)"
    host="$(printf '%s' "$host" | tr -c 'A-Za-z0-9._-' '-' | cut -c 1-253)"

    if [ "$replace" = no ]; then
        for identity in "$home"/vaults/*/identity.json; do
            if [ -e "$identity" ] && grep -qF "\"apiUrl\":\"$url\"" "$identity"; then
                fail "there is an identity already: $identity (repeat with --replace to overwrite it)"
            fi
        done
    fi

    status="$(printf '{"token":"%s","publicKey":"%s","hostname":"%s"}' "$token" "$public" "$host" |
        curl -sS -o "$work/answer" -w '%{http_code}' -X POST -H 'Content-Type: application/json' \
            --data-binary @- "$url/v1/bootstrap/register")" || fail "$url cannot be reached"
    [ "$status" = 201 ] || fail "$(field error)"

    machine="$(field machineId)"
    name="$(field machineName)"
    vault="$(field vaultId)"
    folder="$home/vaults/$vault"
    mkdir -p "$folder"
    chmod 700 "$home" "$home/vaults" "$folder"
    for file in identity.json private.pem; do
        if [ "$replace" = no ] && [ -e "$folder/$file" ]; then
            fail "there is an identity already: $folder/$file (repeat with --replace)"
        fi
    done
    # Two files cannot change at once. So the new key gets a name of its own, and at every step the
    # identity names a key that is there and is its own, wherever this ends.
    next="$folder/private.pem.$machine"
    cp "$work/private.pem" "$next"
    write_identity "$next"
    cp "$work/private.pem" "$folder/private.pem.part"
    mv -f "$folder/private.pem.part" "$folder/private.pem"
    write_identity "$folder/private.pem"
    rm -f "$folder"/private.pem.*
    chmod 600 "$folder/private.pem" "$folder/identity.json"

    fingerprint="$(printf '%s' "$public" | openssl base64 -d -A | openssl dgst -sha256 |
        sed 's/.*[= ]//; s/..../& /g; s/ $//')"
    echo "strongroom: registered as $name, waiting for approval"
    echo "strongroom: compare the fingerprint: $fingerprint"
}

main "$@"
